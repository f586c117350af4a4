import { setTimeout as sleep } from 'node:timers/promises'
import { AnalyticsError, type Day } from '@analytics/protocol'
import { ulid } from 'ulid'
import { type Leases, recordLeases } from '../../records/lease.js'
import { statement } from '../sql/dialect.js'
import { sqlRecords } from '../sql/records.js'
import { sealedTableName, sealRecords } from '../sql/seals.js'
import type { EventPartitions, SealedTable } from '../sql/server-database.js'
import type { Tables } from '../sql/tables.js'
import { defineOnce, type OracleDatabase } from './database.js'
import { dayLiteral, exchangeTable } from './ddl.js'
import type { OracleVersion } from './dialect.js'
import { oraNumber } from './errors.js'

/** How long a day's DDL may hold its lease. */
const LEASE_MS = 120_000

/** How often DDL that finds its partition busy is tried. */
const BUSY_TRIES = 6

/** Another session holds what the DDL needs. */
const BUSY = 54
/** Rows may not be changed: their partition is read only. */
const READ_ONLY = 14466
/** No partition of that day. */
const NO_PARTITION = 2149
/** The last range partition can't be dropped. */
const LAST_PARTITION = 14758
const NO_TABLE = 942

/**
 * Days of the event table as interval partitions, which Oracle makes by itself. A day is set aside by exchanging its partition
 * with an empty table. DDL commits by itself, so each step is written down before it is done, and can be done again.
 */
export function oraclePartitions(
  database: OracleDatabase,
  tables: Tables,
  version: OracleVersion,
  now: () => Promise<number>,
): EventPartitions {
  const { dialect } = database
  const events = tables.events.name
  const seals = sealRecords(tables, dialect)
  const leases = recordLeases(sqlRecords(database, tables), now)
  const partition = (day: Day) => `PARTITION FOR (${dayLiteral(day)})`

  /** DDL waits for nobody: it fails where somebody else is at work, and is tried again a little later. */
  const define = async (sql: string) => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await database.define(sql)
      } catch (error) {
        if (oraNumber(error) !== BUSY || attempt === BUSY_TRIES) throw error
        await sleep(50 * 2 ** attempt)
      }
    }
  }

  const standing = (day: Day): Promise<SealedTable | undefined> =>
    database.read(async (session) => (await seals.between(session, day, day))[0])

  const countDay = (day: Day) => {
    const builder = statement(dialect)
    const sql = `SELECT COUNT(*) FROM ${events} WHERE event_day = ${builder.day(day)}`
    return database.read(async (session) => Number((await session.query(builder.build(sql)))[0]?.[0]))
  }

  /** Takes up a sealing wherever it was left, and ends it. */
  const exchange = async (seal: SealedTable): Promise<SealedTable> => {
    const sealed = () => database.read((session) => seals.count(session, seal.table))
    // Rows in it say that the exchange was done; without any, doing it again changes nothing that matters.
    if ((await sealed()) === 0) {
      const sql = `ALTER TABLE ${events} EXCHANGE ${partition(seal.day)} WITH TABLE ${seal.table} INCLUDING INDEXES WITHOUT VALIDATION`
      await define(sql).catch((error) => {
        // A day without a partition has no rows.
        if (oraNumber(error) !== NO_PARTITION) throw error
      })
    }
    const { isPending: _, ...known } = seal
    const done = { ...known, rows: await sealed() }
    await database.write(async (session) => {
      await seals.remove(session, seal)
      await seals.add(session, done)
    })
    return done
  }

  /** Removes the day's partition if it is empty. Read only it can't get rows between the look and the drop. */
  const tidy = async (day: Day) => {
    try {
      await database.define(`ALTER TABLE ${events} MODIFY ${partition(day)} READ ONLY`)
    } catch (error) {
      // Nothing to remove, or somebody is writing to it.
      if ([NO_PARTITION, BUSY].includes(oraNumber(error))) return
      throw error
    }
    try {
      if ((await countDay(day)) > 0) return await define(readWrite(day))
      await define(`ALTER TABLE ${events} DROP ${partition(day)}`)
    } catch (error) {
      if (oraNumber(error) === NO_PARTITION) return
      await define(readWrite(day))
      if (![LAST_PARTITION, BUSY].includes(oraNumber(error))) throw error
    }
  }
  const readWrite = (day: Day) => `ALTER TABLE ${events} MODIFY ${partition(day)} READ WRITE`

  /** Days whose inserts found their partition read only. */
  const frozen = { isSeen: false }

  return {
    async prepare(days) {
      if (!frozen.isSeen) return
      frozen.isSeen = false
      // Either somebody is tidying, and will be done when the lease is free, or was killed while at it.
      for (const day of days) {
        await alone(leases, day, () =>
          define(readWrite(day)).catch((error) => {
            if (oraNumber(error) !== NO_PARTITION) throw error
          }),
        )
      }
    },

    isUnprepared(error) {
      frozen.isSeen ||= oraNumber(error) === READ_ONLY
      return oraNumber(error) === READ_ONLY
    },

    standing: seals.between,
    recount: seals.recount,

    seal: (day) =>
      alone(leases, day, async () => {
        const there = await standing(day)
        if (there) return there.isPending ? exchange(there) : there
        const table = sealedTableName(tables, day)
        for (const sql of exchangeTable(version, tables.events, table)) await defineOnce(database, sql)
        const seal: SealedTable = { day, id: table, table, rows: 0, isPending: true }
        // Before the exchange: from then on every reader looks into both.
        await database.write((session) => seals.add(session, seal))
        return exchange(seal)
      }),

    drop: (seal) =>
      alone(leases, seal.day, async () => {
        const there = await standing(seal.day)
        if (there?.id !== seal.id) return 0
        let rows = 0
        try {
          rows = await database.read((session) => seals.count(session, there.table))
          await define(`DROP TABLE ${there.table} PURGE`)
        } catch (error) {
          // A drop whose answer was lost.
          if (oraNumber(error) !== NO_TABLE) throw error
        }
        await database.write((session) => seals.remove(session, there))
        await tidy(seal.day)
        return rows
      }),
  }
}

/** Does a day's DDL under a lease, so that two processes don't do it at once. */
async function alone<Result>(leases: Leases, day: Day, work: () => Promise<Result>): Promise<Result> {
  const owner = ulid()
  for (const end = Date.now() + LEASE_MS; ; ) {
    const lease = await leases.acquire(`partition/${day}`, { owner, ttlMs: LEASE_MS })
    if (lease) {
      try {
        return await work()
      } finally {
        await leases.release(lease)
      }
    }
    if (Date.now() > end)
      throw new AnalyticsError('store_unavailable', `Another process changes the partition of ${day}.`)
    await sleep(50)
  }
}
