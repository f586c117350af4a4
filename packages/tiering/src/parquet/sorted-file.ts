import { randomUUID } from 'node:crypto'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { DuckDbConnection, DuckDbSource } from '@analytics/protocol/duckdb'
import { throwIfAborted } from '../abort.js'
import { FILE_COLUMNS, ORDER, WHO } from './columns.js'
import { literal } from './engine.js'
import { cutPoints } from './slices.js'

/** The layout that is written. A change of columns or types is another id, and readers keep knowing the old. */
export const SCHEMA_ID = 'events-1'

/** Small enough that few bytes are read for one person, large enough that scans stay fast. */
const ROW_GROUP_ROWS = 8192

/** A slice is as large as so many buckets: larger ones take more memory, smaller ones leave a great many files. */
const SLICE_BUCKETS = 2

/** Neighbouring rows of a table that are counted together. */
const BLOCK_ROWS = 8192

/** How a file is written, resolved. */
export interface SortOptions {
  /** For temporary files. */
  folder: string
  /** Rows of the source. */
  rows: number
  /** Rows that are sorted at once; more are split by a hash of the person. */
  bucketRows: number
  signal: AbortSignal | undefined
}

/**
 * Copies rows of a table to a Parquet file, sorted; resolves to the order. Sorting a large day at once fails or takes many
 * times the memory limit, and so does splitting it at once: it is split a slice of the table at a time, then sorted a bucket
 * at a time.
 */
export async function writeSortedFile(
  connection: DuckDbConnection,
  source: DuckDbSource,
  path: string,
  options: SortOptions,
): Promise<string> {
  const buckets = Math.ceil(options.rows / options.bucketRows)
  if (buckets <= 1) {
    await connection.run(`COPY (${selectFrom(source)} ORDER BY ${ORDER}) TO ${literal(path)} ${FINISHED}`)
    return ORDER
  }
  const parts = join(options.folder, randomUUID())
  try {
    await split(connection, source, parts, buckets, options)
    const sorted = await sortBuckets(connection, parts, options.signal)
    // The rows of several files are copied in the order of the files.
    await connection.run(
      `COPY (FROM read_parquet([${sorted.map(literal).join(', ')}])) TO ${literal(path)} ${FINISHED}`,
    )
    return `bucket (${buckets}), ${ORDER}`
  } finally {
    await rm(parts, { recursive: true, force: true })
  }
}

const FINISHED = `(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${ROW_GROUP_ROWS}, KV_METADATA {analytics_schema: ${literal(SCHEMA_ID)}})`
const INTERMEDIATE = `FORMAT parquet, COMPRESSION snappy`

function selectFrom({ from, where = 'true' }: DuckDbSource, beside = ''): string {
  return `SELECT ${FILE_COLUMNS}${beside} FROM ${from} WHERE ${where}`
}

/** Writes the rows into a folder a bucket, slice by slice. */
async function split(
  connection: DuckDbConnection,
  source: DuckDbSource,
  parts: string,
  buckets: number,
  { bucketRows, signal }: SortOptions,
): Promise<void> {
  const cuts = await cutTable(connection, source, SLICE_BUCKETS * bucketRows)
  for (const [index, from] of [0, ...cuts].entries()) {
    throwIfAborted(signal)
    const to = cuts[index]
    const slice = `rowid >= ${from}${to === undefined ? '' : ` AND rowid < ${to}`}`
    const rows = selectFrom(
      { ...source, where: `${source.where ?? 'true'} AND ${slice}` },
      `, hash(${WHO}) % ${buckets} AS bucket`,
    )
    await connection.run(
      `COPY (${rows}) TO ${literal(parts)} (${INTERMEDIATE}, PARTITION_BY (bucket), OVERWRITE_OR_IGNORE, FILENAME_PATTERN 'slice${index}_{i}')`,
    )
  }
}

/** Row ids that cut the table into slices of about so many rows of the source. */
async function cutTable(
  connection: DuckDbConnection,
  { from, where = 'true' }: DuckDbSource,
  rows: number,
): Promise<number[]> {
  const blocks = await connection.runAndReadAll(
    `SELECT (rowid // ${BLOCK_ROWS})::DOUBLE AS block, count(*)::DOUBLE FROM ${from} WHERE ${where} GROUP BY block ORDER BY block`,
  )
  const counted = (blocks.getRows() as [number, number][]).map(([key, count]) => ({ key, rows: count }))
  return cutPoints(counted, rows).map((block) => block * BLOCK_ROWS)
}

/** Sorts each bucket into a file of its own; resolves to the files. */
async function sortBuckets(
  connection: DuckDbConnection,
  parts: string,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const sorted: string[] = []
  // Buckets lie in the file in the same order each time.
  for (const folder of (await readdir(parts)).sort()) {
    throwIfAborted(signal)
    const [bucket, file] = [join(parts, folder), join(parts, `${folder}.parquet`)]
    const rows = `FROM read_parquet(${literal(join(bucket, '*.parquet'))}, hive_partitioning = false)`
    await connection.run(
      `COPY (${rows} ORDER BY ${ORDER}) TO ${literal(file)} (${INTERMEDIATE}, ROW_GROUP_SIZE ${ROW_GROUP_ROWS})`,
    )
    await rm(bucket, { recursive: true })
    sorted.push(file)
  }
  return sorted
}
