import { type RefusedEvent, refused } from './batch.js'
import { DAY_MS, EVENT_COLUMNS, type StoredEvent } from './event.js'
import { copyProperties, isCount, Refusal, readId, readText } from './fields.js'
import { isRecord, type JsonObject } from './json.js'
import { COLUMN_LENGTHS, LIMITS } from './limits.js'

const { eventId: _, eventType: EVENT_TYPE, sessionId: SESSION_ID, ...NULLABLE } = COLUMN_LENGTHS

/** Our own names come on top of the sender's. */
const PROPERTY_LIMITS = { keys: LIMITS.propertyKeys + 64, depth: LIMITS.propertyDepth + 2, withOwnNames: true }

/** Days are four-digit years. */
const FIRST_TIME = Date.parse('0001-01-01') + DAY_MS
const LAST_TIME = Date.parse('9999-12-31')

/**
 * Checks an event as an export has it, from a file that nobody vouches for. Columns that may be null may be missing; a field that
 * is no column is refused, since it would be lost. What is returned is a new object.
 */
export function parseStoredEvent(value: unknown): { ok: true; event: StoredEvent } | RefusedEvent {
  try {
    return { ok: true, event: readStoredEvent(value) }
  } catch (error) {
    return refused(value, error)
  }
}

function readStoredEvent(value: unknown): StoredEvent {
  if (!isRecord(value)) throw new Refusal('invalid_event', '', 'The event is not an object.')
  const unknown = Object.keys(value).find((field) => !Object.hasOwn(EVENT_COLUMNS, field))
  if (unknown !== undefined) throw new Refusal('invalid_event', unknown.slice(0, 100), 'The field is no column.')
  const { eventValue = null, schemaVersion } = value
  if (eventValue !== null && !(typeof eventValue === 'number' && Number.isFinite(eventValue)))
    throw new Refusal('invalid_value', 'eventValue', 'eventValue is not a finite number.')
  if (!isCount(schemaVersion) || schemaVersion < 1)
    throw new Refusal('invalid_event', 'schemaVersion', 'schemaVersion is no whole number from 1 on.')
  const texts = Object.entries(NULLABLE).map(([field, limit]) => [field, nullableText(value, field, limit)])
  return {
    ...(Object.fromEntries(texts) as Pick<StoredEvent, keyof typeof NULLABLE>),
    eventId: readId(value.eventId),
    eventType: readText(value, 'eventType', EVENT_TYPE, 'invalid_event_type'),
    sessionId: readText(value, 'sessionId', SESSION_ID, 'invalid_session_id'),
    eventValue,
    properties: readProperties(value.properties),
    schemaVersion,
    eventTimestamp: readTime(value, 'eventTimestamp'),
    receivedTimestamp: readTime(value, 'receivedTimestamp'),
    processingTimestamp: readTime(value, 'processingTimestamp'),
  }
}

function nullableText(value: Record<string, unknown>, field: string, limit: number): string | null {
  const isThere = value[field] !== undefined && value[field] !== null
  return isThere ? readText(value, field, limit, 'invalid_event') : null
}

function readProperties(value: unknown): JsonObject | null {
  if (value === undefined || value === null) return null
  if (!isRecord(value)) throw new Refusal('invalid_properties', 'properties', 'properties is not an object.')
  return copyProperties(value, PROPERTY_LIMITS).copy
}

function readTime(value: Record<string, unknown>, field: string): number {
  const time = value[field]
  if (Number.isInteger(time) && (time as number) >= FIRST_TIME && (time as number) < LAST_TIME) return time as number
  throw new Refusal('invalid_timestamp', field, `${field} is no instant in UTC milliseconds.`)
}
