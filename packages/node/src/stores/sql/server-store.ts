import { type Day, dayOf, type EventBatch, type Lease, type Seal, type StoredEvent } from '@analytics/protocol'
import { identityLinks } from '../../people/identity-links.js'
import { appendAudit } from '../../records/audit.js'
import { recordLeases } from '../../records/lease.js'
import { bucketOf } from '../../rollups/rollup.js'
import { sessionsOf } from '../../sessions/session.js'
import type { DaysRead, HotRead, HotStore, InsertOutcome } from '../../store.js'
import {
  boundedInstant,
  parts,
  type SqlDatabase,
  type SqlDialect,
  type SqlSession,
  type SqlStatement,
  type SqlValue,
  statement,
} from './dialect.js'
import {
  eventOf,
  eventRow,
  eventSelect,
  eventsStatement,
  idWindow,
  type SqlSource,
  scanBatch,
  scanStatement,
} from './events.js'
import { sqlPeople } from './people.js'
import { eraseSubject, expireDeadLetters, expireIdentities } from './privacy.js'
import { sqlRecords } from './records.js'
import { addMarks, sqlRollups } from './rollups.js'
import { addSessions, sqlSessions } from './sessions.js'
import type { Tables } from './tables.js'

/** A day's rows that were set aside in a table of their own. */
export interface SealedTable extends Seal {
  /** Also the seal's id. */
  table: string
  /** Its rows may be on their way into it: `rows` is not known yet. */
  isPending?: true
}

/** How a server database cuts the event table into days. */
export interface EventPartitions {
  /** Makes the partitions of these days, where the database doesn't by itself. */
  prepare(days: readonly Day[]): Promise<void>
  /** Whether an insert failed because a day's partition is away or frozen: made ready again, it can be tried once more. */
  isUnprepared(error: unknown): boolean
  /** Sealed tables of the days from first to last that still stand, as this session sees them. */
  standing(session: SqlSession, first: Day, last: Day): Promise<readonly SealedTable[]>
  /** Sets the day's rows aside; where that was done already, tells of it. */
  seal(day: Day): Promise<SealedTable>
  /** Drops a sealed table, if it still stands. Resolves to its rows. */
  drop(seal: Seal): Promise<number>
  /** Writes down how many rows sealed tables have after an erasure. */
  recount(session: SqlSession, seals: readonly SealedTable[]): Promise<void>
}

/** A database that streams. */
export interface ServerDatabase extends SqlDatabase {
  /**
   * Runs the statement that `prepare` makes and hands its rows out in batches. What `prepare` learns of sealed tables holds
   * for every row.
   */
  stream(
    prepare: (session: SqlSession) => Promise<SqlStatement>,
    options: {
      signal?: AbortSignal | undefined
      /**
       * Asked once the statement runs: whether what `prepare` learned is still so. If not, it is prepared again; a database
       * that holds a lock meanwhile need not ask.
       */
      stillHolds?: ((session: SqlSession) => Promise<boolean>) | undefined
    },
  ): AsyncIterable<SqlValue[][]>
}

/** What a store for a server database is made of. */
export interface ServerStoreOptions {
  name: 'postgres' | 'oracle'
  database: ServerDatabase
  tables: Tables
  partitions: EventPartitions
  setup: HotStore['setup']
}

const FIRST_DAY: Day = '0001-01-01'
const LAST_DAY: Day = '9999-12-31'

/** The store over a database that several processes share: everything that Oracle and Postgres do alike. */
export function serverStore({ name, database, tables, partitions, setup }: ServerStoreOptions): HotStore {
  const { dialect } = database
  const events = tables.events.name
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

  /** Ids of the events that are stored already, in the event table or in a sealed one. */
  const knownIds = async (session: SqlSession, batch: readonly StoredEvent[]): Promise<Set<string>> => {
    const known = new Set<string>()
    const windows = idWindows(batch)
    const lookUp = async (table: string, { first, last, ids }: IdWindow) => {
      for (const some of parts(ids)) {
        const builder = statement(dialect)
        const days = `event_day BETWEEN ${builder.day(first)} AND ${builder.day(last)}`
        const rows = await session.query(
          builder.build(`SELECT event_id FROM ${table} WHERE ${days} AND ${builder.isAnyText('event_id', some)}`),
        )
        for (const [id] of rows) known.add(String(id))
      }
    }
    for (const window of windows) await lookUp(events, window)
    // After the event table: a day that was set aside meanwhile is found here.
    const [first, last] = [
      windows.map((one) => one.first).sort()[0]!,
      windows
        .map((one) => one.last)
        .sort()
        .at(-1)!,
    ]
    for (const { table, day } of await partitions.standing(session, first, last)) {
      for (const window of windows) if (day >= window.first && day <= window.last) await lookUp(table, window)
    }
    return known
  }

  /** The links that new events make: a duplicate changes nothing, whoever it names. Where all are linked, it asks nothing. */
  const linksOf = async (batch: readonly StoredEvent[]) => {
    const naming = batch.filter(
      ({ anonymousId, userId }) => anonymousId !== null && userId !== null && !people.isOwned(anonymousId),
    )
    if (naming.length === 0) return []
    const known = await database.read((session) => knownIds(session, naming))
    return identityLinks(naming.filter(({ eventId }) => !known.has(eventId)))
  }

  /** Stores what is new, with its sessions and marks, and adds its ids to `stored`. */
  const store = async (
    session: SqlSession,
    batch: readonly StoredEvent[],
    numbers: ReadonlyMap<string, number>,
    stored: Set<string>,
  ) => {
    const known = await knownIds(session, batch)
    // In order of their ids, so that two writers of the same events wait for each other, and don't wait in a circle.
    const unknown = batch.filter(({ eventId }) => !known.has(eventId)).sort((a, b) => (a.eventId < b.eventId ? -1 : 1))
    const inserted = await session.insert(
      tables.events,
      unknown.map((event) => eventRow(event, numbers.get(event.eventId)!)),
    )
    const fresh = unknown.filter((_, i) => inserted[i])
    const owners = Int32Array.from(fresh, ({ eventId }) => numbers.get(eventId)!)
    const at = Math.max(...batch.map(({ processingTimestamp }) => processingTimestamp))
    await addSessions(session, dialect, tables.sessions, sessionsOf(fresh, owners), at)
    await addMarks(session, tables.marks, {
      hours: new Set(fresh.map(({ eventTimestamp }) => bucketOf('hour', eventTimestamp).start)),
    })
    for (const { eventId } of fresh) stored.add(eventId)
  }

  const daysWithRows = async (read: DaysRead = {}): Promise<Day[]> => {
    const { first, last } = dayRange(read)
    const builder = statement(dialect)
    const step = (after: string) => `SELECT MIN(event_day) AS d FROM ${events} WHERE event_day ${after}`
    // One step of the index a day, however many rows a day has.
    const begin = step(`>= ${builder.day(first)}`)
    const next = step(`> days.d AND event_day <= ${builder.day(last)}`)
    const sql =
      `WITH ${dialect.recursive}days (d) AS (${begin} UNION ALL SELECT (${next}) FROM days WHERE days.d IS NOT NULL) ` +
      `SELECT ${dialect.select('d', 'day')} FROM days WHERE d IS NOT NULL AND d <= ${builder.day(last)}`
    return database.read(async (session) => {
      const rows = await session.query(builder.build(sql))
      const seals = await partitions.standing(session, first, last)
      const left = new Set(read.except?.map(({ id }) => id))
      const sealed = seals
        .filter((seal) => (seal.isPending || seal.rows > 0) && !left.has(seal.id))
        .map(({ day }) => day)
      return [...new Set([...rows.map(([day]) => String(day)), ...sealed])].sort()
    })
  }

  return {
    name,
    capabilities: { durable: true, shared: true, wideValues: name === 'postgres' },
    records,
    sessions: sqlSessions(database, tables),
    rollups: sqlRollups({ database, tables, source, now }),
    setup,

    async insertEvents(batch) {
      const first = new Map<string, StoredEvent>()
      for (const event of batch) if (!first.has(event.eventId)) first.set(event.eventId, event)
      const events = [...first.values()]
      if (events.length === 0) return []
      const owners = await people.numbers(events)
      const numbers = new Map(events.map(({ eventId }, i) => [eventId, owners[i]!]))
      await people.link(await linksOf(events))
      const days = [...new Set(events.map(({ eventTimestamp }) => dayOf(eventTimestamp)))]
      const insert = async () => {
        await partitions.prepare(days)
        return database.write(async (session) => {
          const stored = new Set<string>()
          for (const some of parts(events, INSERT_ROWS)) await store(session, some, numbers, stored)
          return stored
        })
      }
      let inserted: Set<string> | undefined
      for (let attempt = 0; !inserted; attempt++) {
        inserted = await insert().catch((error) => {
          // Each of its days may be set aside in turn, while this waits.
          if (partitions.isUnprepared(error) && attempt <= days.length) return undefined
          throw error
        })
      }
      return batch.map(({ eventId }): InsertOutcome => (inserted!.delete(eventId) ? 'inserted' : 'duplicate'))
    },

    linkIdentities: (links) => people.link(links),
    ownerOf: (anonymousId) => people.ownerOf(anonymousId),
    anonymousIdsOf: (userId) => people.anonymousIdsOf(userId),
    people: () => people.view(),
    personNumbers: (identities) => people.numbers(identities),
    async dictionaryId() {
      return (await records.get<{ id: string }>('meta', 'dictionary'))?.value.id ?? ''
    },

    async *scan(request): AsyncGenerator<EventBatch> {
      for (const day of await daysWithRows(request)) {
        for await (const rows of streamDay(day, request, (from) => scanStatement(dialect, from, request)))
          yield scanBatch(rows, request.columns ?? [])
      }
    },

    async *readEvents(request) {
      const days = await daysWithRows(request)
      let left = request.limit ?? Number.POSITIVE_INFINITY
      for (const day of request.order === 'desc' ? days.reverse() : days) {
        if (left <= 0) return
        const page = { ...request, limit: left }
        for await (const rows of streamDay(day, request, (from) => eventsStatement(dialect, from, page))) {
          left -= rows.length
          yield rows.map(eventOf)
        }
      }
    },

    async listDays(read = {}) {
      const { first, last } = dayRange(read)
      const left = new Set(read.except?.map(({ id }) => id))
      return database.read(async (session) => {
        for (;;) {
          const seals = await partitions.standing(session, first, last)
          const stored = await session.query(countDays(dialect, events, seals, { first, last }))
          // A day that was set aside meanwhile may have been counted twice, or not at all.
          const after = await partitions.standing(session, first, last)
          if (JSON.stringify(after) !== JSON.stringify(seals)) continue
          const counts = new Map(stored.map(([day, count]) => [String(day), Number(count)]))
          for (const { id, day, rows, isPending } of seals)
            if (!isPending && !left.has(id) && rows > 0) counts.set(day, (counts.get(day) ?? 0) + rows)
          return [...counts].map(([day, count]) => ({ day, rows: count })).sort((a, b) => (a.day < b.day ? -1 : 1))
        }
      })
    },
    daysWithRows,

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
    async close() {},
  }
}

/** Events that one statement stores: enough to share its cost, few enough to bound its memory. */
const INSERT_ROWS = 5000

/** Rows by day; those that are on their way into a sealed table are counted where they are, in one statement. */
function countDays(
  dialect: SqlDialect,
  events: string,
  seals: readonly SealedTable[],
  { first, last }: { first: Day; last: Day },
): SqlStatement {
  const builder = statement(dialect)
  const tables = [events, ...seals.filter(({ isPending }) => isPending).map(({ table }) => table)]
  const rows = tables.map((table) => `SELECT event_day FROM ${table}`).join(' UNION ALL ')
  const days = `event_day BETWEEN ${builder.day(first)} AND ${builder.day(last)}`
  const from = tables.length === 1 ? events : `(${rows}) stored`
  return builder.build(
    `SELECT ${dialect.select('event_day', 'day')}, COUNT(*) FROM ${from} WHERE ${days} GROUP BY event_day`,
  )
}

interface IdWindow {
  first: Day
  last: Day
  ids: string[]
}

/** Ids by the days in which they may lie. */
function idWindows(events: readonly StoredEvent[]): IdWindow[] {
  const windows = new Map<string, IdWindow>()
  for (const event of events) {
    const { first, last } = idWindow(event)
    const key = first + last
    const ids = windows.get(key)?.ids
    if (ids) ids.push(event.eventId)
    else windows.set(key, { first, last, ids: [event.eventId] })
  }
  return [...windows.values()]
}

/** The UTC days that a read touches. */
function dayRange({ from, to }: DaysRead): { first: Day; last: Day } {
  return {
    first: from === undefined ? FIRST_DAY : dayOf(boundedInstant(from)),
    last: to === undefined ? LAST_DAY : dayOf(boundedInstant(to - 1)),
  }
}
