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
