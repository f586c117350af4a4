import type pg from 'pg'
import { bindText } from './binds.js'
import { isDdl, runDdl } from './ddl.js'
import { type Bind, type ConnectionImpl, driver, type ExecuteOptions, type ExecuteResult } from './driver.js'
import { fromPostgres, refusal } from './errors.js'
import type { FaultSource } from './faults.js'
import type { OracleVersion } from './refusals.js'
import { type OwnTypes, type QueryResult, resultSetImpl, type TextRow } from './result-set.js'
import { rowBind } from './row-by-row.js'
import { parse, type Translation, translate } from './statements.js'

/** What all connections of a pool share. */
export interface StandInContext {
  version: OracleVersion
  types: OwnTypes
  faults: FaultSource
  /** Runs a statement beside every transaction. */
  aside(sql: string, values?: unknown[]): Promise<unknown[][]>
  /** See {@link rowByRow}. */
  rowByRow(sql: string): Promise<string>
  /** Called when a connection was closed, `lost` when it can't be used again. */
  closed(client: pg.PoolClient, lost: boolean): void
}

const SERVER_VERSIONS: Readonly<Record<OracleVersion, number>> = { '19c': 1_900_000_000, '23ai': 2_304_000_000 }

/**
 * The part of a connection below the driver's own: one connection to Postgres. A transaction begins with the first change and
 * a statement that fails leaves it standing, as in Oracle. A plain query is read to its end and leaves no lock.
 */
export function connectionImpl(client: pg.PoolClient, pid: number, context: StandInContext): ConnectionImpl {
  const { version, types, faults, aside } = context
  const { errors } = driver
  let callTimeout = 0
  let inTransaction = false
  let isLost = false
  let isClosed = false
  /** Calls under way: only they can be broken. */
  let running = 0

  const raw = async (text: string, values: unknown[] = []): Promise<QueryResult & { count: number }> => {
    const query = { text, values, rowMode: 'array' as const, types: { getTypeParser: () => (value: unknown) => value } }
    const { fields, rows, rowCount } = await client.query<TextRow>(query as pg.QueryArrayConfig)
    return { fields, rows, count: rowCount ?? 0 }
  }
  const lose = (error: Error): Error => {
    isLost = true
    inTransaction = false
    // The server rolls back what was not committed.
    ;(client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy()
    return error
  }
  const strike = (at: 'execute' | 'fetch' | 'commit', when: 'before' | 'after', sql?: string) => {
    const fault = faults.strike(at, when, sql)
    if (fault) throw fault.losesConnection ? lose(fault.error) : fault.error
  }
  const assertOpen = () => {
    if (isClosed) errors.throwErr(errors.ERR_INVALID_CONNECTION)
    if (isLost) errors.throwErr(errors.ERR_CONNECTION_CLOSED)
  }

  /** One round trip, which `callTimeout` may cut short. */
  const timed = async <Result>(sql: string, work: () => Promise<Result>): Promise<Result> => {
    let hasExpired = false
    let cancelling: Promise<unknown> | undefined
    const expire = () => {
      hasExpired = true
      cancelling = aside('SELECT pg_cancel_backend($1)', [pid])
    }
    const timer = callTimeout > 0 ? setTimeout(expire, callTimeout) : undefined
    running++
    try {
      return await work()
    } catch (error) {
      const mapped = (error as { code?: string }).code === 'STAND_IN' ? (error as Error) : fromPostgres(error, sql)
      const { errorNum } = mapped as { errorNum?: number }
      if (hasExpired && errorNum === 1013) errors.throwErr(errors.ERR_CALL_TIMEOUT_EXCEEDED, callTimeout)
      throw errorNum === 3113 ? lose(mapped) : mapped
    } finally {
      running--
      clearTimeout(timer)
      // Before the next statement, which it must not hit.
      await cancelling
    }
  }
  /** A statement of its own within a transaction; what it locked is freed where it changed nothing. */
  const guarded = async <Result>(work: () => Promise<Result>, isRead = false): Promise<Result> => {
    if (!inTransaction) {
      if (isRead) return work()
      await raw('BEGIN ISOLATION LEVEL READ COMMITTED')
      inTransaction = true
    }
    await raw('SAVEPOINT one')
    try {
      const result = await work()
      if (isRead) await raw('ROLLBACK TO one')
      await raw('RELEASE one')
      return result
    } catch (error) {
      await raw('ROLLBACK TO one').catch(() => {})
      throw error
    }
  }
  const end = async (how: 'COMMIT' | 'ROLLBACK') => {
    if (!inTransaction) return
    inTransaction = false
    await raw(how)
  }
  const commit = async () => {
    strike('commit', 'before')
    await timed('COMMIT', () => end('COMMIT'))
    strike('commit', 'after')
  }

  const runOne = async (
    statement: string,
    translation: Translation,
    binds: readonly Bind[],
    options: ExecuteOptions,
  ) => {
    const isRead = translation.kind === 'query'
    const sql = translation.sql((index) => `$${index + 1}`)
    const values = binds.map((bind) => bindText(bind, bind.values[0]))
    const { fields, rows, count } = await guarded(() => raw(sql, values), isRead)
    if (!isRead && translation.kind !== 'locking-query')
      return { rowsAffected: translation.kind === 'lock' ? 0 : count }
    const roundTrip = async () => {
      assertOpen()
      strike('fetch', 'before', statement)
    }
    return { resultSet: resultSetImpl({ fields, rows }, options, { types, version, connection: impl, roundTrip }) }
  }

  const runMany = async (translation: Translation, binds: readonly Bind[], count: number, options: ExecuteOptions) => {
    if (options.bindDefs === undefined) throw refusal('executeMany without bindDefs guesses types from the first row.')
    if (translation.kind !== 'insert-values' && translation.kind !== 'change')
      throw refusal('executeMany is for rows to change.')
    const columns = binds.map((bind) => Array.from({ length: count }, (_, row) => bindText(bind, bind.values[row])))
    if (translation.bulk !== undefined && (await changesAll(translation.bulk, columns, count)))
      return answer(options, Array<number>(count).fill(1), [])
    const sql = translation.sql(rowBind)
    const rows = Array.from({ length: count }, (_, row) => columns.map((column) => column[row]!))
    const call = `SELECT array_to_json(counts), array_to_json(errors) FROM ${await context.rowByRow(sql)}($1::text[], $2)`
    const { rows: answers } = await guarded(() => raw(call, [rows, options.batchErrors !== true]))
    const [counts, failed] = answers[0]!.map((json) => JSON.parse(json ?? '[]') as unknown) as [number[], Failed[]]
    return answer(options, counts, failed, sql)
  }
  /** All rows in one statement. It tells nothing of them; only where each changed one row there is nothing to tell. */
  const changesAll = async (bulk: NonNullable<Translation['bulk']>, columns: (string | null)[][], count: number) => {
    const names = columns.map((_, i) => `b${i}`).join(', ')
    const arrays = columns.map((_, i) => `$${i + 1}::text[]`).join(', ')
    const sql = bulk((index) => `bound.b${index}`, `unnest(${arrays}) as bound(${names})`)
    try {
      return await guarded(async () => {
        if ((await raw(sql, columns)).count !== count) throw UNEVEN
        return true
      })
    } catch (error) {
      const { code = '' } = error as { code?: string }
      if (error === UNEVEN || /^2[23]|^P0001$/.test(code)) return false
      throw error
    }
  }
  const answer = (options: ExecuteOptions, counts: number[], failed: Failed[], sql = ''): ExecuteResult => {
    const batch = failed.map(({ offset, ...error }) => Object.assign(fromPostgres(error, sql), { offset }))
    if (options.batchErrors !== true && batch[0]) throw batch[0]
    const foreign = batch.find((error) => (error as { code?: string }).code === 'STAND_IN')
    if (foreign) throw foreign
    return {
      rowsAffected: counts.reduce((sum, one) => sum + one, 0),
      ...(options.dmlRowCounts && { dmlRowCounts: counts }),
      ...(batch.length > 0 && { batchErrors: batch.map(batchError) }),
    }
  }

  /** The days that the last change touched have partitions from now on, even if it is rolled back. */
  const notePartitions = async (table: string | undefined) => {
    const { rows } = await raw(`SELECT current_setting('standin.days', true), set_config('standin.days', '', false)`)
    for (const day of new Set(rows[0]?.[0]?.split(' ').filter(Boolean)))
      await aside('INSERT INTO standin.partitions (table_name, day) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
        table,
        day,
      ])
  }

  const impl: ConnectionImpl = Object.assign(new driver.ConnectionImpl(), {
    async execute(sql: string, count: number, binds: Bind[], options: ExecuteOptions, isMany: boolean) {
      assertOpen()
      const statement = parse(sql, binds, isMany)
      strike('execute', 'before', sql)
      if (statement.isDdl || isDdl(sql)) {
        await timed('COMMIT', () => end('COMMIT'))
        await timed(sql, () => runDdl(raw, sql, version))
        strike('execute', 'after', sql)
        return { rowsAffected: 0 }
      }
      const translation = translate(statement, binds, version)
      const result: ExecuteResult = await timed(sql, () =>
        isMany ? runMany(translation, binds, count, options) : runOne(sql, translation, binds, options),
      )
      if (translation.table !== undefined) await notePartitions(translation.table)
      strike('execute', 'after', sql)
      // Rows that failed keep the others from being committed.
      if (options.autoCommit && result.batchErrors === undefined) await commit()
      return result
    },
    commit: async () => {
      assertOpen()
      await commit()
    },
    rollback: async () => {
      assertOpen()
      await timed('ROLLBACK', () => end('ROLLBACK'))
    },
    async close({ drop = false }: { drop?: boolean } = {}) {
      if (!isLost) await end('ROLLBACK').catch(lose)
      isClosed = true
      context.closed(client, isLost || drop)
    },
    async breakExecution() {
      if (!isLost && running > 0) await aside('SELECT pg_cancel_backend($1)', [pid])
    },
    getCallTimeout: () => callTimeout,
    setCallTimeout(ms: number) {
      callTimeout = ms
    },
    getOracleServerVersion: () => SERVER_VERSIONS[version],
  })
  return impl
}

/** Rows of which not each changed one row. */
const UNEVEN = new Error('uneven')

interface Failed {
  offset: number
  code: string
  message: string
}

/** As the driver reports a row in its thin mode: an error with a message and an offset, and nothing else. */
function batchError(error: Error): Error {
  return Object.assign(new Error(error.message), { offset: (error as unknown as { offset: number }).offset })
}
