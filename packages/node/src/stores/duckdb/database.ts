import { AnalyticsError } from '@analytics/protocol'
import type { DuckDBConnection, DuckDBInstance, DuckDBValue } from '@duckdb/node-api'

/** The module, loaded when a store is opened: it is an optional peer with a native binary. */
export type DuckDb = typeof import('@duckdb/node-api')

/** Options of {@link openDatabase}. */
export interface DatabaseOptions {
  /** A file, or `:memory:`. */
  path: string
  memoryLimit: string
  threads: number
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
  /** A connection for a stream; give it back with `closeSync`. */
  connect(): Promise<DuckDBConnection>
  /** Waits for writes under way and closes the file. */
  close(): Promise<void>
}

/** Name of the file among the databases of the instance. */
const CATALOG = 'analytics'

/**
 * Rows that the file stores and compresses together. What the log brings fills a group again and again until it is full:
 * with small ones inserts wait a sixth as long for it as with DuckDB's 122,880, and fewer rows are read to find a few.
 */
const ROW_GROUP_SIZE = 16_384

/** Size of the log at which DuckDB writes it into the file; after a crash a log of this size is read in half a second. */
const CHECKPOINT_THRESHOLD = '32MB'

/** Opens the database. @throws AnalyticsError `missing_dependency`, `store_locked`, `store_unavailable`. */
export async function openDatabase({ path, memoryLimit, threads }: DatabaseOptions): Promise<Database> {
  const duckdb = await loadDuckDb()
  const instance = await openInstance(duckdb, path, {
    memory_limit: memoryLimit,
    threads: String(threads),
    checkpoint_threshold: CHECKPOINT_THRESHOLD,
    // It reads no files but its own, and for those that tiering writes with it the memory is better spent on rows.
    enable_external_file_cache: 'false',
    // Beside the file, as for a database of its own; otherwise it would be in whatever folder the process was started in.
    ...(path === ':memory:' ? {} : { temp_directory: `${path}.tmp` }),
  })
  const connect = async () => {
    const connection = await instance.connect()
    await connection.run(`USE ${CATALOG}`)
    return connection
  }
  const writer = await connect()
  let tail: Promise<unknown> = Promise.resolve()
  let isClosed = false

  const queued = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const result = tail.then(work)
    tail = result.catch(() => {})
    return result
  }
  /** Writes that are being prepared beside the queue. */
  const beside = new Set<Promise<void>>()
  const lend = async <Result>(work: (connection: DuckDBConnection) => Promise<Result>): Promise<Result> => {
    const connection = await connect()
    try {
      return await work(connection)
    } finally {
      connection.closeSync()
    }
  }
  const assertOpen = () => {
    if (isClosed) throw new AnalyticsError('closed', 'The DuckDB store was closed.')
  }

  return {
    duckdb,
    write: (work, onCommit) => {
      assertOpen()
      return queued(async () => {
        const result = await inTransaction(writer, () => committed(writer, work))
        onCommit?.(result)
        return result
      })
    },
    async writePrepared(prepare, work) {
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
      return connect()
    },
    async close() {
      if (isClosed) return
      isClosed = true
      await tail
      await Promise.all(beside)
      writer.closeSync()
      instance.closeSync()
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

async function openInstance(duckdb: DuckDb, path: string, options: Record<string, string>): Promise<DuckDBInstance> {
  // Not opened as the instance's own database: only one that is attached can be given a size of row groups.
  const instance = await duckdb.DuckDBInstance.create(':memory:', options)
  try {
    const connection = await instance.connect()
    await connection.run(
      `ATTACH '${path.replaceAll("'", "''")}' AS ${CATALOG} (TYPE duckdb, ROW_GROUP_SIZE ${ROW_GROUP_SIZE})`,
    )
    connection.closeSync()
    return instance
  } catch (cause) {
    instance.closeSync()
    const message = String((cause as Error)?.message ?? cause)
    if (/could not set lock|conflicting lock|being used by another process/i.test(message)) {
      throw new AnalyticsError(
        'store_locked',
        `Another process has ${path} open. A DuckDB file has one owner: stop that process, or use a server database for several.`,
        { cause },
      )
    }
    throw new AnalyticsError(
      'store_unavailable',
      `The DuckDB file ${path} could not be opened: ${message.split('\n')[0]}`,
      { cause },
    )
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
