/** Browsers let all keepalive requests and beacons of a page have 64 KiB in flight together. */
const MAX_BYTES = 60_000
const MAX_REQUESTS = 10

/** One for the page, whichever copy of this package made it. */
const KEY: unique symbol = Symbol.for('@analytics/browser:keepalive')

interface Usage {
  bytes: number
  requests: number
}

/** Takes a share of the page's budget. Returns how to give it back, or undefined where it is used up. */
export function reserveKeepalive(bytes: number, isForced = false): (() => void) | undefined {
  const page = globalThis as { [KEY]?: Usage }
  page[KEY] ??= { bytes: 0, requests: 0 }
  const usage = page[KEY]
  if (!isForced && (usage.bytes + bytes > MAX_BYTES || usage.requests >= MAX_REQUESTS)) return undefined
  usage.bytes += bytes
  usage.requests++
  let isHeld = true
  return () => {
    if (!isHeld) return
    isHeld = false
    usage.bytes -= bytes
    usage.requests--
  }
}
