import { type Day, dayOf, type HotDay } from '@analytics/protocol'
import type { DaysRead } from '../../store.js'
import { boundedInstant, type SqlDatabase, type SqlDialect, type SqlStatement, statement } from './dialect.js'
import type { EventPartitions, SealedTable } from './server-database.js'
import type { Tables } from './tables.js'

export const FIRST_DAY: Day = '0001-01-01'
export const LAST_DAY: Day = '9999-12-31'

/** The days of a server store, oldest first: those of the event table and of the sealed tables. */
export interface HotDays {
  /** One step of an index a day. */
  withRows(read?: DaysRead): Promise<Day[]>
  /** Counts every row. */
  list(read?: DaysRead): Promise<HotDay[]>
}

/** Finds days. */
export function hotDays({
  database,
  tables,
  partitions,
}: {
  database: SqlDatabase
  tables: Tables
  partitions: EventPartitions
}): HotDays {
  const { dialect } = database
  const events = tables.events.name
  return {
    async withRows(read = {}) {
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
    },
    async list(read = {}) {
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
  }
}

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

/** The UTC days that a read touches. */
function dayRange({ from, to }: DaysRead): { first: Day; last: Day } {
  return {
    first: from === undefined ? FIRST_DAY : dayOf(boundedInstant(from)),
    last: to === undefined ? LAST_DAY : dayOf(boundedInstant(to - 1)),
  }
}
