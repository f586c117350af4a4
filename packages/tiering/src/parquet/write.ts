import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { AnalyticsError, columnName, EVENT_COLUMNS, type Filter, type NumberedEvent } from '@analytics/protocol'
import { boundTypes, type DuckDbRows, type DuckDbSource } from '@analytics/protocol/duckdb'
import type { DuckDBAppender, DuckDBConnection } from '@duckdb/node-api'
import { throwIfAborted } from '../abort.js'
import type { SegmentStats } from '../segment-format.js'
import type { RowSummary } from '../segments/row-hash.js'
import { COLUMNS, propertiesText } from '../segments/row-text.js'
import { ORDER } from './columns.js'
import { type DuckDb, type Engine, interruptedBy, literal } from './engine.js'
import { sizesOf } from './footer.js'
import { type Connections, SCHEMA_ID, writeSortedFile } from './sorted-file.js'
import { filterCondition, summarizeRows } from './summarize.js'

/** A data chunk of DuckDB holds no more. */
const CHUNK_ROWS = 2048
/** Rows between flushes of the appender, which holds up to 200,000 of them otherwise. */
const FLUSH_ROWS = CHUNK_ROWS * 16

/** How `writeParquet` writes, resolved. */
export interface WriteOptions {
  /** Rows that are sorted at once; more are split by a hash of the person. */
  bucketRows: number
  signal: AbortSignal | undefined
}

type Rows = AsyncIterable<readonly NumberedEvent[]>

/** Writes rows to a Parquet file, sorted. They are collected in a database file, not in memory. */
export async function writeParquet(
  engine: Engine,
  rows: Rows,
  path: string,
  options: WriteOptions,
): Promise<SegmentStats> {
  return withWorkTable(engine, path, options, (connection, name) =>
    collect(engine.duckdb, connection, name, rows, options.signal),
  )
}

/** Writes the rows of several Parquet files to a new one, sorted; only those that the filter lets through, where there is one. */
export async function mergeParquet(
  engine: Engine,
  files: readonly string[],
  path: string,
  { where, ...options }: WriteOptions & { where: Filter | undefined },
): Promise<SegmentStats> {
  return withWorkTable(engine, path, options, async (connection, name) => {
    const columns = [...COLUMNS.map(columnName), 'person'].join(', ')
    const { condition, values } = filterCondition(where)
    await connection.run(
      `INSERT INTO ${name}.rows SELECT ${columns} FROM read_parquet([${files.map(literal).join(', ')}]) WHERE ${condition}`,
      values,
      boundTypes(values, engine.duckdb),
    )
    const { rows, minTime, maxTime } = await summarizeRows(connection, { from: `${name}.rows` })
    return { rows, minTime, maxTime }
  })
}

type Filled = Pick<SegmentStats, 'rows' | 'minTime' | 'maxTime'>

/** Lends a table in a file of its own to be filled, and writes what it then has. */
async function withWorkTable(
  engine: Engine,
  path: string,
  options: WriteOptions,
  fill: (connection: DuckDBConnection, database: string) => Promise<Filled>,
): Promise<SegmentStats> {
  const id = randomUUID().replaceAll('-', '')
  const [name, file] = [`work_${id}`, join(engine.folder, `${id}.duckdb`)]
  const connections: [DuckDBConnection, DuckDBConnection] = [await engine.connect(), await engine.connect()]
  const [connection] = connections
  try {
    return await interruptedBy(options.signal, connections, async () => {
      await connection.run(`ATTACH ${literal(file)} AS ${name}`)
      await connection.run(`CREATE TABLE ${name}.rows (${workColumns()})`)
      const filled = await fill(connection, name)
      const source = { from: `${name}.rows` }
      return { ...filled, ...(await writeFile(engine, connections, source, path, filled.rows, options)) }
    })
  } finally {
    await connection.run(`DETACH ${name}`).catch(() => {})
    for (const opened of connections) opened.closeSync()
    await Promise.all([file, `${file}.wal`].map((left) => rm(left, { force: true })))
  }
}

/**
 * Writes rows that lie in another DuckDB to a Parquet file, sorted, and sums them up. Rows that are erased meanwhile may be in
 * the sum and not in the file, which the verification then finds.
 */
export async function writeLentRows(
  engine: Engine,
  rows: DuckDbRows,
  path: string,
  options: WriteOptions,
): Promise<SegmentStats & RowSummary> {
  const connections: Connections = [await rows.connect(), await rows.connect()]
  const [connection] = connections
  try {
    return await interruptedBy(options.signal, connections, async () => {
      const summary = await summarizeRows(connection, rows)
      return { ...summary, ...(await writeFile(engine, connections, rows, path, summary.rows, options)) }
    })
  } finally {
    for (const opened of connections) opened.closeSync()
  }
}

async function writeFile(
  { folder }: Engine,
  connections: Connections,
  source: DuckDbSource,
  path: string,
  rows: number,
  { bucketRows, signal }: WriteOptions,
): Promise<Pick<SegmentStats, 'size' | 'schemaId' | 'sortOrder' | 'footerSize'>> {
  if (rows === 0) throw new AnalyticsError('internal', 'A segment without rows is not written.')
  try {
    await writeSortedFile(connections, source, path, { folder, rows, bucketRows, signal })
    return { ...(await sizesOf(path)), schemaId: SCHEMA_ID, sortOrder: ORDER }
  } catch (error) {
    await rm(path, { force: true })
    throw error
  }
}

/** Appends the rows as they come, a chunk at a time. */
async function collect(
  duckdb: DuckDb,
  connection: DuckDBConnection,
  database: string,
  rows: Rows,
  signal: AbortSignal | undefined,
): Promise<Filled> {
  const collected = { rows: 0, minTime: Number.POSITIVE_INFINITY, maxTime: Number.NEGATIVE_INFINITY }
  await connection.run('BEGIN')
  const appender = await connection.createAppender('rows', 'main', database)
  for await (const batch of rows) {
    throwIfAborted(signal)
    for (let start = 0; start < batch.length; start += CHUNK_ROWS) {
      const part = batch.slice(start, start + CHUNK_ROWS)
      appendChunk(duckdb, appender, part)
      const before = collected.rows
      collected.rows += part.length
      if (Math.floor(before / FLUSH_ROWS) !== Math.floor(collected.rows / FLUSH_ROWS)) appender.flushSync()
    }
    for (const { eventTimestamp } of batch) {
      collected.minTime = Math.min(collected.minTime, eventTimestamp)
      collected.maxTime = Math.max(collected.maxTime, eventTimestamp)
    }
  }
  appender.closeSync()
  await connection.run('COMMIT')
  return collected
}

function appendChunk(duckdb: DuckDb, appender: DuckDBAppender, rows: readonly NumberedEvent[]): void {
  const { DOUBLE, INTEGER, TIMESTAMP_MS, VARCHAR, DuckDBDataChunk, DuckDBTimestampMillisecondsValue } = duckdb
  const types = { text: VARCHAR, json: VARCHAR, number: DOUBLE, time: TIMESTAMP_MS }
  const chunk = DuckDBDataChunk.create([...COLUMNS.map((column) => types[EVENT_COLUMNS[column]]), INTEGER], rows.length)
  for (const [index, column] of COLUMNS.entries()) {
    const values = rows.map((row) => {
      if (column === 'properties') return propertiesText(row.properties)
      const value = row[column] as string | number | null
      return EVENT_COLUMNS[column] === 'time' ? new DuckDBTimestampMillisecondsValue(BigInt(value as number)) : value
    })
    chunk.setColumnValues(index, values)
  }
  chunk.setColumnValues(
    COLUMNS.length,
    rows.map(({ person }) => person),
  )
  appender.appendDataChunk(chunk)
}

/** The columns of a hot table, as far as a segment has them. */
function workColumns(): string {
  const types = { text: 'VARCHAR', json: 'VARCHAR', number: 'DOUBLE', time: 'TIMESTAMP' }
  const typeOf = (column: (typeof COLUMNS)[number]): string =>
    column === 'schemaVersion' ? 'INTEGER' : types[EVENT_COLUMNS[column]]
  return [...COLUMNS.map((column) => `${columnName(column)} ${typeOf(column)}`), 'person INTEGER'].join(', ')
}
