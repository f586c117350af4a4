import type { Compressor } from './compressor.js'
import { reserveKeepalive } from './keepalive-budget.js'
import type { ResolvedOptions } from './options.js'
import type { Item } from './queue.js'
import { type Outcome, readOutcome } from './retry.js'

/** A type that a cross-origin request may have without asking first. */
const CONTENT_TYPE = 'text/plain;charset=UTF-8'
/** A refused beacon is cut in half, but not below this. */
const BEACON_FLOOR_BYTES = 16 * 1024
const TIMEOUT_MS = 30_000
/** There is no telling when a beacon has left; its share of the budget is held for so long. */
const BEACON_MS = 5000

/** Gets batches to the server. */
export interface Transport {
  /** Posts a batch. Never rejects. */
  post(items: readonly Item[]): Promise<Outcome>
  /**
   * Gives events to the browser to deliver after the page is gone, before it returns: what runs after an `await` at an
   * exit may not run at all. Returns those that the browser took.
   */
  handOff(items: readonly Item[]): readonly Item[]
}

type Body = Uint8Array<ArrayBuffer>

/** The transport of the options' endpoint. */
export function createTransport({ url, fetch, now }: ResolvedOptions, compressor: Compressor): Transport {
  // The ready texts joined. The server knows gzip by its first bytes.
  const pack = (items: readonly Item[]): Body => {
    const sentAt = new Date(now()).toISOString()
    const text = `{"sentAt":"${sentAt}","events":[${items.map((item) => item.text).join()}]}`
    return compressor.compress(new TextEncoder().encode(text))
  }

  // In an async function, so that a fetch that throws at once rejects too.
  const request = async (body: Body, options: RequestInit): Promise<Response> =>
    fetch(url, { method: 'POST', body, headers: { 'content-type': CONTENT_TYPE }, ...options })

  const keepaliveOnly = (body: Body): boolean => {
    const release = canKeepalive() ? reserveKeepalive(body.length) : undefined
    if (release) request(body, { keepalive: true }).then(release, release)
    return release !== undefined
  }

  const handOff = (items: readonly Item[]): readonly Item[] => {
    const body = pack(items)
    const canBeacon = typeof navigator.sendBeacon === 'function'
    if (canBeacon ? beacon(url, body) : keepaliveOnly(body)) return items
    if (items.length > 1 && body.length > BEACON_FLOOR_BYTES) {
      const middle = items.length >> 1
      return [...handOff(items.slice(0, middle)), ...handOff(items.slice(middle))]
    }
    return canBeacon && keepaliveOnly(body) ? items : []
  }

  return {
    handOff,
    async post(items) {
      const body = pack(items)
      // A retry goes without: perhaps it was the page's own keepalive requests that left no room.
      const isFirst = canKeepalive() && items.every((item) => item.tries === 0)
      const release = isFirst ? reserveKeepalive(body.length) : undefined
      // Such a request outlives the page: sent again at an exit it would only take the room of others.
      for (const item of items) item.isHandedOff = release !== undefined
      const abort = new AbortController()
      const timeout = setTimeout(() => abort.abort(), TIMEOUT_MS)
      try {
        return await readOutcome(await request(body, { keepalive: !!release, signal: abort.signal }), now())
      } catch {
        return { status: 'retry', isNetwork: true, retryAfterMs: undefined }
      } finally {
        clearTimeout(timeout)
        release?.()
      }
    },
  }
}

/** Not every browser has it, and one that does not ends the request with the page. */
function canKeepalive(): boolean {
  return typeof Request === 'function' && 'keepalive' in Request.prototype
}

function beacon(url: string, body: Body): boolean {
  try {
    if (!navigator.sendBeacon(url, new Blob([body], { type: CONTENT_TYPE }))) return false
  } catch {
    return false
  }
  const release = reserveKeepalive(body.length, true)
  if (release) setTimeout(release, BEACON_MS)
  return true
}
