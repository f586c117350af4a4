import { AnalyticsError } from '@analytics/protocol'
import { throwIfAborted } from '../abort.js'
import type { OciConnection } from './connection.js'
import { RequestFailure } from './failure.js'
import { whyUnreadable } from './head.js'
import type { ResolvedOciOptions } from './options.js'
import { retried } from './retry.js'

/** Which bytes are read: from `start`, inclusive, to `end`, exclusive. */
export interface Getting {
  name: string
  start: number
  end: number | undefined
  signal: AbortSignal | undefined
}

/** A body that is read, and where it is. */
interface Reading {
  bytes: AsyncIterator<Uint8Array>
  etag: string
  /** Where the body ends in the object. */
  end: number
}

/**
 * Streams bytes of an object. A body that breaks off or stalls is gone on with from the byte after the last that was handed
 * out, of the same version of the object.
 */
export async function* getObject(
  connection: OciConnection,
  options: ResolvedOciOptions,
  getting: Getting,
): AsyncGenerator<Uint8Array> {
  const { name, signal } = getting
  let at = getting.start
  let reading: Reading | undefined
  let etag: string | undefined

  /** The next bytes; undefined at the end. @throws RequestFailure where the body breaks. */
  const next = async (): Promise<Uint8Array | undefined> => {
    reading ??= await open(connection, { ...getting, start: at }, etag)
    etag = reading.etag
    const { done, value } = await withDeadline(reading.bytes.next(), options.deadline.ms, name)
    if (!done) return value
    if (at < reading.end) throw new RequestFailure(`the body of ${name} ended ${reading.end - at} bytes early`)
    return undefined
  }

  try {
    for (;;) {
      const bytes = await retried(
        `Reading ${name}`,
        async () => {
          try {
            return await next()
          } catch (error) {
            await abandon(reading)
            reading = undefined
            throw asBroken(error, signal)
          }
        },
        { ...options, isRead: true },
        signal,
      )
      if (bytes === undefined) return
      at += bytes.byteLength
      yield bytes
      throwIfAborted(signal)
    }
  } finally {
    await abandon(reading)
  }
}

/** Begins to read. @throws RequestFailure, AnalyticsError `object_not_found`, `object_archived`. */
async function open(
  connection: OciConnection,
  { name, start, end, signal }: Getting,
  etag: string | undefined,
): Promise<Reading> {
  const { names, customerKey, send, deadlineMs } = connection
  // The SDK can't spell a range that is open at its end.
  const headers =
    start === 0 && end === undefined ? {} : { range: `bytes=${start}-${end === undefined ? '' : end - 1}` }
  try {
    const { response } = await send(
      (client) =>
        client.getObject({
          ...names,
          ...customerKey,
          objectName: name,
          ...(etag === undefined ? {} : { ifMatch: etag }),
        }),
      { signal, deadlineMs: deadlineMs(), headers, isStreamed: true },
    )
    const length = Number(response.headers.get('content-length'))
    // Node's stream of the web can be iterated, which the declarations of fetch don't say.
    const body = response.body as unknown as AsyncIterable<Uint8Array> | null
    return {
      bytes: body?.[Symbol.asyncIterator]() ?? emptyIterator(),
      etag: response.headers.get('etag') ?? '',
      end: start + length,
    }
  } catch (error) {
    if (!(error instanceof RequestFailure) || error.isPassing) throw error
    // Behind the last byte there is nothing to read.
    if (error.status === 416) return { bytes: emptyIterator(), etag: etag ?? '', end: start }
    if (error.status === 412) {
      throw new AnalyticsError('store_unavailable', `The object ${name} changed while it was read.`, { cause: error })
    }
    // No source says which code an archived object is refused with: its head tells.
    throw (await whyUnreadable(connection, name, signal)) ?? error
  }
}

function emptyIterator(): AsyncIterator<Uint8Array> {
  return { next: async () => ({ done: true, value: undefined }) }
}

/** A body that breaks rejects with whatever the network has; only what it is not is an error of its own. */
function asBroken(error: unknown, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) return new AnalyticsError('aborted', undefined, { cause: signal.reason })
  if (error instanceof RequestFailure || error instanceof AnalyticsError) return error
  return new RequestFailure(`the body broke off: ${String((error as Error)?.message)}`, { cause: error })
}

async function abandon(reading: Reading | undefined): Promise<void> {
  await reading?.bytes.return?.().catch(() => {})
}

/** @throws RequestFailure when nothing comes in time. */
function withDeadline<Result>(work: Promise<Result>, ms: number, name: string): Promise<Result> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new RequestFailure(`no bytes of ${name} came for ${ms} ms`)), ms)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
