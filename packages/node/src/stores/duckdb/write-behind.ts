import { errorCode, type StoredEvent } from '@analytics/protocol'
import { EVENT_SELECT, eventsOf } from '@analytics/protocol/duckdb'
import { bucketOf } from '../../rollups/rollup.js'
import { mergeSessions, type StoredSession, sessionKey, sessionsOf } from '../../sessions/session.js'
import { addMarks } from '../sql/rollups.js'
import { addSessions } from '../sql/sessions.js'
import { type Database, rowsOf } from './database.js'
import { duckdbDialect } from './dialect.js'
import type { TableNames } from './schema.js'
import { duckdbSession } from './sql.js'

/** How long sessions and marks wait in memory for the next write. */
const SETTLE_MS = 1000

/** Sessions that wait at most. */
const PENDING_SESSIONS = 5000

/**
 * Sessions and marks of stored events, written in bulk: without indexes, a look-up for each batch would cost more than the
 * batch. What was written is known by the number of the last insert in it, so that a process that was killed loses nothing:
 * the next one reads the rows behind that number again.
 */
export interface WriteBehind {
  /** Told of rows right after their commit. */
  add(events: readonly StoredEvent[], people: Int32Array, insertNumber: number): void
  /** Writes what waits; resolves when it is durable. */
  settle(): Promise<void>
  /** Takes up what an earlier process left. @param top The number of the newest insert. */
  recover(top: number): Promise<void>
  /** Ends the waiting; what was not written is recovered by the next process. */
  stop(): void
}

/** Inserts whose rows are read at a time: few enough for memory. */
const RECOVERED_INSERTS = 64

/** The record that names the last insert whose sessions and marks are written. */
const THROUGH = 'derived-through'

/** The sessions and marks of one database. */
export function writeBehind(database: Database, names: TableNames, now: () => number): WriteBehind {
  const { tables } = names
  const pending = new Map<string, StoredSession>()
  const hours = new Set<number>()
  let through = 0
  let settled = 0
  let timer: NodeJS.Timeout | undefined

  const take = (events: readonly StoredEvent[], people: Int32Array) => {
    for (const part of sessionsOf(events, people)) {
      const key = sessionKey(part)
      const known = pending.get(key)
      pending.set(key, known ? mergeSessions(known, part) : part)
    }
    for (const { eventTimestamp } of events) hours.add(bucketOf('hour', eventTimestamp).start)
  }

  const settle = async () => {
    clearTimeout(timer)
    timer = undefined
    if (through === settled) return
    let written = { through: 0, sessions: new Map<string, StoredSession>(), hours: new Set<number>() }
    await database.write(
      async (connection) => {
        // Within the queue of writes: every row that was committed is in `pending`.
        written = { through, sessions: new Map(pending), hours: new Set(hours) }
        const session = duckdbSession(database.duckdb, connection)
        await addSessions(session, duckdbDialect, tables.sessions, [...written.sessions.values()], now())
        await addMarks(session, tables.marks, { hours: written.hours })
        const meta = names.records('meta')
        await connection.run(`DELETE FROM ${meta} WHERE record_key = '${THROUGH}'`)
        await connection.run(`INSERT INTO ${meta} (record_key, version, body) VALUES (?, 1, ?)`, [
          THROUGH,
          JSON.stringify(written.through),
        ])
      },
      () => {
        settled = written.through
        pending.clear()
        hours.clear()
      },
    )
  }

  const later = () => {
    timer ??= setTimeout(() => {
      timer = undefined
      // What could not be written waits for the next try; the rows themselves are safe.
      settle().catch((error) => {
        if (errorCode(error) !== 'closed') later()
      })
    }, SETTLE_MS).unref()
  }

  /** Takes the rows of the inserts after the first up to the last number. */
  const readInserts = async (after: number, last: number) => {
    const connection = await database.connect()
    try {
      const result = await connection.stream(
        `SELECT ${EVENT_SELECT}, person FROM ${names.events} WHERE insert_number > ${after} AND insert_number <= ${last}`,
      )
      for (;;) {
        const chunk = await result.fetchChunk()
        if (!chunk || chunk.rowCount === 0) return
        take(eventsOf(chunk), Int32Array.from(chunk.getColumnValues(chunk.columnCount - 1), Number))
      }
    } finally {
      connection.closeSync()
    }
  }

  return {
    settle,
    add(events, people, insertNumber) {
      take(events, people)
      through = insertNumber
      if (pending.size >= PENDING_SESSIONS) settle().catch(later)
      else later()
    },

    async recover(top) {
      const [row] = await database.read((connection) =>
        rowsOf(connection, `SELECT body FROM ${names.records('meta')} WHERE record_key = '${THROUGH}'`),
      )
      settled = row ? Number(JSON.parse(String(row[0]))) : 0
      through = settled
      while (through < top) {
        const next = Math.min(top, through + RECOVERED_INSERTS)
        await readInserts(through, next)
        through = next
        if (pending.size >= PENDING_SESSIONS) await settle()
      }
      await settle()
    },

    stop() {
      clearTimeout(timer)
    },
  }
}
