import type { DuckDBConnection, DuckDBDataChunk, DuckDBValue } from '@duckdb/node-api'
import {
  columnName,
  type Day,
  type EventBatch,
  type EventsRequest,
  type Scalar,
  type ScanRequest,
  type StoredEvent,
} from '@analytics/protocol'
import { filterToSql, matchToSql, propertyReference } from '@analytics/protocol/filter'
import type { HotRead, NumberedEvent, Seal } from '../../store.js'
import type { Database } from './database.js'
import { duckdbBinder, jsonPointer } from './dialect.js'
import { daysWithin, exceptSeals, sealCondition } from './events.js'
import { EVENT_SELECT, readEvents } from './rows.js'
import type { TableNames } from './schema.js'

/** The narrow scan: one ordered statement a day, read chunk by chunk as typed arrays. */
export async function* scanEvents(
  database: Database,
  names: TableNames,
  request: ScanRequest & HotRead,
): AsyncGenerator<EventBatch> {
  const days = await database.read((connection) => daysWithin(connection, names, request))
  for (const day of days) {
    const { sql, values } = scanStatement(names, request, day)
    for await (const chunk of chunksOf(database, sql, values, request.signal)) yield toBatch(chunk, request.columns ?? [])
  }
}

function scanStatement(names: TableNames, request: ScanRequest & HotRead, day: Day) {
  const { values, dialect } = duckdbBinder()
  const from = dialect.instant(request.from)
  const to = dialect.instant(request.to)
  const where = request.where ? ` AND ${filterToSql(request.where, dialect)}` : ''
  const bits = request.matches.map((match, i) => `(${matchToSql(match, dialect)}::UINTEGER << ${i})`)
  const columns = (request.columns ?? []).map((column, i) => `, ${columnExpression(column, dialect.bind)} AS c${i}`)
  const sql = `SELECT * FROM (
    SELECT epoch_ms(event_timestamp)::DOUBLE AS time, person, (${bits.join(' | ')})::UINTEGER AS matches${columns.join('')}
    FROM ${names.events} WHERE event_day = DATE '${day}' AND event_timestamp >= ${from} AND event_timestamp < ${to}${where}${exceptSeals(request.except ?? [], day)}
  ) WHERE matches <> 0 ORDER BY time, person`
  return { sql, values }
}

/** A column as text, number or JSON text; `toScalar` makes the value of it. */
function columnExpression(column: string, bind: (value: string) => string): string {
  const reference = propertyReference(column)
  if (!reference) return 'NULL'
  if (reference.path !== undefined) return `json_extract(properties, ${bind(jsonPointer(reference.path))})::VARCHAR`
  const name = columnName(reference.column)
  return reference.type === 'time' ? `epoch_ms(${name})::DOUBLE` : name
}

function toBatch(chunk: DuckDBDataChunk, columns: readonly string[]): EventBatch {
  const items = (at: number) => (chunk.getColumnVector(at) as unknown as { items: unknown }).items
  return {
    length: chunk.rowCount,
    time: (items(0) as Float64Array).subarray(0, chunk.rowCount),
    person: (items(1) as Int32Array).subarray(0, chunk.rowCount),
    matches: (items(2) as Uint32Array).subarray(0, chunk.rowCount),
    columns: Object.fromEntries(
      columns.map((column, i) => [column, chunk.getColumnValues(3 + i).map((value) => toScalar(value, column))]),
    ),
  }
}

function toScalar(value: DuckDBValue, column: string): Scalar {
  if (value === null || !column.startsWith('properties.')) return value as Scalar
  const json = JSON.parse(String(value)) as unknown
  return typeof json === 'object' ? null : (json as Scalar)
}

/** Whole events, day by day in the order asked for. */
export async function* readHotEvents(
  database: Database,
  names: TableNames,
  request: EventsRequest & HotRead,
): AsyncGenerator<readonly StoredEvent[]> {
  const days = await database.read((connection) => daysWithin(connection, names, request))
  let left = request.limit ?? Number.POSITIVE_INFINITY
  for (const day of request.order === 'desc' ? days.reverse() : days) {
    if (left <= 0) return
    const { sql, values } = eventsStatement(names, request, day, left)
    for await (const chunk of chunksOf(database, sql, values, request.signal)) {
      left -= chunk.rowCount
      yield readEvents(chunk)
    }
  }
}

function eventsStatement(names: TableNames, request: EventsRequest & HotRead, day: Day, limit: number) {
  const { values, dialect } = duckdbBinder()
  const direction = request.order === 'desc' ? 'DESC' : 'ASC'
  const conditions = [
    `event_day = DATE '${day}' AND event_timestamp >= ${dialect.instant(request.from)} AND event_timestamp < ${dialect.instant(request.to)}`,
  ]
  if (request.where) conditions.push(filterToSql(request.where, dialect))
  if (request.after) {
    const { time, eventId } = request.after
    const beyond = request.order === 'desc' ? '<' : '>'
    conditions.push(`(event_timestamp, event_id) ${beyond} (${dialect.instant(time)}, ${dialect.bind(eventId)})`)
  }
  const sql = `SELECT ${EVENT_SELECT} FROM ${names.events} WHERE ${conditions.join(' AND ')}${exceptSeals(request.except ?? [], day)}
    ORDER BY event_timestamp ${direction}, event_id ${direction}${Number.isFinite(limit) ? ` LIMIT ${Math.trunc(limit)}` : ''}`
  return { sql, values }
}

/** The rows of a seal, unordered, with the numbers of their people. */
export async function* readSealedEvents(
  database: Database,
  names: TableNames,
  seal: Seal,
  signal?: AbortSignal,
): AsyncGenerator<readonly NumberedEvent[]> {
  const sql = `SELECT ${EVENT_SELECT}, person FROM ${names.events} WHERE ${sealCondition(seal)}`
  for await (const chunk of chunksOf(database, sql, [], signal)) {
    const people = chunk.getColumnValues(chunk.columnCount - 1)
    yield readEvents(chunk).map((event, i) => Object.assign(event, { person: Number(people[i]) }))
  }
}

/** Streams a statement's chunks on a connection of its own. An abort interrupts the statement, not only the loop. */
async function* chunksOf(
  database: Database,
  sql: string,
  values: DuckDBValue[],
  signal: AbortSignal | undefined,
): AsyncGenerator<DuckDBDataChunk> {
  signal?.throwIfAborted()
  const connection: DuckDBConnection = await database.connect()
  const interrupt = () => connection.interrupt()
  signal?.addEventListener('abort', interrupt, { once: true })
  try {
    const result = await connection.stream(sql, values)
    for (;;) {
      const chunk = await result.fetchChunk()
      signal?.throwIfAborted()
      if (!chunk || chunk.rowCount === 0) return
      yield chunk
    }
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  } finally {
    signal?.removeEventListener('abort', interrupt)
    connection.closeSync()
  }
}
