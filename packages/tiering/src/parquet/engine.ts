import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { AnalyticsError } from '@analytics/protocol'
import { type BoundStatement, boundTypes, type DuckDbChunks, type DuckDbConnection } from '@analytics/protocol/duckdb'
import type { DuckDBConnection } from '@duckdb/node-api'
import { throwIfAborted } from '../abort.js'
import { makeTempFolder } from '../temp-files.js'

/** The module, loaded when it is first needed. */
export type DuckDb = typeof import('@duckdb/node-api')

/** What the engine takes, resolved. */
export interface EngineOptions {
  memoryLimit: string
  threads: number
  tempDir: string | undefined
}

/** DuckDB in this process, with its folder for temporary files. */
export interface Engine {
  readonly duckdb: DuckDb
  /** A folder of its own, removed by `close`. */
  readonly folder: string
  connect(): Promise<DuckDBConnection>
  close(): Promise<void>
}

/** A chunk of a result. */
export type Chunk = NonNullable<Awaited<ReturnType<Awaited<ReturnType<DuckDBConnection['stream']>>['fetchChunk']>>>

/** Opens DuckDB without a database of its own: it reads and writes files. */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const duckdb = await loadDuckDb()
  const folder = await makeTempFolder(options.tempDir, 'analytics-parquet')
  try {
    const instance = await duckdb.DuckDBInstance.create(':memory:', {
      memory_limit: options.memoryLimit,
      threads: String(options.threads),
      temp_directory: join(folder, 'spill'),
      // Parquet and JSON are built in: nothing is ever fetched from the network.
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
    })
    return {
      duckdb,
      folder,
      connect: () => instance.connect(),
      async close() {
        instance.closeSync()
        await rm(folder, { recursive: true, force: true })
      },
    }
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw error
  }
}

async function loadDuckDb(): Promise<DuckDb> {
  try {
    return await import('@duckdb/node-api')
  } catch (cause) {
    throw new AnalyticsError('missing_dependency', 'parquetFormat needs the package @duckdb/node-api: install it.', {
      cause,
    })
  }
}

/** Text as an SQL literal, for the places that take no parameter: paths that this package made. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** Does work on connections, whose statements are interrupted when the signal aborts. */
export async function interruptedBy<Result>(
  signal: AbortSignal | undefined,
  connections: readonly DuckDbConnection[],
  work: () => Promise<Result>,
): Promise<Result> {
  throwIfAborted(signal)
  const interrupt = (): void => {
    for (const connection of connections) connection.interrupt()
  }
  signal?.addEventListener('abort', interrupt, { once: true })
  try {
    return await work()
  } catch (error) {
    throwIfAborted(signal)
    throw error
  } finally {
    signal?.removeEventListener('abort', interrupt)
  }
}

/** All that a statement gives, on a connection of its own, which is interrupted when the signal aborts. */
export async function resultOf(
  engine: Engine,
  { sql, values }: BoundStatement,
  signal: AbortSignal | undefined,
): Promise<DuckDbChunks> {
  const connection = await engine.connect()
  try {
    return await interruptedBy(signal, [connection], () =>
      connection.run(sql, values, boundTypes(values, engine.duckdb)),
    )
  } finally {
    connection.closeSync()
  }
}

/** Streams a statement's result; the connection is interrupted when the signal aborts, and closed in the end. */
export async function* streamChunks(
  engine: Engine,
  { sql, values }: BoundStatement,
  signal?: AbortSignal,
): AsyncGenerator<Chunk> {
  throwIfAborted(signal)
  const connection = await engine.connect()
  const interrupt = (): void => connection.interrupt()
  signal?.addEventListener('abort', interrupt, { once: true })
  try {
    const result = await connection.stream(sql, values, boundTypes(values, engine.duckdb))
    for (;;) {
      const chunk = await result.fetchChunk()
      throwIfAborted(signal)
      if (!chunk || chunk.rowCount === 0) return
      yield chunk
      throwIfAborted(signal)
    }
  } catch (error) {
    throwIfAborted(signal)
    throw error
  } finally {
    signal?.removeEventListener('abort', interrupt)
    connection.closeSync()
  }
}
