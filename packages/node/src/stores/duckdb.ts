import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { AnalyticsError, type Day, type RecordKind, type Seal } from '@analytics/protocol'
import { appendAudit } from '../records/audit.js'
import { recordLeases } from '../records/lease.js'
import type { HotStore } from '../store.js'
import { type Database, openDatabase, rowsOf } from './duckdb/database.js'
import { appendEvents, listDays, sealCondition, splitNew } from './duckdb/events.js'
import { type PersonDictionary, personDictionary } from './duckdb/people.js'
import { readHotEvents, readSealedEvents, scanEvents } from './duckdb/scan.js'
import { setupSchema, type TableNames, tableNames } from './duckdb/schema.js'
import { type ProjectedType, sqlRecords } from './sql/records.js'

/** Options of {@link duckdbStore}. */
export interface DuckDbStoreOptions {
  /** The database file, made when it is missing, its folder too; `:memory:` keeps nothing. */
  path: string
  /** In front of every table name: letters, digits and underscores. @default 'pf_' */
  prefix?: string
  /** What DuckDB may use for its buffers; the process takes somewhat more. @default '512MB' */
  memoryLimit?: string
  /** Threads of DuckDB. @default 2 */
  threads?: number
  /** UTC milliseconds; leases and the audit chain go by it. @default Date.now */
  now?: () => number
}

/**
 * Keeps events in an embedded DuckDB file: the default. One process owns the file at a time; what an answer has acknowledged
 * survives the process being killed. Needs the package `@duckdb/node-api`.
 * @example
 * const store = duckdbStore({ path: './analytics.duckdb' })
 */
export function duckdbStore(options: DuckDbStoreOptions): HotStore {
  const { path, prefix = 'pf_', memoryLimit = '512MB', threads = 2, now = Date.now } = options
  if (typeof path !== 'string' || path === '')
    throw new AnalyticsError('invalid_options', 'path is missing.', { field: 'path' })
  if (!/^[a-z_][a-z0-9_]{0,29}$/i.test(prefix)) {
    throw new AnalyticsError('invalid_options', 'prefix holds other characters than letters, digits and underscores.', {
      field: 'prefix',
    })
  }
  const names = tableNames(prefix)
  let opening: Promise<Opened> | undefined
  const opened = (): Promise<Opened> => {
    opening ??= open(names, { path, memoryLimit, threads })
    return opening
  }
  return assembleStore(names, opened, () => opening, now)
}

/** The parts of an open database. */
interface Opened {
  database: Database
  people: PersonDictionary
  /** Number of the newest insert; each insert has one of its own. */
  insertNumber: number
}

async function open(
  names: TableNames,
  options: { path: string; memoryLimit: string; threads: number },
): Promise<Opened> {
  if (options.path !== ':memory:') mkdirSync(dirname(options.path), { recursive: true })
  const database = await openDatabase(options)
  return { database, people: personDictionary(database, names), insertNumber: 0 }
}

function assembleStore(
  names: TableNames,
  opened: () => Promise<Opened>,
  current: () => Promise<Opened> | undefined,
  now: () => number,
): HotStore {
  const records = sqlRecords({
    table: (kind: RecordKind) => names.records(kind),
    parameter: (type: ProjectedType) =>
      type === 'time' ? 'epoch_ms(?::BIGINT)' : type === 'number' ? '?::BIGINT' : '?',
    query: async (sql, values) => {
      const { database } = await opened()
      const rows = await database.read((connection) => rowsOf(connection, sql, [...values]))
      return rows.map((row) =>
        row.map((value) => (typeof value === 'bigint' ? Number(value) : (value as string | null))),
      )
    },
    execute: async (sql, values) => {
      const { database } = await opened()
      return database.write(async (connection) => (await connection.run(sql, [...values])).rowsChanged)
    },
  })
  const leases = recordLeases(records, now)

  return {
    name: 'duckdb',
    capabilities: { durable: true, shared: false },
    records,

    async setup(mode) {
      const state = await opened()
      await state.database.write(async (connection) => {
        await setupSchema(connection, names, mode)
        await state.people.load(connection)
        const [top] = await rowsOf(connection, `SELECT coalesce(max(insert_number), 0)::DOUBLE FROM ${names.events}`)
        const [sealed] = await rowsOf(
          connection,
          `SELECT coalesce(max(TRY_CAST(body AS DOUBLE)), 0) FROM ${names.records('meta')} WHERE record_key = '${SEALED_NUMBER}'`,
        )
        state.insertNumber = Math.max(Number(top?.[0] ?? 0), Number(sealed?.[0] ?? 0))
      })
      // The file has one owner at a time, and that is this process now: whoever held a lease is gone.
      await leases.expireAll()
    },

    async insertEvents(events) {
      const state = await opened()
      return writing(state, async (connection) => {
        const { fresh, outcomes } = await splitNew(state.database, connection, names, events)
        if (fresh.length > 0) {
          const people = await state.people.numbers(connection, fresh)
          state.insertNumber++
          await appendEvents(state.database, connection, names, fresh, people, state.insertNumber)
        }
        return outcomes
      })
    },

    async linkIdentities(links) {
      if (links.length === 0) return
      const state = await opened()
      await writing(state, (connection) => state.people.link(connection, links, now()))
    },
    async anonymousIdsOf(userId) {
      return (await opened()).people.anonymousIdsOf(userId)
    },
    async people() {
      return (await opened()).people.view()
    },
    async personNumbers(identities) {
      const state = await opened()
      return writing(state, (connection) => state.people.numbers(connection, identities))
    },
    async dictionaryId() {
      return (await records.get<{ id: string }>('meta', 'dictionary'))?.value.id ?? ''
    },

    async *scan(request) {
      yield* scanEvents((await opened()).database, names, request)
    },
    async *readEvents(request) {
      yield* readHotEvents((await opened()).database, names, request)
    },
    async listDays(read) {
      const { database } = await opened()
      return database.read((connection) => listDays(connection, names, read))
    },

    async sealDay(day) {
      return seal(await opened(), names, day, records)
    },
    async *readSealed(seal, { signal } = {}) {
      yield* readSealedEvents((await opened()).database, names, seal, signal)
    },
    async dropSealed(seal) {
      const { database } = await opened()
      const rows = await database.write(
        async (connection) =>
          (await connection.run(`DELETE FROM ${names.events} WHERE ${sealCondition(seal)}`)).rowsChanged,
      )
      const standing = await records.get<Seal>('meta', sealKey(seal.day))
      if (standing?.value.id === seal.id) await records.delete('meta', sealKey(seal.day), standing.version)
      return { rows }
    },

    acquireLease: leases.acquire,
    releaseLease: leases.release,
    audit: (entry) => appendAudit(records, now, entry),

    async close() {
      const state = await current()?.catch(() => undefined)
      await state?.database.close()
    },
  }
}

/** A write that numbers people: when it fails, what it added to the dictionary in memory is forgotten with it. */
async function writing<Result>(
  state: Opened,
  work: Parameters<typeof state.database.write<Result>>[0],
): Promise<Result> {
  try {
    return await state.database.write(work)
  } catch (error) {
    await state.database.write((connection) => state.people.load(connection)).catch(() => {})
    throw error
  }
}

const sealKey = (day: Day): string => `seal/${day}`

/** The highest insert number that a seal names. It outlives the seal: numbers may never fall back below it. */
const SEALED_NUMBER = 'sealed-number'

async function seal(state: Opened, names: TableNames, day: Day, records: HotStore['records']): Promise<Seal> {
  const standing = await records.get<Seal>('meta', sealKey(day))
  if (standing) return standing.value
  // In the queue of writes, so that no insert with a number this low can still commit.
  const made = await state.database.write(async (connection): Promise<Seal> => {
    const draft: Seal = { day, id: String(state.insertNumber), rows: 0 }
    const [row] = await rowsOf(connection, `SELECT count(*)::DOUBLE FROM ${names.events} WHERE ${sealCondition(draft)}`)
    return { ...draft, rows: Number(row?.[0] ?? 0) }
  })
  const highest = await records.get<number>('meta', SEALED_NUMBER)
  if ((highest?.value ?? 0) < Number(made.id))
    await records.put('meta', SEALED_NUMBER, Number(made.id), highest?.version ?? 0)
  await records.put('meta', sealKey(day), made, 0)
  return made
}
