import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { ReadableStream as WebStream } from 'node:stream/web'

/**
 * A standard request over a Node one, its body streamed. A body that a parser of the framework has consumed already is taken
 * from `parsed`. The request's signal aborts when the client goes before it was answered.
 */
export function toRequest(message: IncomingMessage, response: ServerResponse, url: string, parsed?: unknown): Request {
  const gone = new AbortController()
  response.once('close', () => {
    if (!response.writableFinished) gone.abort()
  })
  const headers = new Headers()
  for (const [name, value] of Object.entries(message.headers)) {
    for (const one of Array.isArray(value) ? value : [value ?? '']) headers.append(name, one)
  }
  const method = message.method ?? 'GET'
  const host = message.headers.host ?? 'localhost'
  const init = { method, headers, signal: gone.signal }
  // Joined, not resolved: a path such as //evil.example/x must not become the host.
  const path = url.startsWith('/') ? url : '/'
  const target = `http://${/^[\w.:[\]-]+$/.test(host) ? host : 'localhost'}${path}`
  if (method === 'GET' || method === 'HEAD') return new Request(target, init)
  return new Request(target, { ...init, ...bodyOf(message, headers, parsed), duplex: 'half' } as RequestInit)
}

function bodyOf(
  message: IncomingMessage,
  headers: Headers,
  parsed: unknown,
): { body: string | Uint8Array | ReadableStream } {
  if (!message.readableEnded || parsed === undefined) {
    // Whoever gives up on the body does not give up the connection, on which the answer goes.
    return { body: WebStream.from(message.iterator({ destroyOnReturn: false })) as ReadableStream }
  }
  // The parser has inflated it.
  headers.delete('content-encoding')
  headers.delete('content-length')
  if (typeof parsed === 'string') return { body: parsed }
  return { body: parsed instanceof Uint8Array ? Buffer.from(parsed) : JSON.stringify(parsed) }
}

/** Writes a standard response to a Node one, streamed. A client that goes early is no error. */
export async function writeResponse(source: Response, target: ServerResponse): Promise<void> {
  if (!target.req.complete) await discardRest(target.req)
  // What is still on its way is not read: the connection goes with it.
  if (!target.req.complete) target.shouldKeepAlive = false
  target.writeHead(source.status, Object.fromEntries(source.headers))
  if (!source.body) {
    target.end()
    return
  }
  try {
    await pipeline(Readable.fromWeb(source.body as WebStream), target)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error
  }
}

/** What is read of a body after it was refused, and for how long. */
const DISCARDED_BYTES = 8 * 1024 * 1024
const DISCARDED_MS = 1_000

/**
 * Reads the rest of a refused body, within bounds, and keeps none of it. Most senders look at the answer only when they have
 * sent everything: were the connection closed before, they would see it break instead.
 */
function discardRest(message: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    let left = DISCARDED_BYTES
    const take = (chunk: Uint8Array) => {
      left -= chunk.byteLength
      if (left < 0) stop()
    }
    const stop = () => {
      clearTimeout(timer)
      message.off('data', take).pause()
      for (const event of ENDS) message.off(event, stop)
      resolve()
    }
    const timer = setTimeout(stop, DISCARDED_MS)
    for (const event of ENDS) message.once(event, stop)
    if (message.destroyed) stop()
    else message.on('data', take).resume()
  })
}

const ENDS = ['end', 'close', 'error'] as const
