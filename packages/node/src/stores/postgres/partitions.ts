import { DAY_MS, type Day, dayOf, dayStart } from '@analytics/protocol'
import { type SqlSession, type SqlStatement, statement } from '../sql/dialect.js'
import { sealedTableName, sealRecords } from '../sql/seals.js'
import type { EventPartitions, ServerDatabase } from '../sql/server-database.js'
import type { Tables } from '../sql/tables.js'
import { postgresDialect } from './dialect.js'

/** How long setting a day aside waits for readers before it lets them pass and tries again. */
const LOCK_TIMEOUT = '2s'

/** Days of the event table as native partitions. A day is set aside by detaching its partition. */
export function postgresPartitions(database: ServerDatabase, tables: Tables): EventPartitions {
  const events = tables.events.name
  const seals = sealRecords(tables, postgresDialect)
  /** Days that have a partition, as far as this process knows; a day that was set aside meanwhile is made again. */
  const known = new Set<Day>()
  const partition = (day: Day) => `${events}_p${day.replaceAll('-', '')}`
  const plain = (sql: string): SqlStatement => ({ sql, binds: [] })

  /** Whoever makes or detaches partitions does so alone. */
  const alone = (session: SqlSession) => {
    const builder = statement(postgresDialect)
    return session.query(builder.build(`SELECT pg_advisory_xact_lock(hashtext(${builder.text(events)}))`))
  }

  const isAttached = async (session: SqlSession, day: Day) => {
    const builder = statement(postgresDialect)
    const rows = await session.query(
      builder.build(
        `SELECT 1 FROM pg_inherits WHERE inhparent = to_regclass(${builder.text(events)}) ` +
          `AND inhrelid = to_regclass(${builder.text(partition(day))})`,
      ),
    )
    return rows.length > 0
  }

  const attach = async (session: SqlSession, day: Day) => {
    if (await isAttached(session, day)) return
    const next = dayOf(dayStart(day) + DAY_MS)
    // Made beside the event table and then attached: that doesn't wait for its readers and writers.
    await session.execute(plain(`CREATE TABLE IF NOT EXISTS ${partition(day)} (LIKE ${events} INCLUDING ALL)`))
    await session.execute(
      plain(`ALTER TABLE ${events} ATTACH PARTITION ${partition(day)} FOR VALUES FROM ('${day}') TO ('${next}')`),
    )
  }

  const prepare = async (days: readonly Day[]) => {
    const missing = days.filter((day) => !known.has(day)).sort()
    if (missing.length === 0) return
    await database.write(async (session) => {
      await alone(session)
      for (const day of missing) await attach(session, day)
    })
    for (const day of missing) known.add(day)
  }

  return {
    prepare,

    isUnprepared(error) {
      // What PostgreSQL says where no partition takes a row: another process set the day aside.
      const isMissing = (error as { code?: unknown }).code === '23514'
      if (isMissing) known.clear()
      return isMissing
    },

    standing: seals.between,
    recount: seals.recount,

    async seal(day) {
      await prepare([day])
      const seal = await database.write(async (session) => {
        await session.execute(plain(`SET LOCAL lock_timeout = '${LOCK_TIMEOUT}'`))
        await alone(session)
        const [standing] = await seals.between(session, day, day)
        if (standing) return standing
        await attach(session, day)
        const table = sealedTableName(tables, day)
        await session.execute(plain(`ALTER TABLE ${events} DETACH PARTITION ${partition(day)}`))
        await session.execute(plain(`ALTER TABLE ${partition(day)} RENAME TO ${table}`))
        const made = { day, id: table, table, rows: await seals.count(session, table) }
        await seals.add(session, made)
        return made
      })
      known.delete(day)
      return seal
    },

    drop: (seal) =>
      database.write(async (session) => {
        await session.execute(plain(`SET LOCAL lock_timeout = '${LOCK_TIMEOUT}'`))
        // Of two who drop it, the second finds it dropped.
        await alone(session)
        const standing = (await seals.between(session, seal.day, seal.day)).find(({ id }) => id === seal.id)
        if (!standing) return 0
        const rows = await seals.count(session, standing.table)
        await session.execute(plain(`DROP TABLE IF EXISTS ${standing.table}`))
        await seals.remove(session, standing)
        return rows
      }),
  }
}
