import type { EventColumn } from './event.js'

/**
 * Limits of the wire, the same on every store. Lengths are in UTF-16 code units, sizes in bytes.
 * An over-long id or type is rejected; other over-long text is cut and flagged.
 */
export const LIMITS = {
  /** A canonical upper-case ULID. */
  eventId: 26,
  eventType: 100,
  eventCategory: 50,
  eventAction: 100,
  eventLabel: 200,
  userId: 128,
  anonymousId: 128,
  sessionId: 64,
  url: 2048,
  userAgent: 512,
  /** Events in one batch. */
  batchEvents: 500,
  /** One event, as UTF-8 JSON. */
  eventBytes: 32_768,
  /** Keys of `properties`, counted over all levels. */
  propertyKeys: 255,
  /** Levels of `properties`: a flat object has one, one that holds a list or an object two. */
  propertyDepth: 5,
  /** A request body as it arrives. */
  wireBytes: 1_048_576,
  /** A request body after decompression. */
  inflatedBytes: 5_242_880,
  /** How far a client's clock may be off, in ms, before its times are corrected. */
  clockSkewMs: 300_000,
  /** Events older than this, in ms, are filed at their receipt. */
  eventAgeMs: 2_592_000_000,
} as const

/** The columns of an event that hold text. */
export type TextColumn = Exclude<
  EventColumn,
  'eventValue' | 'properties' | 'schemaVersion' | 'eventTimestamp' | 'receivedTimestamp' | 'processingTimestamp'
>

/** Characters of the text columns of an event, the same on every store. */
export const COLUMN_LENGTHS: Readonly<Record<TextColumn, number>> = {
  eventId: LIMITS.eventId,
  eventType: LIMITS.eventType,
  eventCategory: LIMITS.eventCategory,
  eventAction: LIMITS.eventAction,
  eventLabel: LIMITS.eventLabel,
  userId: LIMITS.userId,
  anonymousId: LIMITS.anonymousId,
  sessionId: LIMITS.sessionId,
  pageUrl: LIMITS.url,
  referrerUrl: LIMITS.url,
  userAgent: LIMITS.userAgent,
  /** An IPv6 address that holds an IPv4 one. */
  ipAddress: 45,
  deviceType: 50,
  browser: 100,
  os: 100,
  country: 2,
}
