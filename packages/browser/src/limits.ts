import type { LIMITS } from '@analytics/protocol'

/** Which limits of the wire the tracker keeps. */
type WireLimit = 'batchEvents' | 'eventBytes' | 'eventLabel' | 'sessionId' | 'url' | 'userAgent' | 'userId'

/** Their values: copies, for the whole table would be downloaded by every page. */
export const WIRE_LIMITS: Readonly<Record<WireLimit & keyof typeof LIMITS, number>> = {
  batchEvents: 500,
  eventBytes: 32 * 1024,
  eventLabel: 200,
  sessionId: 64,
  url: 2048,
  userAgent: 512,
  userId: 128,
}
