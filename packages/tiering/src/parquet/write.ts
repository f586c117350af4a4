import { randomUUID } from 'node:crypto'
import { rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { AnalyticsError, columnName, EVENT_COLUMNS, type EventColumn, type NumberedEvent } from '@analytics/protocol'
import type { DuckDBAppender, DuckDBConnection } from '@duckdb/node-api'
import { throwIfAborted } from '../abort.js'
import type { SegmentStats } from '../segment-format.js'
import { COLUMNS, propertiesText } from '../segments/row-text.js'
import { type DuckDb, type Engine, literal } from './engine.js'

/** The layout that `writeParquet` writes. A change of columns or types is another id, and readers keep knowing the old. */
export const SCHEMA_ID = 'events-1'

/** A data chunk of DuckDB holds no more. */
const CHUNK_ROWS = 2048
/** Rows between flushes of the appender, which holds up to 200,000 of them otherwise. */
const FLUSH_ROWS = CHUNK_ROWS * 16
/** Small enough that few bytes are read for one person, large enough that scans stay fast. */
const ROW_GROUP_ROWS = 8192

const WHO = 'coalesce(user_id, anonymous_id)'
const ORDER = `${WHO}, event_timestamp, event_id`

/** How `writeParquet` writes, resolved. */
export interface WriteOptions {
  /** Rows that are sorted at once; more are split by a hash of the person. */
  bucketRows: number
  signal: AbortSignal | undefined
}

type Rows = AsyncIterable<readonly NumberedEvent[]>

/**
 * Writes rows to a Parquet file, sorted. They are collected in a database file, not in memory, and sorted in parts that fit
 * into the engine's memory limit: sorting a large day at once fails or takes many times the limit.
 */
export async function writeParquet(
  engine: Engine,
  rows: Rows,
  path: string,
  options: WriteOptions,
): Promise<SegmentStats> {
  const id = randomUUID().replaceAll('-', '')
  const work = {
    name: `work_${id}`,
    file: join(engine.folder, `${id}.duckdb`),
    parts: join(engine.folder, `${id}-parts`),
  }
  const connection = await engine.connect()
  try {
    await connection.run(`ATTACH ${literal(work.file)} AS ${work.name}`)
    await connection.run(`CREATE TABLE ${work.name}.rows (${rowColumns()})`)
    const collected = await collect(engine.duckdb, connection, work.name, rows, options.signal)
    if (collected.rows === 0) throw new AnalyticsError('internal', 'A segment without rows is not written.')
    const buckets = Math.ceil(collected.rows / options.bucketRows)
    const from =
      buckets === 1 ? `${work.name}.rows ORDER BY ${ORDER}` : await sortBuckets(connection, work, buckets, options)
    throwIfAborted(options.signal)
    await connection.run(`COPY (SELECT ${fileColumns()} FROM ${from}) TO ${literal(path)} ${copyOptions()}`)
    const { size } = await stat(path)
    return {
      ...collected,
      size,
      schemaId: SCHEMA_ID,
      sortOrder: buckets === 1 ? ORDER : `bucket (${buckets}), ${ORDER}`,
    }
  } catch (error) {
    await rm(path, { force: true })
    throwIfAborted(options.signal)
    throw error
  } finally {
    await connection.run(`DETACH ${work.name}`).catch(() => {})
    connection.closeSync()
    await Promise.all(
      [work.file, `${work.file}.wal`, work.parts].map((left) => rm(left, { recursive: true, force: true })),
    )
  }
}

function copyOptions(): string {
  return `(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${ROW_GROUP_ROWS}, KV_METADATA {analytics_schema: ${literal(SCHEMA_ID)}})`
}

/** Splits the rows by person into files, then appends bucket after bucket, each sorted, to one table. */
async function sortBuckets(
  connection: DuckDBConnection,
  work: { name: string; parts: string },
  buckets: number,
  { signal }: WriteOptions,
): Promise<string> {
  await connection.run(
    `COPY (SELECT *, hash(${WHO}) % ${buckets} AS bucket FROM ${work.name}.rows) TO ${literal(work.parts)} ` +
      '(FORMAT parquet, COMPRESSION snappy, PARTITION_BY (bucket))',
  )
  await connection.run(`CREATE TABLE ${work.name}.sorted (${rowColumns()})`)
  for (let bucket = 0; bucket < buckets; bucket++) {
    throwIfAborted(signal)
    const part = literal(join(work.parts, `bucket=${bucket}`, '*.parquet'))
    const present = await connection.runAndReadAll(`SELECT count(*)::INTEGER FROM glob(${part})`)
    if (present.value(0, 0) === 0) continue
    await connection.run(
      `INSERT INTO ${work.name}.sorted SELECT * FROM read_parquet(${part}, hive_partitioning = false) ORDER BY ${ORDER}`,
    )
  }
  // Rows of one table are copied in the order in which they were inserted.
  return `${work.name}.sorted`
}

/** Appends the rows as they come, a chunk at a time. */
async function collect(
  duckdb: DuckDb,
  connection: DuckDBConnection,
  database: string,
  rows: Rows,
  signal: AbortSignal | undefined,
): Promise<{ rows: number; minTime: number; maxTime: number }> {
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
  const { DOUBLE, INTEGER, VARCHAR, DuckDBDataChunk } = duckdb
  const types = { text: VARCHAR, json: VARCHAR, number: DOUBLE, time: DOUBLE }
  const chunk = DuckDBDataChunk.create([...COLUMNS.map((column) => types[EVENT_COLUMNS[column]]), INTEGER], rows.length)
  for (const [index, column] of COLUMNS.entries()) chunk.setColumnValues(index, valuesOf(rows, column))
  chunk.setColumnValues(
    COLUMNS.length,
    rows.map(({ person }) => person),
  )
  appender.appendDataChunk(chunk)
}

function valuesOf(rows: readonly NumberedEvent[], column: EventColumn): (string | number | null)[] {
  return column === 'properties'
    ? rows.map(({ properties }) => propertiesText(properties))
    : rows.map((row) => plainZero(row[column] as string | number | null))
}

/** Parquet's dictionaries take 0 and -0 for the same value, so that either may come back as the other. */
function plainZero(value: string | number | null): string | number | null {
  return value === 0 ? 0 : value
}

/** While they are collected, instants are plain milliseconds. */
function rowColumns(): string {
  const types = { text: 'VARCHAR', json: 'VARCHAR', number: 'DOUBLE', time: 'DOUBLE' }
  return [...COLUMNS.map((column) => `${columnName(column)} ${types[EVENT_COLUMNS[column]]}`), 'person INTEGER'].join(
    ', ',
  )
}

function fileColumns(): string {
  return [...COLUMNS.map(fileColumn), 'person'].join(', ')
}

function fileColumn(column: EventColumn): string {
  const name = columnName(column)
  if (EVENT_COLUMNS[column] === 'time') return `epoch_ms(${name}::BIGINT) AS ${name}`
  return column === 'schemaVersion' ? `${name}::INTEGER AS ${name}` : name
}
