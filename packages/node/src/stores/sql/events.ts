import {
  DAY_MS,
  type Day,
  dayOf,
  EVENT_COLUMNS,
  type EventBatch,
  type EventColumn,
  type EventsRequest,
  type Scalar,
  type ScanRequest,
  type StoredEvent,
} from '@analytics/protocol'
import { filterToSql, matchToSql, propertyReference } from '@analytics/protocol/filter'
import { type SqlDialect, type SqlStatement, type SqlValue, type StatementBuilder, statement } from './dialect.js'
import { EVENT_TABLE_COLUMNS } from './tables.js'

const COLUMNS = Object.entries(EVENT_COLUMNS) as [EventColumn, (typeof EVENT_COLUMNS)[EventColumn]][]

/** An event as a row of the event table. */
export function eventRow(event: StoredEvent, person: number): SqlValue[] {
  const row = COLUMNS.map(([name, type]): SqlValue => {
    const value = event[name]
    return type === 'json' && value !== null ? JSON.stringify(value) : (value as SqlValue)
  })
  row.push(dayOf(event.eventTimestamp), person)
  return row
}

/** The select list of whole events. */
export function eventSelect(dialect: SqlDialect): string {
  return EVENT_TABLE_COLUMNS.map(({ name, type }) => dialect.select(name, type)).join(', ')
}

/** A row of {@link eventSelect} as an event. */
export function eventOf(row: readonly SqlValue[]): StoredEvent {
  const event: Record<string, unknown> = {}
  COLUMNS.forEach(([name, type], i) => {
    const value = row[i] ?? null
    event[name] =
      value === null ? null : type === 'json' ? JSON.parse(String(value)) : type === 'text' ? value : Number(value)
  })
  return event as unknown as StoredEvent
}

/** Where a read finds its rows, by the days that it touches: a table or a union of tables behind FROM. */
export interface SqlSource {
  from: string
  first: Day
  last: Day
}

function within(source: SqlSource, request: EventsRequest | ScanRequest, builder: StatementBuilder): string[] {
  return [
    `event_day BETWEEN ${builder.day(source.first)} AND ${builder.day(source.last)}`,
    `event_timestamp >= ${builder.time(request.from)}`,
    `event_timestamp < ${builder.time(request.to)}`,
    ...(request.where ? [filterToSql(request.where, builder.filter)] : []),
  ]
}

/** The narrow read in order of time; {@link scanBatch} reads its rows. */
export function scanStatement(dialect: SqlDialect, source: SqlSource, request: ScanRequest): SqlStatement {
  const builder = statement(dialect)
  const bits = request.matches.map(
    (match, i) => `CASE WHEN ${matchToSql(match, builder.filter)} THEN ${2 ** i} ELSE 0 END`,
  )
  const columns = (request.columns ?? []).map((name, i) => `${scanColumn(dialect, name, builder)} AS c${i}`)
  const list = ['event_timestamp', 'person', `${bits.length > 0 ? bits.join(' + ') : '0'} AS bits`, ...columns]
  const names = (request.columns ?? []).map((_, i) => `, c${i}`).join('')
  return builder.build(
    `SELECT ${dialect.msOf('event_timestamp')} AS ms, person, bits${names} FROM (SELECT ${list.join(', ')} FROM ${source.from} ` +
      `WHERE ${within(source, request, builder).join(' AND ')}) found WHERE bits <> 0 ORDER BY event_timestamp, person`,
  )
}

function scanColumn(dialect: SqlDialect, name: string, builder: StatementBuilder): string {
  const reference = propertyReference(name)
  if (!reference) return 'NULL'
  if (reference.path !== undefined) return builder.scalar(reference.path)
  const { name: column, type } = EVENT_TABLE_COLUMNS[COLUMNS.findIndex(([one]) => one === reference.column)]!
  return dialect.select(column, type)
}

/** Rows of a narrow read as columns. */
export function scanBatch(rows: readonly (readonly SqlValue[])[], names: readonly string[]): EventBatch {
  const columns = names.map((name, i) => {
    const decode = decoderOf(name)
    return [name, rows.map((row) => decode(row[3 + i] ?? null))] as const
  })
  return {
    length: rows.length,
    time: Float64Array.from(rows, (row) => Number(row[0])),
    person: Int32Array.from(rows, (row) => Number(row[1])),
    matches: Uint32Array.from(rows, (row) => Number(row[2])),
    columns: Object.fromEntries(columns),
  }
}

function decoderOf(name: string): (value: SqlValue) => Scalar {
  const reference = propertyReference(name)
  if (reference?.path !== undefined) return decodeScalar
  return reference?.type === 'text' ? (value) => value : (value) => (value === null ? null : Number(value))
}

/** Reads what a dialect's `scalar` selects. */
export function decodeScalar(value: SqlValue): Scalar {
  if (typeof value !== 'string') return null
  const text = value.slice(1)
  return value.startsWith('s') ? text : value.startsWith('n') ? Number(text) : text === 'true'
}

/** Whole events in the order asked for; {@link eventOf} reads its rows. */
export function eventsStatement(dialect: SqlDialect, source: SqlSource, request: EventsRequest): SqlStatement {
  const builder = statement(dialect)
  const { order, after, limit = Number.POSITIVE_INFINITY } = request
  const all = within(source, request, builder)
  if (after) {
    const beyond = order === 'desc' ? '<' : '>'
    const later = `event_timestamp ${beyond} ${builder.time(after.time)}`
    const beside = `event_timestamp = ${builder.time(after.time)} AND event_id ${beyond} ${builder.text(after.eventId)}`
    all.push(`(${later} OR (${beside}))`)
  }
  const direction = order === 'desc' ? 'DESC' : 'ASC'
  return builder.build(
    `SELECT ${eventSelect(dialect)} FROM ${source.from} WHERE ${all.join(' AND ')} ` +
      `ORDER BY event_timestamp ${direction}, ${dialect.codePoints('event_id')} ${direction}${Number.isFinite(limit) ? ` ${dialect.limit(Math.trunc(limit))}` : ''}`,
  )
}

/** Flags that say that the server changed an event's time: a retry may have got another day. */
const MOVED_TIMES = new Set(['time:skew', 'time:receipt'])

/** The first and last day in which an event's id may lie: its own and those beside it, and 8 more where its time was changed. */
export function idWindow(event: StoredEvent): { first: Day; last: Day } {
  const flags = event.properties?.$flags
  const isMoved = Array.isArray(flags) && flags.some((flag) => MOVED_TIMES.has(String(flag)))
  return {
    first: dayOf(event.eventTimestamp - (isMoved ? 8 : 1) * DAY_MS),
    last: dayOf(event.eventTimestamp + DAY_MS),
  }
}
