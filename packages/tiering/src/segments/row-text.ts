import { EVENT_COLUMNS, type EventColumn, type Json, type JsonObject, type NumberedEvent } from '@analytics/protocol'

/** The columns of an event in storage order. */
export const COLUMNS: readonly EventColumn[] = Object.keys(EVENT_COLUMNS) as EventColumn[]

/** Half a surrogate pair, as `JSON.stringify` spells it; also finds such a spelling that was quoted once more. */
const LONE_SURROGATE = /\\u[dD][89a-fA-F]/

/** Text as UTF-8 can hold it: half a surrogate pair becomes U+FFFD, as every database and file makes of it. */
function wellFormed(text: string): string {
  return Buffer.from(text).toString()
}

function wellFormedJson(value: Json): Json {
  if (typeof value === 'string') return wellFormed(value)
  if (Array.isArray(value)) return value.map(wellFormedJson)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [wellFormed(key), wellFormedJson(member)]))
}

/** The properties as the one JSON text that is stored and hashed. */
export function propertiesText(properties: JsonObject | null): string | null {
  if (properties === null) return null
  const text = JSON.stringify(properties)
  // Engines refuse to parse JSON with half a surrogate pair, so that one bad event would spoil every query of its day.
  return LONE_SURROGATE.test(text) ? JSON.stringify(wellFormedJson(properties)) : text
}

/**
 * One row as canonical text: a JSON array of the person's number and every column in storage order, instants in UTC
 * milliseconds, properties as text. The same on every machine, so that a copy can be compared with what was copied.
 */
export function rowText(row: NumberedEvent): string {
  const values: (string | number | null)[] = [row.person]
  for (const column of COLUMNS) {
    const value = row[column]
    values.push(typeof value === 'object' ? propertiesText(value) : value)
  }
  const text = JSON.stringify(values)
  return LONE_SURROGATE.test(text) ? JSON.stringify(wellFormedJson(values)) : text
}
