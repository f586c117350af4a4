import { AnalyticsError } from '@analytics/protocol'
import { type Engine, openEngine } from '../parquet/engine.js'
import {
  locateParquet,
  readParquetEvents,
  readParquetIdHashes,
  readParquetPersonHashes,
  readParquetRows,
  scanParquet,
  summarizeParquet,
} from '../parquet/read.js'
import { mergeParquet, writeLentRows, writeParquet } from '../parquet/write.js'
import type { SegmentFormat } from '../segment-format.js'

/** Options of {@link parquetFormat}. */
export interface ParquetFormatOptions {
  /**
   * What DuckDB may hold in memory, as it writes sizes; the process takes somewhat more.
   * @default '256MB'
   */
  memoryLimit?: string
  /**
   * Threads of DuckDB; each takes its share of the memory.
   * @default 2
   */
  threads?: number
  /**
   * Rows of a day that are sorted at once; a larger day is split by person first.
   * @default 60000
   */
  bucketRows?: number
  /**
   * Where temporary files go.
   * @default the folder of the system
   */
  tempDir?: string
}

/**
 * Segments as Parquet with zstd, written and read by DuckDB (install `@duckdb/node-api`). Times are UTC whatever the time
 * zone of the process; columns are named as in SQL, `properties` is JSON text. The engine starts with the first call.
 * @example
 * const tiering = createTiering({ hot, cold, policy: { dropAfter: '90d' }, format: parquetFormat({ memoryLimit: '512MB' }) })
 */
export function parquetFormat(options: ParquetFormatOptions = {}): SegmentFormat {
  const { memoryLimit, threads, bucketRows, tempDir } = resolveParquetOptions(options)
  let opening: Promise<Engine> | undefined
  let closed = false

  async function engine(): Promise<Engine> {
    if (closed) throw new AnalyticsError('closed')
    opening ??= openEngine({ memoryLimit, threads, tempDir })
    try {
      return await opening
    } catch (error) {
      opening = undefined
      throw error
    }
  }

  return {
    name: 'parquet',
    extension: '.parquet',
    compression: 'zstd',
    write: async (rows, path, { signal } = {}) => writeParquet(await engine(), rows, path, { bucketRows, signal }),
    writeLent: async (rows, path, { signal } = {}) => writeLentRows(await engine(), rows, path, { bucketRows, signal }),
    async merge(sources, path, { signal, where } = {}) {
      const files = await Promise.all(sources.map((source) => source.file()))
      return mergeParquet(await engine(), files, path, { bucketRows, signal, where })
    },
    summarize: async (source, options = {}) => summarizeParquet(await engine(), await source.file(), options),
    async *personHashes(source, { signal } = {}) {
      yield* readParquetPersonHashes(await engine(), await source.file(), signal)
    },
    async *idHashes(source, { signal } = {}) {
      yield* readParquetIdHashes(await engine(), await source.file(), signal)
    },
    async prefetch(source, where) {
      await locateParquet(await engine(), source, where)
    },
    async *scan(source, request) {
      yield* scanParquet(await engine(), source, request)
    },
    async *readEvents(source, request) {
      yield* readParquetEvents(await engine(), source, request)
    },
    async *readAll(source, { signal } = {}) {
      yield* readParquetRows(await engine(), await source.file(), signal)
    },
    async close() {
      closed = true
      const opened = opening
      opening = undefined
      await (await opened?.catch(() => undefined))?.close()
    },
  }
}

function resolveParquetOptions(options: ParquetFormatOptions) {
  const { memoryLimit = '256MB', threads = 2, bucketRows = 60_000, tempDir } = options
  if (!/^\d+(\.\d+)?\s*(KB|MB|GB|KiB|MiB|GiB)$/.test(memoryLimit)) {
    throw new AnalyticsError('invalid_options', 'memoryLimit is no size such as 256MB.', { field: 'memoryLimit' })
  }
  for (const [field, value] of Object.entries({ threads, bucketRows })) {
    if (!Number.isInteger(value) || value < 1) {
      throw new AnalyticsError('invalid_options', `${field} is no whole number above zero.`, { field })
    }
  }
  return { memoryLimit, threads, bucketRows, tempDir }
}
