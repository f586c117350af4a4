import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { AnalyticsError, type Day, type Seal, type StoredEvent } from '@analytics/protocol'
import type { DuckDBConnection } from '@duckdb/node-api'
import { identityLinks } from '../people/identity-links.js'
import { appendAudit } from '../records/audit.js'
import { recordLeases } from '../records/lease.js'
import type { HotStore, IdentityLink } from '../store.js'
import { type Database, openDatabase, rowsOf } from './duckdb/database.js'
import { duckdbDdl, duckdbDialect } from './duckdb/dialect.js'
import { appendEvents, listDays, sealCondition, splitNew } from './duckdb/events.js'
import { type PersonDictionary, personDictionary } from './duckdb/people.js'
import { type RecentIds, recentIds } from './duckdb/recent-ids.js'
import { readHotEvents, readSealedEvents, scanEvents } from './duckdb/scan.js'
import { setupSchema, type TableNames, tableNames } from './duckdb/schema.js'
import { duckdbSession, duckdbSql } from './duckdb/sql.js'
import { type WriteBehind, writeBehind } from './duckdb/write-behind.js'
import { ddlStatements } from './sql/ddl.js'
import { checkedPrefix } from './sql/prefix.js'
import { eraseSubject, expireDeadLetters, expireIdentities } from './sql/privacy.js'
import { sqlRecords } from './sql/records.js'
import { addMarks, sqlRollups } from './sql/rollups.js'
import { sqlSessions } from './sql/sessions.js'

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
  const { path, memoryLimit = '512MB', threads = 2, now = Date.now } = options
  if (typeof path !== 'string' || path === '')
    throw new AnalyticsError('invalid_options', 'path is missing.', { field: 'path' })
  const names = tableNames(checkedPrefix(options.prefix))
  let opening: Promise<Opened> | undefined
  const opened = (): Promise<Opened> => {
    // An opening that failed, because another process has the file, may be tried again.
    opening ??= open(names, { path, memoryLimit, threads }, now).catch((error) => {
      opening = undefined
      throw error
    })
    return opening
  }
  return assembleStore(names, opened, () => opening, now)
}

/** The statements that make the tables, or bring those of an earlier version up to date. */
export function duckdbSchema({ prefix, from = 0 }: { prefix?: string; from?: number } = {}): string[] {
  return ddlStatements(duckdbDdl, tableNames(checkedPrefix(prefix)).tables, from)
}

/** The parts of an open database. */
interface Opened {
  database: Database
  people: PersonDictionary
  recent: RecentIds
  behind: WriteBehind
  /** Number of the newest insert; each insert has one of its own. */
  insertNumber: number
  /** Ends when the last change of a seal has: a seal is its rows and its records, and several would mix them up. */
  sealing: Promise<unknown>
}

async function open(
  names: TableNames,
  options: { path: string; memoryLimit: string; threads: number },
  now: () => number,
): Promise<Opened> {
  if (options.path !== ':memory:') mkdirSync(dirname(options.path), { recursive: true })
  const database = await openDatabase(options)
  return {
    database,
    people: personDictionary(database, names, now),
    recent: recentIds(names),
    behind: writeBehind(database, names, now),
    insertNumber: 0,
    sealing: Promise.resolve(),
  }
}

function assembleStore(
  names: TableNames,
  opened: () => Promise<Opened>,
  current: () => Promise<Opened> | undefined,
  now: () => number,
): HotStore {
  const { tables } = names
  const sql = duckdbSql(opened)
  const records = sqlRecords(sql, tables)
  const leases = recordLeases(records, now)
  const behind = {
    settle: async () => (await opened()).behind.settle(),
    alone: async <Result>(work: () => Promise<Result>) => (await opened()).behind.alone(work),
  }

  /** Links ids that have no owner yet, and marks them for the rollups. */
  const link = async ({ database, people }: Opened, connection: DuckDBConnection, links: readonly IdentityLink[]) => {
    const linked = await people.link(connection, links)
    await addMarks(duckdbSession(database.duckdb, connection), tables.marks, { people: linked })
  }

  return {
    name: 'duckdb',
    capabilities: { durable: true, shared: false, wideValues: true },
    records,
    sessions: sqlSessions(sql, tables, behind),
    rollups: sqlRollups({
      database: sql,
      tables,
      source: async (_session, first, last) => ({ from: names.events, first, last }),
      now: async () => now(),
      settle: behind.settle,
    }),

    async setup(mode) {
      const state = await opened()
      await state.database.write(async (connection) => {
        await setupSchema(connection, names, mode)
        await state.people.load(connection)
        await state.recent.load(connection)
        const [top] = await rowsOf(connection, `SELECT coalesce(max(insert_number), 0)::DOUBLE FROM ${names.events}`)
        const [sealed] = await rowsOf(
          connection,
          `SELECT coalesce(max(TRY_CAST(body AS DOUBLE)), 0) FROM ${names.records('meta')} WHERE record_key = '${SEALED_NUMBER}'`,
        )
        state.insertNumber = Math.max(Number(top?.[0] ?? 0), Number(sealed?.[0] ?? 0))
      })
      await state.behind.recover(state.insertNumber)
      // The file has one owner at a time, and that is this process now: whoever held a lease is gone.
      await leases.expireAll()
    },

    async insertEvents(events) {
      const state = await opened()
      let stored: { fresh: StoredEvent[]; insertNumber: number } | undefined
      return writing(
        state,
        async (connection) => {
          const { fresh, outcomes } = await splitNew(state.database, connection, names, state.recent, events)
          if (fresh.length > 0) {
            await link(state, connection, identityLinks(fresh))
            const people = await state.people.numbers(connection, fresh)
            const insertNumber = ++state.insertNumber
            await appendEvents(state.database, connection, names, fresh, people, insertNumber)
            stored = { fresh, insertNumber }
          }
          return outcomes
        },
        () => {
          if (!stored) return
          state.recent.add(stored.fresh.map(({ eventId }) => eventId))
          state.behind.add(stored.insertNumber)
        },
      )
    },

    async linkIdentities(links) {
      if (links.length === 0) return
      const state = await opened()
      await writing(state, (connection) => link(state, connection, links))
    },
    async ownerOf(anonymousId) {
      return (await opened()).people.ownerOf(anonymousId)
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
    async daysWithRows(read) {
      const { database } = await opened()
      return (await database.read((connection) => listDays(connection, names, read))).map(({ day }) => day)
    },

    async sealDay(day) {
      const state = await opened()
      return inTurn(state, () => seal(state, names, day, records))
    },
    async *readSealed(seal, { signal } = {}) {
      yield* readSealedEvents((await opened()).database, names, seal, signal)
    },
    async dropSealed(seal) {
      const state = await opened()
      return inTurn(state, async () => {
        if ((await records.get<Seal>('meta', sealKey(seal.day)))?.value.id !== seal.id) return { rows: 0 }
        // What follows from the rows is written before they go: after a crash it could not be told any more.
        await behind.settle()
        const rows = await state.database.write(
          async (connection) =>
            (await connection.run(`DELETE FROM ${names.events} WHERE ${sealCondition(seal)}`)).rowsChanged,
        )
        const standing = await records.get<Seal>('meta', sealKey(seal.day))
        if (standing) await records.delete('meta', sealKey(seal.day), standing.version)
        return { rows }
      })
    },

    async eraseSubject(subject) {
      const state = await opened()
      const erased = await alone(state, async (connection) => {
        const session = duckdbSession(state.database.duckdb, connection)
        const numbers = await state.people.numbersOf(connection, subject)
        const rows = await eraseSubject(
          session,
          { dialect: duckdbDialect, tables, eventTables: [names.events] },
          subject,
          numbers,
        )
        await state.people.load(connection)
        return rows
      })
      await inTurn(state, () => recountSeals(state, names, records))
      return erased
    },

    async expireIdentities(before) {
      const state = await opened()
      const rows = await alone(state, async (connection) => {
        const session = duckdbSession(state.database.duckdb, connection)
        const forgotten = await expireIdentities(session, duckdbDialect, tables, [names.events], before)
        if (forgotten > 0) await state.people.load(connection)
        return forgotten
      })
      return { rows }
    },

    async expireDeadLetters(before) {
      return { rows: await sql.write((session) => expireDeadLetters(session, duckdbDialect, tables, before)) }
    },

    acquireLease: leases.acquire,
    releaseLease: leases.release,
    audit: (entry) => appendAudit(records, now, entry),

    async close() {
      const state = await current()?.catch(() => undefined)
      // Where it fails, the next process recovers it from the rows.
      await state?.behind.settle().catch(() => {})
      state?.behind.stop()
      await state?.database.close()
    },
  }
}

/** A write that numbers people: when it fails, what it added to the dictionary in memory is forgotten with it. */
async function writing<Result>(
  state: Opened,
  work: (connection: DuckDBConnection) => Promise<Result>,
  onCommit?: () => void,
): Promise<Result> {
  try {
    return await state.database.write(work, onCommit)
  } catch (error) {
    await state.database.write((connection) => state.people.load(connection)).catch(() => {})
    throw error
  }
}

/** A write that changes what is written behind the events: with all of it written, and no more of it under way. */
function alone<Result>(
  { database, behind }: Opened,
  work: (connection: DuckDBConnection) => Promise<Result>,
): Promise<Result> {
  return behind.alone(() => database.write(work))
}

/** Runs the work after all earlier work on seals. */
function inTurn<Result>(state: Opened, work: () => Promise<Result>): Promise<Result> {
  const result = state.sealing.then(work)
  state.sealing = result.catch(() => {})
  return result
}

const sealKey = (day: Day): string => `seal/${day}`

/** The highest insert number that a seal names. It outlives the seal: numbers may never fall back below it. */
const SEALED_NUMBER = 'sealed-number'

const countSealed = async ({ database }: Opened, names: TableNames, seal: Seal) => {
  const sql = `SELECT count(*)::DOUBLE FROM ${names.events} WHERE ${sealCondition(seal)}`
  const [row] = await database.read((connection) => rowsOf(connection, sql))
  return Number(row?.[0] ?? 0)
}

async function seal(state: Opened, names: TableNames, day: Day, records: HotStore['records']): Promise<Seal> {
  const standing = await records.get<Seal>('meta', sealKey(day))
  if (standing) return standing.value
  // In the queue of writes, so that no insert with a number this low can still commit.
  const made = await state.database.write(async (connection): Promise<Seal> => {
    // A number that no insert has, so that each seal has an id of its own.
    const draft: Seal = { day, id: String(++state.insertNumber), rows: 0 }
    const [row] = await rowsOf(connection, `SELECT count(*)::DOUBLE FROM ${names.events} WHERE ${sealCondition(draft)}`)
    return { ...draft, rows: Number(row?.[0] ?? 0) }
  })
  const highest = await records.get<number>('meta', SEALED_NUMBER)
  if ((highest?.value ?? 0) < Number(made.id))
    await records.put('meta', SEALED_NUMBER, Number(made.id), highest?.version ?? 0)
  await records.put('meta', sealKey(day), made, 0)
  return made
}

/** Writes down how many rows standing seals have after an erasure. */
async function recountSeals(state: Opened, names: TableNames, records: HotStore['records']): Promise<void> {
  for (const { key, version, value } of await records.list<Seal>('meta', { prefix: 'seal/' })) {
    const rows = await countSealed(state, names, value)
    if (rows !== value.rows) await records.put('meta', key, { ...value, rows }, version)
  }
}
