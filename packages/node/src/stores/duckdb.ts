import { AnalyticsError, type StoredEvent } from '@analytics/protocol'
import type { DuckDBConnection } from '@duckdb/node-api'
import { identityLinks } from '../people/identity-links.js'
import { appendAudit } from '../records/audit.js'
import { dataVersions } from '../records/data-versions.js'
import { recordLeases } from '../records/lease.js'
import { signText } from '../records/signature.js'
import type { HotStore, IdentityLink } from '../store.js'
import { rowsOf } from './duckdb/database.js'
import { dayCounts } from './duckdb/day-counts.js'
import { duckdbDdl, duckdbDialect } from './duckdb/dialect.js'
import { appendEvents, sealCondition, splitNew } from './duckdb/events.js'
import { duckdbFirstSeen } from './duckdb/first-seen.js'
import { alone, type Opened, openParts, writing } from './duckdb/opened.js'
import { readHotEvents, readSealedEvents, scanEvents } from './duckdb/scan.js'
import { setupSchema, type TableNames, tableNames } from './duckdb/schema.js'
import { duckdbSeals, highestSealed } from './duckdb/seals.js'
import { duckdbSession, duckdbSql } from './duckdb/sql.js'
import { ddlStatements } from './sql/ddl.js'
import { identitiesOf } from './sql/identities.js'
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
    opening ??= openParts(names, { path, memoryLimit, threads }, now).catch((error) => {
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

function assembleStore(
  names: TableNames,
  opened: () => Promise<Opened>,
  current: () => Promise<Opened> | undefined,
  now: () => number,
): HotStore {
  const { tables } = names
  const sql = duckdbSql(opened)
  const versions = dataVersions()
  const records = versions.watched(sqlRecords(sql, tables))
  const leases = recordLeases(records, now)
  const database = async () => (await opened()).database
  const days = dayCounts(database, names, versions)
  const behind = {
    settle: async () => (await opened()).behind.settle(),
    alone: async <Result>(work: () => Promise<Result>) => (await opened()).behind.alone(work),
  }
  const knownNumbers: HotStore['knownNumbers'] = async (identities) => {
    const { database, people } = await opened()
    return database.read((connection) => people.knownNumbers(connection, identities))
  }
  const eventSource = async () => ({ database: await database(), names, days, knownNumbers })
  const seals = duckdbSeals({
    names,
    records,
    database,
    nextNumber: async () => ++(await opened()).insertNumber,
    settle: behind.settle,
  })

  /** Links ids that have no owner yet, and marks them for the rollups. */
  const link = async ({ database, people }: Opened, connection: DuckDBConnection, links: readonly IdentityLink[]) => {
    const linked = await people.link(connection, links)
    await addMarks(duckdbSession(database.duckdb, connection), tables.marks, { people: linked })
    return linked.length
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
    firstSeen: duckdbFirstSeen({ database, names, records, settle: behind.settle }),

    async setup(mode) {
      const state = await opened()
      await state.database.write(async (connection) => {
        await setupSchema(connection, names, mode)
        await state.people.load(connection)
        await state.recent.load(connection)
        const [top] = await rowsOf(connection, `SELECT coalesce(max(insert_number), 0)::DOUBLE FROM ${names.events}`)
        state.insertNumber = Math.max(Number(top?.[0] ?? 0), await highestSealed(connection, names))
      })
      await state.behind.recover(state.insertNumber)
      // The file has one owner at a time, and that is this process now: whoever held a lease is gone.
      await leases.expireAll()
    },

    async insertEvents(events) {
      const state = await opened()
      let stored: { fresh: StoredEvent[]; insertNumber: number } | undefined
      let hasLinked = false
      return writing(
        state,
        async (connection) => {
          const { fresh, outcomes } = await splitNew(state.database, connection, names, state.recent, events)
          if (fresh.length > 0) {
            hasLinked = (await link(state, connection, identityLinks(fresh))) > 0
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
          versions.changed(stored.fresh)
          if (hasLinked) versions.changedPeople()
        },
      )
    },

    async linkIdentities(links) {
      if (links.length === 0) return
      const state = await opened()
      await writing(state, (connection) => link(state, connection, links), versions.changedPeople)
    },
    async ownerOf(anonymousId) {
      return (await opened()).people.ownerOf(anonymousId)
    },
    async anonymousIdsOf(userId) {
      return (await opened()).people.anonymousIdsOf(userId)
    },
    identitiesOf: (people) => identitiesOf(sql, tables, people),
    async people() {
      return (await opened()).people.view()
    },
    async personNumbers(identities) {
      const state = await opened()
      return writing(state, (connection) => state.people.numbers(connection, identities))
    },
    knownNumbers,
    async dictionaryId() {
      return (await records.get<{ id: string }>('meta', 'dictionary'))?.value.id ?? ''
    },

    async *scan(request) {
      yield* scanEvents(await eventSource(), request)
    },
    async *readEvents(request) {
      yield* readHotEvents(await eventSource(), request)
    },
    dataVersion: versions.of,
    lastChange: versions.lastChange,
    listDays: days,
    daysWithRows: async (read) => (await days(read)).map(({ day }) => day),

    sealDay: seals.seal,
    async *readSealed(seal, { signal } = {}) {
      yield* readSealedEvents((await opened()).database, names, seal, signal)
    },
    async lendSealed(seal) {
      const { database } = await opened()
      return { from: names.events, where: sealCondition(seal), connect: () => database.connect() }
    },
    async dropSealed(seal) {
      const dropped = await seals.drop(seal)
      versions.changedAll()
      return dropped
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
      versions.changedAll()
      await seals.recount()
      return erased
    },
    async rewriteFile(request) {
      return (await opened()).database.rewrite(request)
    },

    async expireIdentities(before) {
      const state = await opened()
      const rows = await alone(state, async (connection) => {
        const session = duckdbSession(state.database.duckdb, connection)
        const forgotten = await expireIdentities(session, duckdbDialect, tables, [names.events], before)
        if (forgotten > 0) await state.people.load(connection)
        return forgotten
      })
      versions.changedAll()
      return { rows }
    },

    async expireDeadLetters(before) {
      return { rows: await sql.write((session) => expireDeadLetters(session, duckdbDialect, tables, before)) }
    },

    acquireLease: leases.acquire,
    releaseLease: leases.release,
    audit: (entry) => appendAudit(records, now, entry),
    sign: (text) => signText(records, text),

    async close() {
      const state = await current()?.catch(() => undefined)
      // Where it fails, the next process recovers it from the rows.
      await state?.behind.settle().catch(() => {})
      state?.behind.stop()
      await state?.database.close()
      // Nothing that was counted before is answered any more.
      versions.changedAll()
    },
  }
}
