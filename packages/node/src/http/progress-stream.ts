import type { ErrorBody } from '@analytics/protocol'

/** The longest time without a line: proxies cut connections on which nothing is sent. */
const HEARTBEAT_MS = 15_000
/** Lines that wait for a client at most, beside the last one. */
const BACKLOG = 16

/** What a stream of progress is made of. */
export interface ProgressStreamParts {
  /** Its signal aborts when the client goes. */
  work(options: { signal: AbortSignal; onProgress: (progress: unknown) => void }): Promise<unknown>
  /** What the client is told of an error. */
  errorBody(error: unknown): ErrorBody
  /** The request's. */
  signal: AbortSignal
}

/**
 * Long work as lines of JSON: `{ progress }` as it goes, `{ result }` or `{ error }` at the end, and an empty line wherever nothing else
 * was sent for 15 seconds. It resolves with the first line.
 * @throws what the work throws before that, so that it is answered with a status of its own.
 */
export async function progressStream({ work, errorBody, signal }: ProgressStreamParts): Promise<Response> {
  const encoder = new TextEncoder()
  const gone = new AbortController()
  let controller!: ReadableStreamDefaultController<Uint8Array>
  const body = new ReadableStream<Uint8Array>(
    {
      start(made) {
        controller = made
      },
      cancel: () => gone.abort(),
    },
    new CountQueuingStrategy({ highWaterMark: BACKLOG }),
  )
  let isBegun = false
  let begin!: () => void
  const begun = new Promise<void>((resolve) => {
    begin = resolve
  })
  const send = (line: string) => {
    if (gone.signal.aborted) return
    controller.enqueue(encoder.encode(`${line}\n`))
    isBegun = true
    begin()
  }
  // A client that reads slower than the work goes on is told of a later step instead of each.
  const sendIfRead = (line: string) => {
    if ((controller.desiredSize ?? 0) > 0) send(line)
  }
  const heartbeat = setInterval(() => sendIfRead(''), HEARTBEAT_MS)
  const ended = work({
    signal: AbortSignal.any([signal, gone.signal]),
    onProgress: (progress) => sendIfRead(JSON.stringify({ progress })),
  })
    .then((result) => send(JSON.stringify({ result: result ?? null })))
    .catch((error) => {
      if (!isBegun) throw error
      send(JSON.stringify(errorBody(error)))
    })
    .finally(() => {
      clearInterval(heartbeat)
      if (!gone.signal.aborted) controller.close()
    })
  await Promise.race([begun, ended])
  return new Response(body, {
    headers: {
      'content-type': 'application/x-ndjson; charset=utf-8',
      // What compresses or buffers on the way would hold lines back.
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
    },
  })
}
