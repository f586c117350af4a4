import type { JsonObject, ParsedEvent, StoredEvent, WireEvent } from '@analytics/protocol'
import type { ClientFacts } from './client.js'
import type { BatchTimes, EventTime } from './event-time.js'

/** What is known of a request, beyond its events. */
export interface Receipt extends BatchTimes {
  client: ClientFacts
}

/** Turns a checked wire event into the row that stores keep. */
export function toStoredEvent(
  { event, truncated }: Pick<ParsedEvent, 'event' | 'truncated'>,
  { time, flag }: EventTime,
  { receivedAt, client }: Pick<Receipt, 'receivedAt' | 'client'>,
  processedAt: number,
): StoredEvent {
  const flags = [...truncated.map((field) => `truncated:${field}`), ...(flag ? [`time:${flag}`] : [])]
  return {
    eventId: event.eventId,
    eventType: clean(event.eventType),
    eventCategory: optional(event.eventCategory),
    eventAction: optional(event.eventAction),
    eventLabel: optional(event.eventLabel),
    eventValue: event.eventValue ?? null,
    userId: optional(event.userId),
    anonymousId: optional(event.anonymousId),
    sessionId: clean(event.sessionId),
    pageUrl: optional(event.context?.page?.url),
    referrerUrl: optional(event.context?.page?.referrer),
    ...client,
    properties: storedProperties(event, flags),
    schemaVersion: event.schemaVersion ?? 1,
    eventTimestamp: time,
    receivedTimestamp: receivedAt,
    processingTimestamp: processedAt,
  }
}

/** The event's properties, and under `$` names what the wire carries beyond the columns. */
function storedProperties(event: WireEvent, flags: readonly string[]): JsonObject | null {
  const { page, ...device } = event.context ?? {}
  const context = {
    ...device,
    ...(page?.path ? { path: page.path } : {}),
    ...(page?.title ? { title: page.title } : {}),
  }
  const properties = {
    ...(event.properties && cleanObject(withoutOurs(event.properties))),
    ...(Object.keys(context).length > 0 ? { $context: cleanObject(context as JsonObject) } : {}),
    ...(event.seq === undefined ? {} : { $seq: event.seq }),
    ...(flags.length > 0 ? { $flags: [...flags] } : {}),
  }
  return Object.keys(properties).length > 0 ? properties : null
}

/** Names that only the server gives: what a client sends under them is not believed. */
const OUR_NAMES = ['$context', '$seq', '$flags', '$conversion']

function withoutOurs(properties: JsonObject): JsonObject {
  if (!OUR_NAMES.some((name) => Object.hasOwn(properties, name))) return properties
  return Object.fromEntries(Object.entries(properties).filter(([name]) => !OUR_NAMES.includes(name)))
}

/**
 * Text that every database takes: no NUL, no half surrogate pairs, no byte order mark in front, which a driver may drop. Ids
 * are cleaned too, so that one id stays one id on every store.
 */
function clean(text: string): string {
  return text
    .replaceAll('\0', '')
    .replace(/^\ufeff+/, '')
    .replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd')
}

/** Absent and empty are the same on every store: Oracle knows no empty text. */
function optional(text: string | undefined): string | null {
  return text === undefined ? null : clean(text) || null
}

/** What `clean` would change, as JSON writes it. */
const UNCLEAN_JSON = /\\u0000|\\ud[89a-f]|"\ufeff/i

function cleanObject(value: JsonObject): JsonObject {
  const json = JSON.stringify(value)
  if (!UNCLEAN_JSON.test(json)) return value
  return JSON.parse(json, (_key, one: unknown) => (typeof one === 'string' ? clean(one) : one)) as JsonObject
}
