import { randomUUID } from 'node:crypto'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { DuckDbConnection, DuckDbSource } from '@analytics/protocol/duckdb'
import { throwIfAborted } from '../abort.js'
import { FILE_COLUMNS, ORDER, WHO } from './columns.js'
import { literal } from './engine.js'
import { shareOut } from './share-out.js'
import { cutPoints } from './slices.js'

/** The layout that is written. A change of columns or types is another id, and readers keep knowing the old. */
export const SCHEMA_ID = 'events-1'

/**
 * Small enough that few bytes are read for one person, large enough that scans stay fast. Of a small day the part that describes
 * the groups is small, too, so that there may be more of them.
 */
const ROW_GROUP_ROWS = 8192
const SMALL_GROUP_ROWS = 4096
const SMALL_DAY_ROWS = 250_000

/** Rows whose people are looked at to cut off a bucket: enough that no bucket is much larger than another. */
const SAMPLED_ROWS = 200

/** A slice is as large as so many buckets: larger ones take more memory, smaller ones leave a great many files. */
const SLICE_BUCKETS = 2

/** Neighbouring rows of a table that are counted together. */
const BLOCK_ROWS = 8192

/** Connections of one DuckDB that share the work; the first does alone what can't be shared. */
export type Connections = readonly [DuckDbConnection, ...DuckDbConnection[]]

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
 * Copies rows of a table to a Parquet file, sorted by person, time and id. Sorting a large day at once fails or takes many times
 * the memory limit, and so does splitting it at once: it is split by person a slice of the table at a time, then sorted a
 * bucket at a time, as many at once as there are connections: a statement alone leaves cores idle.
 */
export async function writeSortedFile(
  connections: Connections,
  source: DuckDbSource,
  path: string,
  options: SortOptions,
): Promise<void> {
  const [connection] = connections
  const finished = finishedOptions(options.rows)
  if (options.rows <= options.bucketRows) {
    await connection.run(`COPY (${selectFrom(source)} ORDER BY ${ORDER}) TO ${literal(path)} ${finished}`)
    return
  }
  const parts = join(options.folder, randomUUID())
  try {
    const cuts = await cutPeople(connection, source, options)
    await split(connections, source, parts, cuts, options)
    const sorted = await sortBuckets(connections, parts, cuts.length + 1, options.signal)
    // The rows of several files are copied in the order of the files.
    await connection.run(
      `COPY (FROM read_parquet([${sorted.map(literal).join(', ')}])) TO ${literal(path)} ${finished}`,
    )
  } finally {
    await rm(parts, { recursive: true, force: true })
  }
}

/** Without Bloom filters: a reader that has only parts of the file would take a hole for one. */
const WITHOUT_FILTERS = 'WRITE_BLOOM_FILTER false'
const INTERMEDIATE = `FORMAT parquet, COMPRESSION snappy, ${WITHOUT_FILTERS}`

function finishedOptions(rows: number): string {
  const groupRows = rows <= SMALL_DAY_ROWS ? SMALL_GROUP_ROWS : ROW_GROUP_ROWS
  return `(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${groupRows}, ${WITHOUT_FILTERS}, KV_METADATA {analytics_schema: ${literal(SCHEMA_ID)}})`
}

function selectFrom({ from, where = 'true' }: DuckDbSource, beside = ''): string {
  return `SELECT ${FILE_COLUMNS}${beside} FROM ${from} WHERE ${where}`
}

/** People in order that cut the rows into buckets of about as many as are sorted at once. */
async function cutPeople(
  connection: DuckDbConnection,
  { from, where = 'true' }: DuckDbSource,
  { rows, bucketRows }: SortOptions,
): Promise<string[]> {
  const step = Math.max(1, Math.floor(bucketRows / SAMPLED_ROWS))
  const sampled = await connection.runAndReadAll(
    `SELECT hex(encode(${WHO})) AS who FROM ${from} WHERE ${where} AND rowid % ${step} = 0 ORDER BY ${WHO} NULLS LAST`,
  )
  const people = sampled.getRows().flatMap(([who]) => (typeof who === 'string' ? [who] : []))
  const buckets = Math.ceil(rows / bucketRows)
  const cuts = Array.from({ length: buckets - 1 }, (_, i) => people[Math.floor(((i + 1) * people.length) / buckets)])
  return [...new Set(cuts.filter((cut) => cut !== undefined))]
}

/** The number of a row's bucket; cuts are hex, of which nothing but digits gets into the statement. */
function bucketOf(cuts: readonly string[], first = 0): string {
  if (cuts.length === 0) return String(first)
  const middle = cuts.length >> 1
  const [below, above] = [bucketOf(cuts.slice(0, middle), first), bucketOf(cuts.slice(middle + 1), first + middle + 1)]
  return `CASE WHEN ${WHO} < decode(unhex('${cuts[middle]}')) THEN ${below} ELSE ${above} END`
}

/** Writes the rows into a folder a bucket, slice by slice. */
async function split(
  connections: Connections,
  source: DuckDbSource,
  parts: string,
  people: readonly string[],
  { bucketRows, signal }: SortOptions,
): Promise<void> {
  const cuts = await cutTable(connections[0], source, SLICE_BUCKETS * bucketRows)
  await shareOut([0, ...cuts].entries(), connections, async ([index, from], connection) => {
    throwIfAborted(signal)
    const to = cuts[index]
    const slice = `rowid >= ${from}${to === undefined ? '' : ` AND rowid < ${to}`}`
    const rows = selectFrom(
      { ...source, where: `${source.where ?? 'true'} AND ${slice}` },
      `, ${bucketOf(people)} AS bucket`,
    )
    await connection.run(
      `COPY (${rows}) TO ${literal(parts)} (${INTERMEDIATE}, PARTITION_BY (bucket), OVERWRITE_OR_IGNORE, FILENAME_PATTERN 'slice${index}_{i}')`,
    )
  })
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

/** Sorts each bucket into a file of its own; resolves to the files in the order of people. */
async function sortBuckets(
  connections: Connections,
  parts: string,
  buckets: number,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const filled = new Set(await readdir(parts))
  const folders = Array.from({ length: buckets }, (_, number) => `bucket=${number}`).filter((name) => filled.has(name))
  const sortedFile = (folder: string): string => join(parts, `${folder}.parquet`)
  await shareOut(folders, connections, async (folder, connection) => {
    throwIfAborted(signal)
    const bucket = join(parts, folder)
    const rows = `FROM read_parquet(${literal(join(bucket, '*.parquet'))}, hive_partitioning = false)`
    await connection.run(
      `COPY (${rows} ORDER BY ${ORDER}) TO ${literal(sortedFile(folder))} (${INTERMEDIATE}, ROW_GROUP_SIZE ${ROW_GROUP_ROWS})`,
    )
    await rm(bucket, { recursive: true })
  })
  return folders.map(sortedFile)
}
