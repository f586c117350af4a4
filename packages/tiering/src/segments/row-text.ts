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

/** Between the values of a row's text, and in place of a value that is missing: control characters of that purpose. */
export const SEPARATOR = '\x1f'
export const MISSING = '\x1e'

/**
 * One row as canonical text: the person's number and every column in storage order, joined. Instants are UTC milliseconds,
 * properties their stored text, numbers as {@link doubleText} spells them. DuckDB makes the same text in SQL.
 */
export function rowText(row: NumberedEvent): string {
  let text = String(row.person)
  for (const column of COLUMNS) text += SEPARATOR + valueText(row, column)
  return text
}

function valueText(row: NumberedEvent, column: EventColumn): string {
  const value = column === 'properties' ? propertiesText(row.properties) : row[column]
  if (value === null) return MISSING
  return column === 'eventValue' ? doubleText(value as number) : String(value)
}

/** Where DuckDB changes from decimals to powers of ten. */
const FIRST_POWER = 16
const LAST_FRACTION = -4

/** A number as DuckDB casts a DOUBLE to text: the shortest digits that give the number again. There is no -0. */
export function doubleText(value: number): string {
  const [digits, power] = value.toExponential().split('e') as [string, string]
  const exponent = Number(power)
  if (exponent >= FIRST_POWER || exponent < LAST_FRACTION) {
    const sign = exponent < 0 ? '-' : '+'
    return `${digits}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`
  }
  const text = exponent < 0 ? value.toFixed(digits.replace(/[-.]/g, '').length - 1 - exponent) : String(value)
  return text.includes('.') ? text : `${text}.0`
}
