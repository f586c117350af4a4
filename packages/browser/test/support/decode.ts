import { gunzipSync } from 'node:zlib'
import type { WireEvent } from '@analytics/protocol'

/** Decodes a body as the server does: gzip is told by its first bytes. */
export function decode(body: Buffer): { isGzip: boolean; events: WireEvent[] } {
  const isGzip = body[0] === 0x1f && body[1] === 0x8b
  const { events } = JSON.parse((isGzip ? gunzipSync(body) : body).toString()) as { events: WireEvent[] }
  return { isGzip, events }
}
