import { setTimeout as sleep } from 'node:timers/promises'
import { parts, type SqlSession, type SqlStatement, type SqlValue } from '../sql/dialect.js'
import type { ServerDatabase } from '../sql/server-database.js'
import type { Table } from '../sql/tables.js'
import { columnBinding, namedBinds } from './binds.js'
import { type OracleVersion, oracleDialect } from './dialect.js'
import {
  type OracleConnection,
  type OracleConstants,
  type OraclePool,
  type OracleResultSet,
  oracleConstants,
} from './driver.js'
import { isConnectionLost, isTransient, oraNumber } from './errors.js'

/** Rows that a result set hands out at a time, and that one call binds. */
const ARRAY_ROWS = 1000

/** How often work that failed for a passing reason is tried. */
const TRIES = 4

/** There is no such table. */
const NO_TABLE = 942

/** A unique key is taken. */
const DUPLICATE_KEY = 1

/** Options of {@link oracleDatabase}. */
export interface OracleDatabaseOptions {
  pool: OraclePool
  version: OracleVersion
  /** Time that one round trip may take. */
  callTimeoutMs: number
}

/** A database behind a pool of `oracledb`. */
export interface OracleDatabase extends ServerDatabase {
  /** Runs a DDL statement, which commits by itself. Is not tried again: whoever calls knows what a lost answer means. */
  define(sql: string): Promise<void>
}

/** A database behind a pool of `oracledb`, thin or thick. The host's connections get back as they came. */
export function oracleDatabase({ pool, version, callTimeoutMs }: OracleDatabaseOptions): OracleDatabase {
  const dialect = oracleDialect(version)

  const borrow = async (): Promise<{ connection: OracleConnection; giveBack(error?: unknown): Promise<void> }> => {
    const connection = await pool.getConnection()
    const before = connection.callTimeout
    connection.callTimeout = callTimeoutMs
    return {
      connection,
      async giveBack(error) {
        connection.callTimeout = before ?? 0
        // A connection that was lost, or on which a call may still be running, is no one's any more.
        const closing = isConnectionLost(error) ? connection.close({ drop: true }) : connection.close()
        await closing.catch(() => {})
      },
    }
  }

  /** One transaction. A lost answer to the commit is marked: nobody knows its outcome. */
  const transaction = async <Result>(work: (session: SqlSession) => Promise<Result>): Promise<Result> => {
    const constants = await oracleConstants()
    const { connection, giveBack } = await borrow()
    let isCommitting = false
    try {
      const result = await work(sessionOf(connection, constants, version))
      isCommitting = true
      await connection.commit()
      await giveBack()
      return result
    } catch (error) {
      if (!isConnectionLost(error)) await connection.rollback().catch(() => {})
      await giveBack(error)
      throw isCommitting && isConnectionLost(error) ? Object.assign(error as Error, { outcome: 'unknown' }) : error
    }
  }

  const tried = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await work()
      } catch (error) {
        if (attempt === TRIES || !isTransient(error)) throw error
        await pause(attempt)
      }
    }
  }

  /** Opens a statement's result set; where what was learned for it no longer holds, it is prepared again. */
  const open = async (
    session: SqlSession,
    connection: OracleConnection,
    constants: OracleConstants,
    prepare: (session: SqlSession) => Promise<SqlStatement>,
    stillHolds: ((session: SqlSession) => Promise<boolean>) | undefined,
  ): Promise<OracleResultSet> => {
    for (;;) {
      const { sql, binds } = await prepare(session)
      const options = { ...fetchOptions(constants), resultSet: true, fetchArraySize: ARRAY_ROWS }
      const { resultSet } = await overSealed(sql, connection.execute(sql, namedBinds(constants, binds), options))
      // Rows come as of the moment that it was opened: what holds now held then.
      if ((await stillHolds?.(session)) ?? true) return resultSet as OracleResultSet
      await resultSet.close()
    }
  }

  async function* streamOnce(
    prepare: (session: SqlSession) => Promise<SqlStatement>,
    signal: AbortSignal | undefined,
    stillHolds: ((session: SqlSession) => Promise<boolean>) | undefined,
  ): AsyncGenerator<SqlValue[][]> {
    signal?.throwIfAborted()
    const constants = await oracleConstants()
    const { connection, giveBack } = await borrow()
    const interrupt = () => void connection.break().catch(() => {})
    signal?.addEventListener('abort', interrupt, { once: true })
    let resultSet: OracleResultSet | undefined
    let failure: unknown
    try {
      const session = sessionOf(connection, constants, version)
      resultSet = await open(session, connection, constants, prepare, stillHolds)
      for (;;) {
        const rows = (await resultSet.getRows(ARRAY_ROWS)) as SqlValue[][]
        signal?.throwIfAborted()
        if (rows.length > 0) yield rows
        if (rows.length < ARRAY_ROWS) return
      }
    } catch (error) {
      failure = error
      signal?.throwIfAborted()
      throw error
    } finally {
      signal?.removeEventListener('abort', interrupt)
      await resultSet?.close().catch(() => {})
      await connection.rollback().catch(() => {})
      await giveBack(failure)
    }
  }

  return {
    dialect,
    write: (work) => tried(() => transaction(work)),
    read: (work) => tried(() => transaction(work)),

    async define(sql) {
      const { connection, giveBack } = await borrow()
      try {
        await connection.execute(sql, {}, {})
        await giveBack()
      } catch (error) {
        await giveBack(error)
        throw error
      }
    },

    async *stream(prepare, { signal, stillHolds }) {
      for (let attempt = 1; ; attempt++) {
        let hasBegun = false
        try {
          for await (const rows of streamOnce(prepare, signal, stillHolds)) {
            hasBegun = true
            yield rows
          }
          return
        } catch (error) {
          // Once rows were handed out nobody can begin again but whoever has them.
          if (hasBegun || attempt === TRIES || signal?.aborted || !isTransient(error)) throw error
          await pause(attempt)
        }
      }
    },
  }
}

/** A sealed table that is gone was dropped since it was looked up: whoever looks again finds it gone. */
async function overSealed<Result>(sql: string, running: Promise<Result>): Promise<Result> {
  try {
    return await running
  } catch (error) {
    if (oraNumber(error) === NO_TABLE && /_sealed_\d{8}_/.test(sql)) Object.assign(error as Error, { isOutdated: true })
    throw error
  }
}

/** Grows, and differs, so that those who met in a deadlock don't meet again. */
const pause = (attempt: number): Promise<void> => sleep(20 * 4 ** attempt * (0.5 + Math.random() / 2))

/** Rows as arrays; long text comes whole with its row instead of as a handle that costs a round trip each. */
function fetchOptions({ outFormat, clob, text }: OracleConstants) {
  return {
    outFormat,
    fetchTypeHandler: ({ dbType }: { dbType: unknown }) => (dbType === clob ? { type: text } : undefined),
  }
}

function sessionOf(connection: OracleConnection, constants: OracleConstants, version: OracleVersion): SqlSession {
  const many = async (sql: string, rows: readonly unknown[][], bindDefs: readonly unknown[]) => {
    const { batchErrors = [] } = await connection.executeMany(sql, rows, {
      bindDefs,
      batchErrors: true,
      autoCommit: false,
    })
    return batchErrors as readonly (Error & { offset: number })[]
  }
  const run = (sql: string, binds: SqlStatement['binds']) =>
    overSealed(sql, connection.execute(sql, namedBinds(constants, binds), fetchOptions(constants)))
  return {
    async query({ sql, binds }) {
      return (await run(sql, binds)).rows as SqlValue[][]
    },
    async execute({ sql, binds }) {
      return (await run(sql, binds)).rowsAffected ?? 0
    },
    async insert(table, rows) {
      const inserted = rows.map(() => true)
      for (const [i, some] of parts(rows, ARRAY_ROWS).entries()) {
        const columns = bindings(constants, version, table, table.columns, some)
        const names = table.columns.map(({ name }) => name).join(', ')
        const values = columns.map(({ around }, at) => around(`:${at + 1}`)).join(', ')
        const errors = await many(
          `INSERT INTO ${table.name} (${names}) VALUES (${values})`,
          transposed(columns),
          defs(columns),
        )
        for (const error of errors) {
          if (oraNumber(error) !== DUPLICATE_KEY) throw error
          inserted[i * ARRAY_ROWS + error.offset] = false
        }
      }
      return inserted
    },
    async update(table, rows) {
      const keys = table.columns.filter(({ name }) => table.key.includes(name))
      const others = table.columns.filter(({ name }) => !table.key.includes(name))
      for (const some of parts(rows, ARRAY_ROWS)) {
        const columns = bindings(constants, version, table, [...others, ...keys], some)
        const equal = columns.map(({ around }, at) => `${[...others, ...keys][at]!.name} = ${around(`:${at + 1}`)}`)
        const sql = `UPDATE ${table.name} SET ${equal.slice(0, others.length).join(', ')} WHERE ${equal.slice(others.length).join(' AND ')}`
        const [failed] = await many(sql, transposed(columns), defs(columns))
        if (failed) throw failed
      }
    },
  }
}

function bindings(
  constants: OracleConstants,
  version: OracleVersion,
  table: Table,
  columns: Table['columns'],
  rows: readonly (readonly SqlValue[])[],
) {
  return columns.map((column) => columnBinding(constants, version, column, table, rows))
}

type Bindings = ReturnType<typeof bindings>

const defs = (columns: Bindings) => columns.map(({ def }) => def)

const transposed = (columns: Bindings): SqlValue[][] =>
  (columns[0]?.values ?? []).map((_, row) => columns.map(({ values }) => values[row] ?? null))

/** Runs DDL of which part may have been done before; that there is something already is fine. */
export async function defineOnce(database: OracleDatabase, sql: string): Promise<void> {
  try {
    await database.define(sql)
  } catch (error) {
    // The name is taken; the column is there; such a list of columns is indexed; such a key is there.
    if (![955, 1430, 1408, 2260, 2261, 2264].includes(oraNumber(error))) throw error
  }
}
