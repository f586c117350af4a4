import {
  columnName,
  EVENT_COLUMNS,
  type EventBatch,
  type EventsRequest,
  type Scalar,
  type ScanRequest,
  type StoredEvent,
} from '@analytics/protocol'
import { filterToSql, matchToSql } from '@analytics/protocol/filter'
import type { NumberedEvent } from '../hot-tier.js'
import type { SegmentBatch } from '../segment-format.js'
import { COLUMNS } from '../segments/row-text.js'
import { type Chunk, type Engine, numbersOf, streamChunks } from './engine.js'
import { duckdbStatement, type SelectedColumn, type Statement, selectColumn } from './parquet-sql.js'

/** Rows that are sorted at once when whole events are read in order: wide rows are what runs out of memory. */
const SLICE_ROWS = 50_000
const MINUTE_MS = 60_000

type Span = Pick<EventsRequest, 'from' | 'to'>

function within({ from, to }: Span, { dialect }: Statement): string {
  return `event_timestamp >= ${dialect.instant(from)} AND event_timestamp < ${dialect.instant(to)}`
}

/** The narrow read: numbers arrive as typed arrays, text only for the columns that were asked for. */
export async function* scanParquet(
  engine: Engine,
  path: string,
  request: ScanRequest,
  withIdentities: boolean,
): AsyncGenerator<SegmentBatch> {
  const statement = duckdbStatement()
  const names = [...new Set(request.columns ?? [])]
  const columns = names.map((name) => selectColumn(name, statement))
  const selected = columns.map(({ sql }, index) => `, ${sql} AS c${index}`).join('')
  const inner =
    `SELECT epoch_ms(event_timestamp)::DOUBLE AS t, person, ${matchMask(request, statement)} AS m` +
    `${selected}${withIdentities ? ', user_id, anonymous_id' : ''} FROM ${statement.rowsOf(path)} ` +
    `WHERE ${within(request, statement)}${request.where ? ` AND ${filterToSql(request.where, statement.dialect)}` : ''}`
  const sql = `SELECT * FROM (${inner}) WHERE m <> 0 ORDER BY t, person`
  for await (const chunk of streamChunks(engine, statement.finish(sql), request.signal)) {
    const batch = scanBatch(chunk, names, columns)
    yield withIdentities ? { ...batch, identities: identitiesOf(chunk, 3 + columns.length) } : batch
  }
}

/** Bit i is set where match i holds. */
function matchMask({ matches }: ScanRequest, { dialect }: Statement): string {
  const bits = matches.map(
    (match, i) => `CASE WHEN ${matchToSql(match, dialect)} THEN ${2 ** i}::UINTEGER ELSE 0::UINTEGER END`,
  )
  return bits.length === 0 ? '0::UINTEGER' : `(${bits.join(' | ')})`
}

function scanBatch(chunk: Chunk, names: readonly string[], columns: readonly SelectedColumn[]): EventBatch {
  const values = names.map((name, index) => {
    const vector = chunk.getColumnVector(3 + index)
    const decode = columns[index]!.decode
    return [name, Array.from({ length: chunk.rowCount }, (_, row): Scalar => decode(vector.getItem(row)))] as const
  })
  return {
    length: chunk.rowCount,
    time: numbersOf<Float64Array>(chunk, 0),
    person: numbersOf<Int32Array>(chunk, 1),
    matches: numbersOf<Uint32Array>(chunk, 2),
    columns: Object.fromEntries(values),
  }
}

function identitiesOf(chunk: Chunk, first: number): { userId: string | null; anonymousId: string | null }[] {
  const users = chunk.getColumnVector(first)
  const visitors = chunk.getColumnVector(first + 1)
  return Array.from({ length: chunk.rowCount }, (_, row) => ({
    userId: users.getItem(row) as string | null,
    anonymousId: visitors.getItem(row) as string | null,
  }))
}

/** Whole events in order. A long read is cut into slices of time, each sorted by itself. */
export async function* readParquetEvents(
  engine: Engine,
  path: string,
  request: EventsRequest,
): AsyncGenerator<readonly StoredEvent[]> {
  const slices =
    request.limit !== undefined && request.limit <= SLICE_ROWS ? [request] : await timeSlices(engine, path, request)
  let left = request.limit ?? Number.POSITIVE_INFINITY
  for (const { from, to } of slices) {
    if (left <= 0) return
    const statement = duckdbStatement()
    const sql = eventsSql(path, { ...request, from, to }, statement, left)
    for await (const chunk of streamChunks(engine, statement.finish(sql), request.signal)) {
      left -= chunk.rowCount
      yield eventsOf(chunk)
    }
  }
}

function eventsSql(path: string, request: EventsRequest, statement: Statement, limit: number): string {
  const { dialect } = statement
  const descending = request.order === 'desc'
  const conditions = [within(request, statement)]
  if (request.where) conditions.push(filterToSql(request.where, dialect))
  if (request.after) {
    const beyond = descending ? '<' : '>'
    const time = dialect.instant(request.after.time)
    const id = dialect.bind(request.after.eventId)
    conditions.push(`(event_timestamp ${beyond} ${time} OR (event_timestamp = ${time} AND event_id ${beyond} ${id}))`)
  }
  const direction = descending ? 'DESC' : 'ASC'
  return (
    `SELECT ${eventColumns()} FROM ${statement.rowsOf(path)} WHERE ${conditions.join(' AND ')} ` +
    `ORDER BY event_timestamp ${direction}, event_id ${direction}${Number.isFinite(limit) ? ` LIMIT ${Math.trunc(limit)}` : ''}`
  )
}

/** Slices of the range, in the order asked for, of about as many rows as can be sorted at once. */
async function timeSlices(engine: Engine, path: string, request: EventsRequest): Promise<Span[]> {
  const statement = duckdbStatement()
  const sql =
    `SELECT floor(epoch_ms(event_timestamp) / ${MINUTE_MS}.0)::DOUBLE AS minute, count(*)::DOUBLE AS events ` +
    `FROM ${statement.rowsOf(path)} WHERE ${within(request, statement)} GROUP BY minute ORDER BY minute`
  const cuts: number[] = []
  let rows = 0
  for await (const chunk of streamChunks(engine, statement.finish(sql), request.signal)) {
    const [minutes, events] = [numbersOf<Float64Array>(chunk, 0), numbersOf<Float64Array>(chunk, 1)]
    for (let i = 0; i < chunk.rowCount; i++) {
      if (rows > 0 && rows + events[i]! > SLICE_ROWS) {
        cuts.push(minutes[i]! * MINUTE_MS)
        rows = 0
      }
      rows += events[i]!
    }
  }
  const bounds = [request.from, ...cuts, request.to]
  const slices = bounds.slice(1).map((to, index) => ({ from: bounds[index]!, to }))
  return request.order === 'desc' ? slices.reverse() : slices
}

/** Every row, in the order of the file. */
export async function* readParquetRows(
  engine: Engine,
  path: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly NumberedEvent[]> {
  const statement = duckdbStatement()
  const sql = `SELECT ${eventColumns()}, person FROM ${statement.rowsOf(path)}`
  for await (const chunk of streamChunks(engine, statement.finish(sql), signal)) {
    const person = numbersOf<Int32Array>(chunk, COLUMNS.length)
    yield eventsOf(chunk).map((event, row) => ({ ...event, person: person[row]! }))
  }
}

function eventColumns(): string {
  const asRead = { text: (name: string) => name, json: (name: string) => name, number: toDouble, time: toMilliseconds }
  return COLUMNS.map((column) => asRead[EVENT_COLUMNS[column]](columnName(column))).join(', ')
}

const toDouble = (name: string): string => `${name}::DOUBLE`
const toMilliseconds = (name: string): string => `epoch_ms(${name})::DOUBLE`

function eventsOf(chunk: Chunk): StoredEvent[] {
  const events = Array.from({ length: chunk.rowCount }, (): Record<string, unknown> => ({}))
  for (const [index, column] of COLUMNS.entries()) {
    const vector = chunk.getColumnVector(index)
    for (const [row, event] of events.entries()) {
      const value = vector.getItem(row)
      event[column] = column === 'properties' && typeof value === 'string' ? JSON.parse(value) : value
    }
  }
  return events as unknown as StoredEvent[]
}
