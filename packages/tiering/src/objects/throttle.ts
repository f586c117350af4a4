import { pause } from '../abort.js'
import type { ObjectStore } from '../object-store.js'

/** Lets bytes pass no faster than a rate. */
export interface Throttle {
  pass(bytes: AsyncIterable<Uint8Array>, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array>
}

/**
 * A throttle that all streams share. After a pause they don't make up for what they did not send.
 * @param options.wait Waits so many ms.
 */
export function createThrottle({
  bytesPerSecond,
  now,
  wait = pause,
}: {
  bytesPerSecond: number
  now: () => number
  wait?: (ms: number, signal: AbortSignal | undefined) => Promise<void>
}): Throttle {
  /** When the next bytes may pass, as the clock has it. */
  let freeAt = Number.NEGATIVE_INFINITY
  return {
    async *pass(bytes, signal) {
      for await (const piece of bytes) {
        const from = Math.max(now(), freeAt)
        freeAt = from + (piece.byteLength / bytesPerSecond) * 1000
        if (from > now()) await wait(from - now(), signal)
        yield piece
      }
    },
  }
}

/** The same store, with bodies that pass the throttle. */
export function throttledStore(store: ObjectStore, { pass }: Throttle): ObjectStore {
  return {
    ...store,
    put: (name, body, options) => store.put(name, { ...body, open: () => pass(body.open(), options?.signal) }, options),
    get: (name, options) => pass(store.get(name, options), options?.signal),
  }
}
