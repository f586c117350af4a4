import { AnalyticsError, type ErrorCode } from './errors.js'
import type { EventContext, WireEvent } from './event.js'
import { copyProperties, isCount, Refusal, readId, readText } from './fields.js'
import { isRecord, type JsonObject, PROTOTYPE_KEYS } from './json.js'
import { LIMITS } from './limits.js'

/** An event that passed, with the names of the fields that were cut to their limit. */
export interface ParsedEvent {
  ok: true
  event: WireEvent
  truncated: readonly string[]
}

/** An event that did not, and why. */
export interface RefusedEvent {
  ok: false
  eventId: string | null
  code: ErrorCode
  field: string
  message: string
}

/** A batch with each of its events checked by itself, in order. */
export interface ParsedBatch {
  sentAt: string | undefined
  events: (ParsedEvent | RefusedEvent)[]
}

/**
 * Checks a decoded body: nothing in it is trusted, one bad event never harms the others, and what is returned are new
 * objects that hold known fields only. Written by hand because it runs for each event; a schema library doubled its cost.
 * @throws AnalyticsError `invalid_batch` where there are no events to look at, or too many.
 */
export function parseBatch(body: unknown): ParsedBatch {
  if (!isRecord(body)) throw new AnalyticsError('invalid_batch', 'The body is not an object.')
  const { events, sentAt } = body
  if (!Array.isArray(events)) throw new AnalyticsError('invalid_batch', 'events is not an array.', { field: 'events' })
  if (events.length === 0) throw new AnalyticsError('invalid_batch', 'events is empty.', { field: 'events' })
  if (events.length > LIMITS.batchEvents) {
    throw new AnalyticsError(
      'invalid_batch',
      `A batch holds at most ${LIMITS.batchEvents} events, this one ${events.length}.`,
      {
        field: 'events',
        details: { limit: LIMITS.batchEvents, actual: events.length },
      },
    )
  }
  return {
    sentAt: typeof sentAt === 'string' && isInstant(sentAt) ? sentAt : undefined,
    events: events.map(parseEvent),
  }
}

/** Whether the text is an ISO 8601 instant with a date, a time and a zone. */
export function isInstant(text: string): boolean {
  return (
    /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)$/.test(text) && !Number.isNaN(Date.parse(text))
  )
}

/** Checks one event by itself. */
export function parseEvent(value: unknown): ParsedEvent | RefusedEvent {
  try {
    const truncated: string[] = []
    return { ok: true, event: readEvent(value, truncated), truncated }
  } catch (error) {
    return refused(value, error)
  }
}

/** What is wrong with an event. @throws whatever is no refusal. */
export function refused(value: unknown, error: unknown): RefusedEvent {
  if (!(error instanceof Refusal)) throw error
  const id = isRecord(value) && typeof value.eventId === 'string' ? value.eventId.slice(0, LIMITS.eventId) : null
  return { ok: false, eventId: id, code: error.code, field: error.field, message: error.message }
}

function readEvent(value: unknown, truncated: string[]): WireEvent {
  if (!isRecord(value)) throw new Refusal('invalid_event', '', 'The event is not an object.')
  const event: WireEvent = {
    eventId: readId(value.eventId),
    eventType: readText(value, 'eventType', LIMITS.eventType, 'invalid_event_type'),
    sessionId: readText(value, 'sessionId', LIMITS.sessionId, 'invalid_session_id'),
    timestamp: readTimestamp(value.timestamp),
  }
  const userId = identity(value, 'userId', LIMITS.userId)
  const anonymousId = identity(value, 'anonymousId', LIMITS.anonymousId)
  if (userId === undefined && anonymousId === undefined) {
    throw new Refusal('invalid_identity', 'userId', 'Neither userId nor anonymousId is there.')
  }
  if (userId !== undefined) event.userId = userId
  if (anonymousId !== undefined) event.anonymousId = anonymousId
  for (const field of ['eventCategory', 'eventAction', 'eventLabel'] as const) {
    const text = optionalText(value[field], field, LIMITS[field], truncated)
    if (text !== undefined) event[field] = text
  }
  if (value.eventValue !== undefined && value.eventValue !== null) {
    if (typeof value.eventValue !== 'number' || !Number.isFinite(value.eventValue)) {
      throw new Refusal('invalid_value', 'eventValue', 'eventValue is not a finite number.')
    }
    event.eventValue = value.eventValue
  }
  const { schemaVersion, seq, consent } = value
  if (isCount(schemaVersion) && schemaVersion >= 1) event.schemaVersion = schemaVersion
  if (isCount(seq)) event.seq = seq
  if (consent === 'granted' || consent === 'denied' || consent === 'pending') event.consent = consent
  const properties = readProperties(value.properties, truncated)
  if (properties) event.properties = properties
  const context = readContext(value.context, truncated)
  if (context) event.context = context
  return event
}

function readTimestamp(value: unknown): string {
  if (typeof value === 'string' && value.length <= 40 && isInstant(value)) return value
  throw new Refusal('invalid_timestamp', 'timestamp', 'timestamp is not an ISO 8601 instant with a time zone.')
}

function identity(value: Record<string, unknown>, field: 'userId' | 'anonymousId', limit: number): string | undefined {
  const id = value[field]
  if (id === undefined || id === null || id === '') return undefined
  if (typeof id === 'string' && id.length <= limit) return id
  throw new Refusal('invalid_identity', field, `${field} is not text of 1 to ${limit} characters.`)
}

function optionalText(value: unknown, field: string, limit: number, truncated: string[]): string | undefined {
  if (typeof value !== 'string' || value.length === 0) return undefined
  if (value.length <= limit) return value
  truncated.push(field)
  return cut(value, limit)
}

/** Cuts text without leaving half of a surrogate pair. */
function cut(text: string, limit: number): string {
  const last = text.charCodeAt(limit - 1)
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? limit - 1 : limit)
}

function readProperties(value: unknown, truncated: string[]): JsonObject | undefined {
  if (value === undefined || value === null) return undefined
  if (!isRecord(value)) throw new Refusal('invalid_properties', 'properties', 'properties is not an object.')
  const { copy, isWhole } = copyProperties(value, { keys: LIMITS.propertyKeys, depth: LIMITS.propertyDepth })
  if (!isWhole) truncated.push('properties')
  return Object.keys(copy).length > 0 ? copy : undefined
}

function readContext(value: unknown, truncated: string[]): EventContext | undefined {
  if (!isRecord(value)) return undefined
  const context: EventContext = {}
  if (isRecord(value.page)) {
    const page: NonNullable<EventContext['page']> = {}
    for (const [field, limit] of [
      ['url', LIMITS.url],
      ['path', LIMITS.url],
      ['title', LIMITS.eventLabel],
      ['referrer', LIMITS.url],
    ] as const) {
      const text = optionalText(value.page[field], `context.page.${field}`, limit, truncated)
      if (text !== undefined) page[field] = text
    }
    if (Object.keys(page).length > 0) context.page = page
  }
  for (const field of ['screen', 'locale', 'timezone'] as const) {
    const text = optionalText(value[field], `context.${field}`, 64, truncated)
    if (text !== undefined) context[field] = text
  }
  if (isRecord(value.campaign)) {
    const entries = Object.entries(value.campaign)
      .filter((entry): entry is [string, string] => typeof entry[1] === 'string' && !PROTOTYPE_KEYS.has(entry[0]))
      .slice(0, 10)
      .map(([key, text]) => [key.slice(0, 50), text.slice(0, 200)] as const)
    if (entries.length > 0) context.campaign = Object.fromEntries(entries)
  }
  return Object.keys(context).length > 0 ? context : undefined
}
