import type { Day, EventBatch, Lease } from '@analytics/protocol'
import { appendAudit } from '../../records/audit.js'
import { recordLeases } from '../../records/lease.js'
import { signText } from '../../records/signature.js'
import type { HotRead, HotStore } from '../../store.js'
import { type SqlSession, type SqlStatement, statement } from './dialect.js'
import { eventOf, eventSelect, eventsStatement, type SqlSource, scanBatch, scanStatement } from './events.js'
import { sqlFirstSeen } from './first-seen.js'
import { FIRST_DAY, hotDays, LAST_DAY } from './hot-days.js'
import { identitiesOf } from './identities.js'
import { sqlInsert } from './insert-events.js'
import { sqlPeople } from './people.js'
import { eraseSubject, expireDeadLetters, expireIdentities } from './privacy.js'
import { sqlRecords } from './records.js'
import { addMarks, sqlRollups } from './rollups.js'
import type { EventPartitions, ServerDatabase } from './server-database.js'
import { sqlSessions } from './sessions.js'
import type { Tables } from './tables.js'

/** What a store for a server database is made of. */
export interface ServerStoreOptions {
  name: 'postgres' | 'oracle'
  database: ServerDatabase
  tables: Tables
  partitions: EventPartitions
  setup: HotStore['setup']
}

/** The store over a database that several processes share: everything that Oracle and Postgres do alike. */
export function serverStore({ name, database, tables, partitions, setup }: ServerStoreOptions): HotStore {
  const { dialect } = database
  const events = tables.events.name
  const days = hotDays({ database, tables, partitions })
  const now = async (): Promise<number> => {
    const sql = statement(dialect).build(`SELECT ${dialect.clock} ${dialect.fromNothing}`)
    const [row] = await database.read((session) => session.query(sql))
    return Math.floor(Number(row?.[0]))
  }
  const records = sqlRecords(database, tables)
  const leases = recordLeases(records, now)
  const people = sqlPeople({
    database,
    tables,
    markPeople: (session, marked) => addMarks(session, tables.marks, { people: marked }),
    now,
  })

  /** The hot rows of some days: the event table, and the sealed tables that the reader doesn't leave out. */
  const source = async (
    session: SqlSession,
    first: Day,
    last: Day,
    { except = [] }: HotRead = {},
  ): Promise<SqlSource> => {
    const left = new Set(except.map(({ id }) => id))
    const seals = (await partitions.standing(session, first, last)).filter(({ id }) => !left.has(id))
    if (seals.length === 0) return { from: events, first, last }
    const columns = tables.events.columns.map((column) => column.name).join(', ')
    const union = [events, ...seals.map(({ table }) => table)].map((table) => `SELECT ${columns} FROM ${table}`)
    return { from: `(${union.join(' UNION ALL ')}) stored`, first, last }
  }

  /** Streams a day's rows; `build` makes the statement over wherever they lie. */
  const streamDay = (day: Day, read: HotRead & { signal?: AbortSignal }, build: (rows: SqlSource) => SqlStatement) => {
    let from = ''
    return database.stream(
      async (session) => {
        const rows = await source(session, day, day, read)
        from = rows.from
        return build(rows)
      },
      {
        signal: read.signal,
        stillHolds: async (session) => (await source(session, day, day, read)).from === from,
      },
    )
  }

  return {
    name,
    capabilities: { durable: true, shared: true, wideValues: name === 'postgres' },
    records,
    sessions: sqlSessions(database, tables),
    rollups: sqlRollups({ database, tables, source, now }),
    firstSeen: sqlFirstSeen(database, tables, records),
    setup,

    insertEvents: sqlInsert({ database, tables, partitions, people }),
    linkIdentities: (links) => people.link(links),
    ownerOf: (anonymousId) => people.ownerOf(anonymousId),
    anonymousIdsOf: (userId) => people.anonymousIdsOf(userId),
    identitiesOf: (numbers) => identitiesOf(database, tables, numbers),
    people: () => people.view(),
    personNumbers: (identities) => people.numbers(identities),
    knownNumbers: (identities) => people.knownNumbers(identities),
    async dictionaryId() {
      return (await records.get<{ id: string }>('meta', 'dictionary'))?.value.id ?? ''
    },

    async *scan(request): AsyncGenerator<EventBatch> {
      for (const day of await days.withRows(request)) {
        for await (const rows of streamDay(day, request, (from) => scanStatement(dialect, from, request)))
          yield scanBatch(rows, request.columns ?? [])
      }
    },

    async *readEvents(request) {
      const found = await days.withRows(request)
      let left = request.limit ?? Number.POSITIVE_INFINITY
      for (const day of request.order === 'desc' ? found.reverse() : found) {
        if (left <= 0) return
        const page = { ...request, limit: left }
        for await (const rows of streamDay(day, request, (from) => eventsStatement(dialect, from, page))) {
          left -= rows.length
          yield rows.map(eventOf)
        }
      }
    },

    listDays: days.list,
    daysWithRows: days.withRows,

    async sealDay(day) {
      const { id, rows } = await partitions.seal(day)
      return { day, id, rows }
    },

    async *readSealed(seal, { signal } = {}) {
      const prepare = async (session: SqlSession) => {
        const [standing] = (await partitions.standing(session, seal.day, seal.day)).filter(({ id }) => id === seal.id)
        // Of a seal that was dropped nothing is left to read.
        const from = standing ? `${standing.table}` : `${events} WHERE 1 = 0`
        return statement(dialect).build(`SELECT ${eventSelect(dialect)}, person FROM ${from}`)
      }
      for await (const rows of database.stream(prepare, { signal }))
        yield rows.map((row) => Object.assign(eventOf(row), { person: Number(row.at(-1)) }))
    },

    async dropSealed(seal) {
      return { rows: await partitions.drop(seal) }
    },

    async eraseSubject(subject) {
      const numbers = await people.numbersOf(subject)
      return database.write(async (session) => {
        const seals = await partitions.standing(session, FIRST_DAY, LAST_DAY)
        const eventTables = [events, ...seals.map(({ table }) => table)]
        const rows = await eraseSubject(session, { dialect, tables, eventTables }, subject, numbers)
        await partitions.recount(session, seals)
        return rows
      })
    },

    async expireIdentities(before) {
      const rows = await database.write(async (session) => {
        const seals = await partitions.standing(session, FIRST_DAY, LAST_DAY)
        const eventTables = [events, ...seals.map(({ table }) => table)]
        return expireIdentities(session, dialect, tables, eventTables, before)
      })
      return { rows }
    },

    async expireDeadLetters(before) {
      return { rows: await database.write((session) => expireDeadLetters(session, dialect, tables, before)) }
    },

    acquireLease: leases.acquire,
    releaseLease: (lease: Lease) => leases.release(lease),
    audit: (entry) => appendAudit(records, now, entry),
    sign: (text) => signText(records, text),
    async close() {},
  }
}
