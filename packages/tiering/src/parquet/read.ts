import { setImmediate } from 'node:timers/promises'
import type { EventBatch, EventsRequest, Filter, NumberedEvent, ScanRequest, StoredEvent } from '@analytics/protocol'
import {
  boundTypes,
  type DuckDbSource,
  duckdbStatement,
  EVENT_SELECT,
  eventsOf,
  eventsStatement,
  mostScanRows,
  numbersOf,
  scanBatches,
  scanStatement,
} from '@analytics/protocol/duckdb'
import { peopleOfFilter } from '@analytics/protocol/filter'
import { throwIfAborted } from '../abort.js'
import type { SegmentFilterOptions, SegmentSource } from '../segment-format.js'
import type { RowSummary } from '../segments/row-hash.js'
import { COLUMNS } from '../segments/row-text.js'
import { hashBits, PERSON_ID } from './columns.js'
import { type Engine, interruptedBy, resultOf, streamChunks } from './engine.js'
import { type LocatedRows, locateRows, rowsOf } from './footer.js'
import { type CountedKey, cutPoints } from './slices.js'
import { filterCondition, summaryOf, summaryStatement } from './summarize.js'

/** Rows that are sorted at once when whole events are read in order: wide rows are what runs out of memory. */
const SLICE_ROWS = 50_000
const MINUTE_MS = 60_000
/** Of a file, for each row at least. */
const ROW_BYTES = 48

type Span = Pick<EventsRequest, 'from' | 'to'>

/** What a filter leaves of a file, all of it local; undefined where there is nothing to read. */
export function locateParquet(
  engine: Engine,
  source: SegmentSource,
  where: Filter | undefined,
): Promise<LocatedRows | undefined> {
  return locateRows(engine, source, where && peopleOfFilter(where))
}

/** The narrow read: numbers arrive as typed arrays, text only for the columns that were asked for. */
export async function* scanParquet(
  engine: Engine,
  source: SegmentSource,
  request: ScanRequest,
): AsyncGenerator<EventBatch> {
  const rows = await locateParquet(engine, source, request.where)
  if (!rows) return
  const { signal } = request
  const most = mostScanRows(request)
  const isShort = (rows.rows ?? source.size / ROW_BYTES) <= most
  for (const { from, to } of isShort ? [request] : await timeSlices(engine, rows, request, most)) {
    const statement = scanStatement(rows, { ...request, from, to })
    for (const batch of scanBatches(await resultOf(engine, statement, signal), statement)) {
      if (batch) yield batch
      // Nothing is waited for any more: others in the process have their turn.
      await setImmediate()
      throwIfAborted(signal)
    }
  }
}

/** Whole events in order. A long read is cut into slices of time, each sorted by itself. */
export async function* readParquetEvents(
  engine: Engine,
  source: SegmentSource,
  request: EventsRequest,
): AsyncGenerator<readonly StoredEvent[]> {
  const rows = await locateParquet(engine, source, request.where)
  if (!rows) return
  const isShort =
    Math.min(request.limit ?? Number.POSITIVE_INFINITY, rows.rows ?? Number.POSITIVE_INFINITY) <= SLICE_ROWS
  const slices = isShort ? [request] : await eventSlices(engine, rows, request)
  let left = request.limit ?? Number.POSITIVE_INFINITY
  for (const { from, to } of slices) {
    if (left <= 0) return
    const statement = eventsStatement(rows, { ...request, from, to, limit: left })
    for await (const chunk of streamChunks(engine, statement, request.signal)) {
      left -= chunk.rowCount
      yield eventsOf(chunk)
    }
  }
}

/** Slices of the range, in the order asked for. */
async function eventSlices(engine: Engine, rows: LocatedRows, request: EventsRequest): Promise<Span[]> {
  const slices = await timeSlices(engine, rows, request, SLICE_ROWS)
  return request.order === 'desc' ? slices.reverse() : slices
}

/** Slices of a range, in order, of no more rows each unless one minute has. */
async function timeSlices(
  engine: Engine,
  { from, where = 'true' }: DuckDbSource,
  request: Span & Pick<EventsRequest, 'signal'>,
  most: number,
): Promise<Span[]> {
  const { dialect, values } = duckdbStatement()
  const sql =
    `SELECT floor(epoch_ms(event_timestamp) / ${MINUTE_MS}.0)::DOUBLE AS minute, count(*)::DOUBLE AS events ` +
    `FROM ${from} WHERE ${where} AND event_timestamp >= ${dialect.instant(request.from)} ` +
    `AND event_timestamp < ${dialect.instant(request.to)} GROUP BY minute ORDER BY minute`
  const counted: CountedKey[] = []
  for await (const chunk of streamChunks(engine, { sql, values }, request.signal)) {
    const [minutes, events] = [
      numbersOf<Float64Array>(chunk.getColumnVector(0)),
      numbersOf<Float64Array>(chunk.getColumnVector(1)),
    ]
    for (let i = 0; i < chunk.rowCount; i++) counted.push({ key: minutes[i]!, rows: events[i]! })
  }
  const cuts = cutPoints(counted, most).map((minute) => minute * MINUTE_MS)
  const bounds = [request.from, ...cuts, request.to]
  return bounds.slice(1).map((to, index) => ({ from: bounds[index]!, to }))
}

/** Every row, in the order of the file. */
export async function* readParquetRows(
  engine: Engine,
  path: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly NumberedEvent[]> {
  const sql = `SELECT ${EVENT_SELECT}, person FROM ${rowsOf(path)}`
  for await (const chunk of streamChunks(engine, { sql, values: [] }, signal)) {
    const person = numbersOf<Int32Array>(chunk.getColumnVector(COLUMNS.length))
    yield eventsOf(chunk).map((event, row) => ({ ...event, person: person[row]! }))
  }
}

/** What stands for the id of each event, ascending. */
export function readParquetIdHashes(
  engine: Engine,
  path: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<BigUint64Array> {
  return readHashes(engine, `SELECT ${hashBits('sha1(event_id)', 1)} AS id FROM ${rowsOf(path)} ORDER BY id`, signal)
}

/** What stands for whose events there are, each once. */
export function readParquetPersonHashes(
  engine: Engine,
  path: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<BigUint64Array> {
  const people = `SELECT DISTINCT ${PERSON_ID} FROM ${rowsOf(path)} WHERE ${PERSON_ID} IS NOT NULL`
  return readHashes(engine, `SELECT ${hashBits(`sha1(${PERSON_ID})`, 1)} FROM (${people})`, signal)
}

/** Numbers as `idHash` gives them. */
async function* readHashes(
  engine: Engine,
  sql: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<BigUint64Array> {
  for await (const chunk of streamChunks(engine, { sql, values: [] }, signal)) {
    yield numbersOf<BigUint64Array>(chunk.getColumnVector(0)).subarray(0, chunk.rowCount)
  }
}

/** Reads every row, and sums up those that the filter lets through, where there is one. */
export async function summarizeParquet(
  engine: Engine,
  path: string,
  { signal, where }: SegmentFilterOptions,
): Promise<RowSummary> {
  const connection = await engine.connect()
  const { condition, values } = filterCondition(where)
  const sql = summaryStatement({ from: rowsOf(path), where: condition })
  try {
    return await interruptedBy(signal, [connection], async () =>
      summaryOf(await connection.runAndReadAll(sql, values, boundTypes(values, engine.duckdb))),
    )
  } finally {
    connection.closeSync()
  }
}
