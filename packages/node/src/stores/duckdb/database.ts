import { AnalyticsError } from '@analytics/protocol'
import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api'
import type { FileRewrite } from '../../store.js'
import { attachedFile, CATALOG, removeRewrite } from './attached-file.js'
import { lending } from './lending.js'
import { type RewriteOptions, rewriter } from './rewrite.js'

/** The module, loaded when a store is opened: it is an optional peer with a native binary. */
export type DuckDb = typeof import('@duckdb/node-api')

/** Options of {@link openDatabase}. */
export interface DatabaseOptions {
  /** A file, or `:memory:`. */
  path: string
  memoryLimit: string
  threads: number
  /** How long a rewrite of the file waits for reads under way, in ms. @default 60000 */
  rewriteWaitMs?: number
}

/** One database with one writer at a time and any number of readers. */
export interface Database {
  readonly duckdb: DuckDb
  /**
   * Runs the work in a transaction of its own, after all earlier writes; durable when it resolves.
   * @param onCommit Called right after the commit, before the next write begins.
   */
  write<Result>(
    work: (connection: DuckDBConnection) => Promise<Result>,
    onCommit?: (result: Result) => void,
  ): Promise<Result>
  /**
   * A write of which the long part only reads: it is done on a connection of its own, while other writes go on, and only what
   * follows takes its turn. Both are one transaction, which fails where it changes a row that was changed meanwhile.
   */
  writePrepared(
    prepare: (connection: DuckDBConnection) => Promise<void>,
    work: (connection: DuckDBConnection) => Promise<void>,
  ): Promise<void>
  /** Lends a connection for reading; writers don't wait for it. */
  read<Result>(work: (connection: DuckDBConnection) => Promise<Result>): Promise<Result>
  /**
   * A connection for a stream; give it back with `closeSync`, but not before its stream has ended: by its last chunk, or by
   * another statement. Otherwise DuckDB keeps the file open until the stream is collected as garbage.
   */
  connect(): Promise<DuckDBConnection>
  /**
   * Rewrites the file, see {@link HotStore.rewriteFile}. Reads go on until the new file takes the old one's place, writes wait.
   * @throws AnalyticsError `overloaded`, `store_unavailable`, `store_locked`.
   */
  rewrite(options: RewriteOptions): Promise<FileRewrite>
  /** Waits for writes under way and closes the file. */
  close(): Promise<void>
}

/** Size of the log at which DuckDB writes it into the file; after a crash a log of this size is read in half a second. */
const CHECKPOINT_THRESHOLD = '32MB'

/** Opens the database. @throws AnalyticsError `missing_dependency`, `store_locked`, `store_unavailable`. */
export async function openDatabase({
  path,
  memoryLimit,
  threads,
  rewriteWaitMs = 60_000,
}: DatabaseOptions): Promise<Database> {
  const duckdb = await loadDuckDb()
  const isInMemory = path === ':memory:'
  // Not opened as the instance's own database: only one that is attached can be given a size of row groups, and exchanged.
  const instance = await duckdb.DuckDBInstance.create(':memory:', {
    memory_limit: memoryLimit,
    threads: String(threads),
    checkpoint_threshold: CHECKPOINT_THRESHOLD,
    // It reads no files but its own, and for those that tiering writes with it the memory is better spent on rows.
    enable_external_file_cache: 'false',
    // Beside the file, as for a database of its own; otherwise it would be in whatever folder the process was started in.
    ...(isInMemory ? {} : { temp_directory: `${path}.tmp` }),
  })
  const writer = await instance.connect()
  const file = attachedFile(writer, path)
  try {
    await file.attach()
    // Whoever was killed while rewriting left a file in which there may be people who were erased since.
    if (!isInMemory) await removeRewrite(path)
  } catch (error) {
    writer.closeSync()
    instance.closeSync()
    throw error
  }

  let tail: Promise<unknown> = Promise.resolve()
  let isClosed = false
  const queued = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const result = tail.then(work)
    tail = result.catch(() => {})
    return result
  }
  const assertOpen = () => {
    if (isClosed) throw new AnalyticsError('closed', 'The DuckDB store was closed.')
  }

  const lent = lending(async () => {
    assertOpen()
    if (!file.isAttached()) await queued(file.attach)
    const connection = await instance.connect()
    await connection.run(`USE ${CATALOG}`)
    return connection
  })
  const lend = async <Result>(work: (connection: DuckDBConnection) => Promise<Result>): Promise<Result> => {
    const connection = await lent.lend()
    try {
      return await work(connection)
    } finally {
      connection.closeSync()
    }
  }

  /** Writes that are being prepared beside the queue. */
  const beside = new Set<Promise<void>>()
  /** Ends with the last rewrite that was asked for; writes that begin to be prepared wait for it. */
  let rewriting: Promise<unknown> = Promise.resolve()
  const rewrites = rewriter({
    path,
    writer,
    file,
    lending: lent,
    waitMs: rewriteWaitMs,
    alone(work) {
      const result = rewriting.then(async () => {
        await Promise.all(beside)
        return queued(work)
      })
      rewriting = result.catch(() => {})
      return result
    },
  })

  return {
    duckdb,
    write: (work, onCommit) => {
      assertOpen()
      return queued(async () => {
        await file.attach()
        const result = await inTransaction(writer, () => committed(writer, work))
        onCommit?.(result)
        return result
      })
    },
    async writePrepared(prepare, work) {
      await rewriting
      assertOpen()
      const running = lend((connection) =>
        inTransaction(connection, async () => {
          await prepare(connection)
          // Its commit, too, is in turn: whoever appends while a commit writes the log into the file blocks the process.
          return queued(() => committed(connection, work))
        }),
      )
      const ended = running.catch(() => {})
      beside.add(ended)
      await ended
      beside.delete(ended)
      return running
    },
    async read(work) {
      assertOpen()
      return lend(work)
    },
    async connect() {
      assertOpen()
      return lent.lend()
    },
    async rewrite(options) {
      assertOpen()
      options.signal?.throwIfAborted()
      if (isInMemory) return { foundBefore: 0, foundAfter: 0, bytesBefore: 0, bytesAfter: 0 }
      return rewrites.rewrite(options)
    },
    async close() {
      if (isClosed) return
      isClosed = true
      await rewriting
      await tail
      await Promise.all(beside)
      writer.closeSync()
      instance.closeSync()
      await rewrites.close()
    },
  }
}

async function loadDuckDb(): Promise<DuckDb> {
  try {
    return await import('@duckdb/node-api')
  } catch (cause) {
    throw new AnalyticsError('missing_dependency', 'duckdbStore needs the package @duckdb/node-api: install it.', {
      cause,
    })
  }
}

async function committed<Result>(
  connection: DuckDBConnection,
  work: (connection: DuckDBConnection) => Promise<Result>,
): Promise<Result> {
  const result = await work(connection)
  await connection.run('COMMIT')
  return result
}

/** Begins a transaction, which the work commits; where the work fails, nothing of it stays. */
async function inTransaction<Result>(connection: DuckDBConnection, work: () => Promise<Result>): Promise<Result> {
  await connection.run('BEGIN TRANSACTION')
  try {
    return await work()
  } catch (error) {
    // The transaction may be gone already, after a failed commit.
    await connection.run('ROLLBACK').catch(() => {})
    throw error
  }
}

/** All rows of a small result as plain values. */
export async function rowsOf(
  connection: DuckDBConnection,
  sql: string,
  values: DuckDBValue[] = [],
): Promise<DuckDBValue[][]> {
  const reader = await connection.runAndReadAll(sql, values)
  return reader.getRows()
}

/** From so many values on, one list is cheaper than a parameter each. */
const LISTED_VALUES = 32

/** What stands in the brackets of IN for these texts; their parameters begin with that number. See {@link listed}. */
export function anyOf(texts: readonly string[], first: number): string {
  if (texts.length >= LISTED_VALUES) return `SELECT unnest($${first}::VARCHAR[])`
  return texts.map((_, i) => `$${first + i}`).join(', ')
}

/** The values of {@link anyOf}. */
export function listed({ listValue }: Pick<DuckDb, 'listValue'>, texts: readonly string[]): DuckDBValue[] {
  return texts.length >= LISTED_VALUES ? [listValue([...texts])] : [...texts]
}
