/** What a stream of bytes is made of. */
export interface ByteStreamParts {
  bytes: AsyncIterable<Uint8Array>
  contentType: string
  /** Is told what fails behind the first bytes: the client sees the connection break. */
  onError(error: unknown): void
}

/** Bytes as they come, as fast as the client takes them. @throws what fails before the first, so that it has a status of its own. */
export async function byteStream({ bytes, contentType, onError }: ByteStreamParts): Promise<Response> {
  const source = bytes[Symbol.asyncIterator]()
  let next = await source.next()
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (next.done) return controller.close()
        controller.enqueue(next.value)
        try {
          next = await source.next()
        } catch (error) {
          onError(error)
          controller.error(error)
        }
      },
      async cancel() {
        await source.return?.()
      },
    },
    { highWaterMark: 0 },
  )
  return new Response(body, { headers: { 'content-type': contentType, 'cache-control': 'no-store, no-transform' } })
}
