import { setTimeout as sleep } from 'node:timers/promises'
import type { SqlSession, SqlStatement, SqlValue } from '../sql/dialect.js'
import type { ServerDatabase } from '../sql/server-database.js'
import type { SqlType, Table } from '../sql/tables.js'
import { postgresDialect } from './dialect.js'

/** What the store calls of `pg`'s client. */
export interface PostgresClient {
  /** Runs one statement; rows come as arrays. */
  query(query: { text: string; values?: unknown[]; rowMode: 'array' }): Promise<{
    rows: unknown[][]
    rowCount: number | null
  }>
  /** Gives the connection back to its pool, or drops it. */
  release(destroy?: boolean): void
}

/** What the store calls of `pg`'s pool. */
export interface PostgresPool {
  /** Borrows a connection. */
  connect(): Promise<PostgresClient>
}

/** Rows that a cursor fetches at a time. */
const FETCH_ROWS = 2000

/** How often a transaction that failed for a passing reason is tried. */
const TRIES = 4

/** A database behind a pool of `pg`. */
export function postgresDatabase(pool: PostgresPool, events: string): ServerDatabase {
  /** Runs the work in a transaction and commits; a lost answer to the commit is thrown, for nobody knows its outcome. */
  const transaction = async <Result>(work: (session: SqlSession) => Promise<Result>): Promise<Result> => {
    const client = await pool.connect()
    let isCommitting = false
    try {
      // Each statement must see what was committed before it, whatever the host's default.
      await run(client, 'BEGIN ISOLATION LEVEL READ COMMITTED')
      const result = await work(sessionOf(client))
      isCommitting = true
      await run(client, 'COMMIT')
      client.release()
      return result
    } catch (error) {
      await rollBack(client, error)
      throw isCommitting ? Object.assign(error as Error, { outcome: 'unknown' }) : error
    }
  }

  return {
    dialect: postgresDialect,

    async write(work) {
      for (let attempt = 1; ; attempt++) {
        try {
          return await transaction(work)
        } catch (error) {
          if (attempt === TRIES || !isTransient(error)) throw error
          await sleep(20 * 4 ** attempt * (0.5 + Math.random() / 2))
        }
      }
    },

    async read(work) {
      for (let attempt = 1; ; attempt++) {
        const client = await pool.connect()
        try {
          const result = await work(sessionOf(client))
          client.release()
          return result
        } catch (error) {
          const isLost = isConnectionLoss(error)
          client.release(isLost)
          // What only reads may be read again.
          if (attempt === TRIES || !(isLost || codeOf(error) === UNDEFINED_TABLE)) throw error
        }
      }
    },

    async *stream(prepare, { signal }) {
      for (let attempt = 1; ; attempt++) {
        signal?.throwIfAborted()
        const client = await pool.connect()
        let isOpen = false
        try {
          await run(client, 'BEGIN ISOLATION LEVEL READ COMMITTED')
          // While this is held no day can be set aside, so that what is learned of sealed tables stays true.
          await run(client, `LOCK TABLE ${events} IN ACCESS SHARE MODE`)
          const { sql, binds } = await prepare(sessionOf(client))
          await run(client, `DECLARE analytics_rows NO SCROLL CURSOR FOR ${sql}`, valuesOf(binds))
          isOpen = true
          for (;;) {
            const { rows } = await run(client, `FETCH ${FETCH_ROWS} FROM analytics_rows`)
            signal?.throwIfAborted()
            if (rows.length > 0) yield rows as SqlValue[][]
            if (rows.length < FETCH_ROWS) return
          }
        } catch (error) {
          signal?.throwIfAborted()
          if (isOpen || attempt === TRIES || codeOf(error) !== UNDEFINED_TABLE) throw error
        } finally {
          // Nothing was changed: it only frees the cursor and the lock.
          await rollBack(client, undefined)
        }
      }
    },
  }
}

function run(client: PostgresClient, text: string, values: unknown[] = []) {
  return client.query({ text, values, rowMode: 'array' })
}

async function rollBack(client: PostgresClient, error: unknown): Promise<void> {
  try {
    await run(client, 'ROLLBACK')
    client.release(isConnectionLoss(error))
  } catch {
    client.release(true)
  }
}

const valuesOf = (binds: SqlStatement['binds']): unknown[] => binds.map(({ value }) => value)

function sessionOf(client: PostgresClient): SqlSession {
  return {
    async query({ sql, binds }) {
      return (await run(client, sql, valuesOf(binds))).rows as SqlValue[][]
    },
    async execute({ sql, binds }) {
      return (await run(client, sql, valuesOf(binds))).rowCount ?? 0
    },
    async insert(table, rows) {
      if (rows.length === 0) return []
      const { rows: inserted } = await run(client, insertSql(table), columnsOf(table, rows))
      const keys = new Set(inserted.map((key) => key.map(String).join('\n')))
      const at = table.key.map((name) => table.columns.findIndex((column) => column.name === name))
      return rows.map((row) => keys.has(at.map((i) => String(row[i])).join('\n')))
    },
    async update(table, rows) {
      if (rows.length > 0) await run(client, updateSql(table), columnsOf(table, rows))
    },
  }
}

/** How values of a column travel in an array, and the expression that makes a column's value of one. */
function transport(type: SqlType): { array: string; value(name: string): string } {
  if (type === 'time') return { array: 'float8[]', value: (name) => `to_timestamp(${name} / 1000)` }
  if (type === 'day') return { array: 'text[]', value: (name) => `${name}::date` }
  if (type === 'json') return { array: 'text[]', value: (name) => `${name}::jsonb` }
  const plain = { integer: 'int4[]', bigint: 'int8[]', double: 'float8[]', 'long-text': 'text[]' } as const
  return { array: typeof type === 'object' ? 'text[]' : plain[type], value: (name) => name }
}

function unnested({ columns }: Table): string {
  const arrays = columns.map(({ type }, i) => `$${i + 1}::${transport(type).array}`)
  return `unnest(${arrays.join(', ')}) AS r (${columns.map((_, i) => `v${i}`).join(', ')})`
}

function insertSql(table: Table): string {
  const values = table.columns.map(({ type }, i) => transport(type).value(`v${i}`))
  const keys = table.key.map((name) => {
    const { type } = table.columns.find((column) => column.name === name)!
    return postgresDialect.select(name, type)
  })
  return (
    `INSERT INTO ${table.name} (${table.columns.map(({ name }) => name).join(', ')}) SELECT ${values.join(', ')} ` +
    `FROM ${unnested(table)} ON CONFLICT DO NOTHING RETURNING ${keys.join(', ')}`
  )
}

function updateSql(table: Table): string {
  const value = (name: string) => {
    const i = table.columns.findIndex((column) => column.name === name)
    return transport(table.columns[i]!.type).value(`v${i}`)
  }
  const set = table.columns
    .filter(({ name }) => !table.key.includes(name))
    .map(({ name }) => `${name} = ${value(name)}`)
  const where = table.key.map((name) => `t.${name} = ${value(name)}`)
  return `UPDATE ${table.name} t SET ${set.join(', ')} FROM ${unnested(table)} WHERE ${where.join(' AND ')}`
}

/** Rows as one array a column. */
function columnsOf({ columns }: Table, rows: readonly (readonly SqlValue[])[]): SqlValue[][] {
  return columns.map((_, i) => rows.map((row) => row[i] ?? null))
}

const codeOf = (error: unknown): string => String((error as { code?: unknown } | undefined)?.code ?? '')

/** Whether the connection is gone; what was not committed is rolled back by the server. */
function isConnectionLoss(error: unknown): boolean {
  const code = codeOf(error)
  return (
    /^(08|57P0)/.test(code) ||
    ['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ETIMEDOUT'].includes(code) ||
    /Connection terminated|timeout exceeded when trying to connect/i.test(String((error as Error | undefined)?.message))
  )
}

/** A sealed table was dropped after it was looked up: looked up again, it is no longer named. */
const UNDEFINED_TABLE = '42P01'

/** Serialization failure, deadlock, lock timeout, too many connections; nothing of the transaction is left. */
const TRANSIENT = new Set(['40001', '40P01', '55P03', '53300', UNDEFINED_TABLE])

/** Whether the same transaction may be run again: it failed for a passing reason, and certainly did not commit. */
function isTransient(error: unknown): boolean {
  if ((error as { outcome?: unknown }).outcome === 'unknown') return false
  // A sealed table was dropped since it was looked up: whoever looks again finds it gone.
  if (codeOf(error) === '42P01' && /_sealed_\d{8}_/.test(String((error as Error).message))) return true
  return TRANSIENT.has(codeOf(error)) || isConnectionLoss(error)
}
