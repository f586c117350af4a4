/**
 * How DuckDB reads events, wherever they lie: the hot store's file and Parquet segments share it, so that both have one meaning.
 * Text and plain functions only; DuckDB itself is loaded by whoever runs the statements.
 */
import { columnName, EVENT_COLUMNS, type EventColumn, type StoredEvent } from './event.js'
import { type FilterDialect, filterToSql, matchToSql, propertyReference } from './filter.js'
import type { Scalar } from './json.js'
import { byTime } from './row-order.js'
import type { EventBatch, EventsRequest, ScanRequest } from './scan.js'

/** A value of a statement. */
export type BoundValue = string | number | boolean | bigint

/** The values of one statement, in the order of their placeholders, and what adds to them. */
export interface Statement {
  readonly dialect: FilterDialect
  /** The JSON text of the single value at a path of `properties`; NULL where there is none. */
  scalar(path: readonly string[]): string
  readonly values: BoundValue[]
}

/** A finished statement. */
export interface BoundStatement {
  sql: string
  values: BoundValue[]
}

/** Milliseconds of the last instant that a JavaScript date can be; DuckDB's timestamps reach further. */
const LAST_INSTANT = 8.64e15

const JSON_TYPES = {
  text: `= 'VARCHAR'`,
  number: `IN ('BIGINT', 'UBIGINT', 'DOUBLE')`,
  boolean: `= 'BOOLEAN'`,
} as const

const SINGLE_VALUE = `IN ('VARCHAR', 'BIGINT', 'UBIGINT', 'DOUBLE', 'BOOLEAN')`

/** Begins a statement for DuckDB over the columns of a segment; nothing of a filter's values or paths gets into its text. */
export function duckdbStatement(): Statement {
  const values: BoundValue[] = []
  const add = (value: BoundValue): string => `$${values.push(value)}`
  const dialect: FilterDialect = {
    bind(value) {
      if (typeof value === 'string') return `${add(value)}::VARCHAR`
      if (typeof value === 'boolean') return `${add(value)}::BOOLEAN`
      // To DuckDB NaN equals itself and is above all numbers.
      return Number.isNaN(value) ? 'NULL::DOUBLE' : `${add(value)}::DOUBLE`
    },
    instant(ms) {
      const micros = Math.round(Math.min(Math.max(ms, -LAST_INSTANT), LAST_INSTANT) * 1000)
      return `make_timestamp(${add(BigInt(micros))}::BIGINT)`
    },
    property(path, type) {
      const at = pointer(path, add)
      const plain = type === 'long-text' ? 'text' : type
      const value = plain === 'text' ? `json_extract_string(properties, ${at.value})` : jsonAs(at.value, plain)
      return `CASE WHEN ${at.guard}json_type(properties, ${at.value}) ${JSON_TYPES[plain]} THEN ${value} END`
    },
    hasProperty(path) {
      const at = pointer(path, add)
      return `coalesce(${at.guard}json_type(properties, ${at.value}) <> 'NULL', false)`
    },
    contains: (text, part) => `contains(${text}, ${part})`,
    isIn: (value, others) => `${value} IN (${others.join(', ')})`,
    twoValued: (condition) => `coalesce(${condition}, false)`,
  }
  return {
    dialect,
    values,
    scalar(path) {
      const at = pointer(path, add)
      return `CASE WHEN ${at.guard}json_type(properties, ${at.value}) ${SINGLE_VALUE} THEN json_extract(properties, ${at.value}) END`
    },
  }
}

function jsonAs(at: string, type: 'number' | 'boolean'): string {
  return `json_extract(properties, ${at})::${type === 'number' ? 'DOUBLE' : 'BOOLEAN'}`
}

/**
 * A path as a bound JSON pointer. A pointer may also step into arrays, a path of properties may not: where a key could be
 * taken for an index, the guard demands an object above it.
 */
function pointer(path: readonly string[], add: (value: string) => string): { value: string; guard: string } {
  const keys = path.map((key) => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`)
  const value = `${add(keys.join(''))}::VARCHAR`
  let guard = ''
  for (const [index, key] of path.entries()) {
    if (index === 0 || !/^[-\d]/.test(key)) continue
    guard += `json_type(properties, ${add(keys.slice(0, index).join(''))}::VARCHAR) = 'OBJECT' AND `
  }
  return { value, guard }
}

/** By itself the driver takes whole numbers for integers and fails where they are too large: each value's type is named. */
export function boundTypes<Text, Double, Boolean, Integer>(
  values: readonly BoundValue[],
  types: { VARCHAR: Text; DOUBLE: Double; BOOLEAN: Boolean; BIGINT: Integer },
): (Text | Double | Boolean | Integer)[] {
  const byType = { string: types.VARCHAR, number: types.DOUBLE, boolean: types.BOOLEAN, bigint: types.BIGINT }
  return values.map((value) => byType[typeof value as keyof typeof byType])
}

/** Where a read finds its rows. */
export interface DuckDbSource {
  /** What stands behind FROM. */
  from: string
  /** Conditions beside those of the request, without values. */
  where?: string
}

/** A connection to DuckDB, as far as whoever is lent one uses it. */
export interface DuckDbConnection {
  /** Runs a statement to its end. */
  run(sql: string): Promise<unknown>
  /** Runs a statement of few rows and reads all of them. */
  runAndReadAll(sql: string): Promise<DuckDbResult>
  /** Makes the statement under way fail. */
  interrupt(): void
  /** Gives the connection back. */
  closeSync(): void
}

/** What a statement gave. */
export interface DuckDbResult {
  /** The values of each row, in the order of the columns. */
  getRows(): unknown[][]
}

/** Events in a table of DuckDB (not a query), beside each the number of its person, lent to be read where they lie. */
export interface DuckDbRows extends DuckDbSource {
  /** A connection of its own to the instance that has the table; give it back with `closeSync`. */
  connect(): Promise<DuckDbConnection>
}

const within = ({ from, to }: { from: number; to: number }, { dialect }: Statement): string =>
  `event_timestamp >= ${dialect.instant(from)} AND event_timestamp < ${dialect.instant(to)}`

const conditions = (source: DuckDbSource, request: EventsRequest | ScanRequest, statement: Statement): string[] => [
  ...(source.where === undefined ? [] : [source.where]),
  within(request, statement),
  ...(request.where ? [filterToSql(request.where, statement.dialect)] : []),
]

/** The narrow read in order of time; {@link scanBatch} reads its chunks, `extra` columns follow those of the request. */
export function scanStatement(
  source: DuckDbSource,
  request: ScanRequest,
  extra: readonly string[] = [],
): BoundStatement {
  const { sql, values } = unorderedScan(source, request, extra)
  return { sql: `${sql} ORDER BY t, person`, values }
}

function unorderedScan(source: DuckDbSource, request: ScanRequest, extra: readonly string[] = []): BoundStatement {
  const statement = duckdbStatement()
  const columns = (request.columns ?? []).map((name, index) => `${selectColumn(name, statement)} AS c${index}`)
  const list = [
    'epoch_ms(event_timestamp)::DOUBLE AS t',
    'person',
    `${matchMask(request, statement)} AS m`,
    ...columns,
    ...extra,
  ]
  const all = [...conditions(source, request, statement), ...typeCondition(request, statement)]
  const rows = `SELECT ${list.join(', ')} FROM ${source.from} WHERE ${all.join(' AND ')}`
  return { sql: isByType(request) ? rows : `SELECT * FROM (${rows}) WHERE m <> 0`, values: statement.values }
}

/** The narrow read of numbers alone, each column as a list. */
export interface ListedStatement extends BoundStatement {
  /** Whether events are joined, and counted. */
  hasCounts: boolean
}

/** Intervals that one statement tells apart: each row is compared with them one by one. */
const JOINED_INTERVALS = 200

/**
 * The narrow read of numbers alone as one row of lists, which {@link listedBatches} reads: a chunk for each 2,048 rows costs as much as
 * what is done with them, and the rows are sorted faster here. Every row is in memory, 16 bytes each. Where intervals are asked for, events
 * are joined unless there are too many of them.
 */
export function listedScanStatement(source: DuckDbSource, request: Omit<ScanRequest, 'columns'>): ListedStatement {
  const { from, to, intervals } = request
  // Of the intervals that the range touches, in order: where each begins within it.
  const starts = intervals && [from, ...intervals.filter((start) => start > from && start < to)]
  if (starts && starts.length <= JOINED_INTERVALS) return joinedScanStatement(source, request, starts)
  const { sql, values } = unorderedScan(source, request)
  return { sql: `SELECT list(t), list(person), list(m) FROM (${sql})`, values, hasCounts: false }
}

function joinedScanStatement(
  source: DuckDbSource,
  request: Omit<ScanRequest, 'columns'>,
  starts: readonly number[],
): ListedStatement {
  const statement = duckdbStatement()
  const { dialect, values } = statement
  const cases = starts.slice(1).map((start, i) => `WHEN event_timestamp < ${dialect.instant(start)} THEN ${starts[i]}`)
  const last = `${starts.at(-1)}::DOUBLE`
  const time = cases.length === 0 ? last : `CASE ${cases.join(' ')} ELSE ${last} END`
  const all = [...conditions(source, request, statement), ...typeCondition(request, statement)]
  const rows = `SELECT ${time} AS t, person, ${matchMask(request, statement)} AS m FROM ${source.from} WHERE ${all.join(' AND ')}`
  const joined = `SELECT t, person, m, count(*)::UINTEGER AS n FROM (${rows}) WHERE m <> 0 GROUP BY t, person, m`
  return { sql: `SELECT list(t), list(person), list(m), list(n) FROM (${joined})`, values, hasCounts: true }
}

/** Rows of the types that the matches name, if each names some: others need not be looked at. The type is never NULL. */
function typeCondition({ matches }: ScanRequest, { dialect }: Statement): string[] {
  const types = matches.map(({ eventTypes }) => eventTypes)
  if (types.length === 0 || types.includes(undefined)) return []
  const named = [...new Set(types.flatMap((some) => some ?? []))]
  return [
    named.length === 0
      ? 'false'
      : dialect.isIn(
          'event_type',
          named.map((type) => dialect.bind(type, 'column')),
        ),
  ]
}

/** Whether a row of the types that the matches name fits one of them, whatever else it is. */
const isByType = ({ matches }: ScanRequest): boolean =>
  matches.length > 0 && matches.every(({ eventTypes, where }) => eventTypes !== undefined && where === undefined)

/** Bit i is set where match i holds. */
function matchMask({ matches }: ScanRequest, { dialect }: Statement): string {
  /** Bits that the type alone decides: each row is compared once, not once for each match. */
  const byType = new Map<string, number>()
  const masks: string[] = []
  for (const [i, match] of matches.entries()) {
    if (match.eventTypes && !match.where) {
      for (const type of match.eventTypes) byType.set(type, (byType.get(type) ?? 0) | (1 << i))
    } else masks.push(`CASE WHEN ${matchToSql(match, dialect)} THEN ${2 ** i}::UINTEGER ELSE 0::UINTEGER END`)
  }
  if (byType.size > 0) {
    const cases = [...byType].map(([type, bits]) => `WHEN ${dialect.bind(type, 'column')} THEN ${bits >>> 0}::UINTEGER`)
    masks.push(`CASE event_type ${cases.join(' ')} ELSE 0::UINTEGER END`)
  }
  return masks.length === 0 ? '0::UINTEGER' : `(${masks.join(' | ')})`
}

function selectColumn(name: string, statement: Statement): string {
  const reference = propertyReference(name)
  if (!reference) return 'NULL::VARCHAR'
  if (reference.path !== undefined) return statement.scalar(reference.path)
  const column = columnName(reference.column)
  if (reference.type === 'text') return column
  return reference.type === 'time' ? `epoch_ms(${column})::DOUBLE` : `${column}::DOUBLE`
}

/** Whole events in the order asked for; {@link eventsOf} reads its chunks. */
export function eventsStatement(source: DuckDbSource, request: EventsRequest): BoundStatement {
  const statement = duckdbStatement()
  const { dialect, values } = statement
  const { order, after, limit = Number.POSITIVE_INFINITY } = request
  const all = conditions(source, request, statement)
  if (after) {
    const beyond = order === 'desc' ? '<' : '>'
    const time = dialect.instant(after.time)
    all.push(
      `(event_timestamp ${beyond} ${time} OR (event_timestamp = ${time} AND event_id ${beyond} ${dialect.bind(after.eventId, 'column')}))`,
    )
  }
  const direction = order === 'desc' ? 'DESC' : 'ASC'
  const sql =
    `SELECT ${EVENT_SELECT} FROM ${source.from} WHERE ${all.join(' AND ')} ` +
    `ORDER BY event_timestamp ${direction}, event_id ${direction}${Number.isFinite(limit) ? ` LIMIT ${Math.trunc(limit)}` : ''}`
  return { sql, values }
}

const COLUMNS = Object.entries(EVENT_COLUMNS) as [EventColumn, (typeof EVENT_COLUMNS)[EventColumn]][]

/** The select list of whole events, in the order that {@link eventsOf} reads: instants as UTC milliseconds. */
export const EVENT_SELECT: string = COLUMNS.map(([column, type]) => {
  const name = columnName(column)
  return type === 'time' ? `epoch_ms(${name})::DOUBLE` : type === 'number' ? `${name}::DOUBLE` : name
}).join(', ')

/** A column of a chunk, as far as it is read. */
export interface DuckDbVector {
  /** The value of a row; null where there is none. */
  getItem(row: number): unknown
}

/** A chunk of a result, as far as it is read. */
export interface DuckDbChunk {
  readonly rowCount: number
  /** A column by its number, from 0. */
  getColumnVector(column: number): DuckDbVector
}

/** Whole events of a chunk. */
export function eventsOf(chunk: DuckDbChunk): StoredEvent[] {
  const events = Array.from({ length: chunk.rowCount }, (): Record<string, unknown> => ({}))
  for (const [index, [column, type]] of COLUMNS.entries()) {
    const vector = chunk.getColumnVector(index)
    for (const [row, event] of events.entries()) {
      const value = vector.getItem(row)
      event[column] = type === 'json' && typeof value === 'string' ? JSON.parse(value) : value
    }
  }
  return events as unknown as StoredEvent[]
}

/** A chunk of a narrow read. */
export function scanBatch(chunk: DuckDbChunk, names: readonly string[]): EventBatch {
  const columns = names.map((name, index) => {
    const vector = chunk.getColumnVector(3 + index)
    const decode = name.startsWith('properties.') ? parsed : plain
    return [name, { at: (row: number): Scalar => decode(vector.getItem(row)) }] as const
  })
  return {
    length: chunk.rowCount,
    time: numbersOf<Float64Array>(chunk.getColumnVector(0)),
    person: numbersOf<Int32Array>(chunk.getColumnVector(1)),
    matches: numbersOf<Uint32Array>(chunk.getColumnVector(2)),
    columns: Object.fromEntries(columns),
  }
}

/** Rows of one batch: so many are consumed in about a millisecond. */
const BATCH_ROWS = 16_384

/** The batches of the row that a {@link listedScanStatement} gives. */
export function* listedBatches(chunk: DuckDbChunk, { hasCounts }: { hasCounts: boolean }): Generator<EventBatch> {
  const { time, person, matches, counts } = byTime({
    time: numbersOf<Float64Array>(listOf(chunk, 0)),
    person: numbersOf<Int32Array>(listOf(chunk, 1)),
    matches: numbersOf<Uint32Array>(listOf(chunk, 2)),
    ...(hasCounts ? { counts: numbersOf<Uint32Array>(listOf(chunk, 3)) } : {}),
  })
  for (let from = 0; from < time.length; from += BATCH_ROWS) {
    const to = Math.min(from + BATCH_ROWS, time.length)
    yield {
      length: to - from,
      time: time.subarray(from, to),
      person: person.subarray(from, to),
      matches: matches.subarray(from, to),
      ...(counts ? { counts: counts.subarray(from, to) } : {}),
      columns: {},
    }
  }
}

/** The items of the list in the first row of a column. */
function listOf(chunk: DuckDbChunk, column: number): unknown {
  return (chunk.getColumnVector(column) as unknown as { childVector: unknown }).childVector
}

const plain = (value: unknown): Scalar => (value ?? null) as Scalar
const parsed = (value: unknown): Scalar => (typeof value === 'string' ? (JSON.parse(value) as Scalar) : null)

/** The numbers of a vector as the typed array that they arrive in; rows that are NULL hold anything. */
export function numbersOf<Numbers extends Float64Array | Int32Array | Uint32Array | BigUint64Array>(
  vector: unknown,
): Numbers {
  // The driver's declarations hide `items`; getItem would make a JavaScript value of each.
  return (vector as { items: Numbers }).items
}
