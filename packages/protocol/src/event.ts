import type { JsonObject } from './json.js'

/** Where an event happened, as the tracker saw it. */
export interface EventContext {
  page?: { url?: string; path?: string; title?: string; referrer?: string }
  /** Width × height in CSS pixels, such as `1440x900`. */
  screen?: string
  /** BCP 47 tag. */
  locale?: string
  /** IANA time zone of the device. */
  timezone?: string
  /** Marketing parameters of the landing page, such as `{ source: 'newsletter' }`. */
  campaign?: Record<string, string>
}

/** One event on the wire. Of `userId` and `anonymousId` at least one is there. */
export interface WireEvent {
  /** Canonical upper-case ULID, made where the event happens: the idempotency key. */
  eventId: string
  eventType: string
  eventCategory?: string
  eventAction?: string
  eventLabel?: string
  /** A finite double. */
  eventValue?: number
  userId?: string
  anonymousId?: string
  sessionId: string
  /** The client's clock, ISO 8601. */
  timestamp: string
  /** Version of the definition that the properties follow. Absent: the latest if they fit it, else the first. */
  schemaVersion?: number
  properties?: JsonObject
  context?: EventContext
  consent?: 'granted' | 'denied' | 'pending'
  /** Number within the session, from 0, so that gaps show. */
  seq?: number
}

/** A batch on the wire. */
export interface WireBatch {
  /** The client's clock when it sent the batch, ISO 8601: tells its skew. */
  sentAt?: string
  events: readonly WireEvent[]
}

/**
 * One event as stores keep it. Instants are UTC milliseconds since 1970; absent text is null, never ''.
 * What the wire carries beyond these columns lies in `properties` under names that begin with `$`.
 */
export interface StoredEvent {
  eventId: string
  eventType: string
  eventCategory: string | null
  eventAction: string | null
  eventLabel: string | null
  eventValue: number | null
  userId: string | null
  anonymousId: string | null
  sessionId: string
  pageUrl: string | null
  referrerUrl: string | null
  userAgent: string | null
  ipAddress: string | null
  deviceType: string | null
  browser: string | null
  os: string | null
  /** ISO 3166-1 alpha-2. */
  country: string | null
  properties: JsonObject | null
  schemaVersion: number
  /** When it happened. Its UTC day is the day of the event. */
  eventTimestamp: number
  /** When the server received it. */
  receivedTimestamp: number
  /** When the server had processed it. */
  processingTimestamp: number
}

/** The name of a column of {@link StoredEvent}. */
export type EventColumn = keyof StoredEvent

/** What a column holds: it decides how filters compare it and how stores declare it. */
export type ColumnType = 'text' | 'number' | 'time' | 'json'

/** Every column of an event in storage order, with its type. */
export const EVENT_COLUMNS: Readonly<Record<EventColumn, ColumnType>> = {
  eventId: 'text',
  eventType: 'text',
  eventCategory: 'text',
  eventAction: 'text',
  eventLabel: 'text',
  eventValue: 'number',
  userId: 'text',
  anonymousId: 'text',
  sessionId: 'text',
  pageUrl: 'text',
  referrerUrl: 'text',
  userAgent: 'text',
  ipAddress: 'text',
  deviceType: 'text',
  browser: 'text',
  os: 'text',
  country: 'text',
  properties: 'json',
  schemaVersion: 'number',
  eventTimestamp: 'time',
  receivedTimestamp: 'time',
  processingTimestamp: 'time',
}

/** The SQL and Parquet name of a column: `eventType` is `event_type`. */
export function columnName(column: EventColumn): string {
  return column.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

/** A UTC day, `YYYY-MM-DD`. */
export type Day = string

/** Milliseconds of a UTC day. */
export const DAY_MS = 86_400_000

/** The UTC day of an instant. */
export function dayOf(time: number): Day {
  return new Date(time).toISOString().slice(0, 10)
}

/** The first instant of a UTC day. */
export function dayStart(day: Day): number {
  return Date.parse(`${day}T00:00:00.000Z`)
}
