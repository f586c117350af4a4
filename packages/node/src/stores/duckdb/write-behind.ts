import { errorCode } from '@analytics/protocol'
import type { DuckDBConnection } from '@duckdb/node-api'
import { addMarks } from '../sql/rollups.js'
import { type Database, rowsOf } from './database.js'
import type { TableNames } from './schema.js'
import { addToSessions, hoursOf } from './sessions.js'
import { duckdbSession } from './sql.js'

/** How long rows wait for their sessions and marks. */
const SETTLE_MS = 1000

/** Inserts whose rows are taken up by one transaction: few enough for memory. */
const SETTLED_INSERTS = 256

/**
 * Sessions and marks of stored events, written in bulk: without indexes, a look-up for each batch would cost more than the
 * batch. What was written is known by the number of the last insert in it, so that a process that was killed loses nothing:
 * the next one goes on behind that number.
 */
export interface WriteBehind {
  /** Told of an insert right after its commit. */
  add(insertNumber: number): void
  /** Writes what waits; resolves when it is durable. */
  settle(): Promise<void>
  /** Takes up what an earlier process left. @param top The number of the newest insert. */
  recover(top: number): Promise<void>
  /** Ends the waiting; what was not written is recovered by the next process. */
  stop(): void
}

/** The record that names the last insert whose sessions and marks are written. */
const THROUGH = 'derived-through'

/** The sessions and marks of one database. */
export function writeBehind(database: Database, names: TableNames, now: () => number): WriteBehind {
  const { tables } = names
  const meta = names.records('meta')
  let through = 0
  let settled = 0
  let timer: NodeJS.Timeout | undefined

  const writeThrough = async (connection: DuckDBConnection, last: number) => {
    await connection.run(`DELETE FROM ${meta} WHERE record_key = '${THROUGH}'`)
    await connection.run(`INSERT INTO ${meta} (record_key, version, body) VALUES ('${THROUGH}', 1, '${last}')`)
  }

  /** Writes what some more inserts change. */
  const step = async () => {
    let last = settled
    await database.write(
      async (connection) => {
        // Within the queue of writes: no other step is under way, and every row up to the number is committed.
        const range = { after: settled, last: Math.min(through, settled + SETTLED_INSERTS) }
        last = range.last
        if (range.after === last) return
        await addToSessions(connection, names, range, now())
        const session = duckdbSession(database.duckdb, connection)
        await addMarks(session, tables.marks, { hours: await hoursOf(connection, names, range) })
        await writeThrough(connection, last)
      },
      () => {
        settled = last
      },
    )
  }

  const settle = async () => {
    clearTimeout(timer)
    timer = undefined
    // Not what is inserted meanwhile: that could go on for ever.
    for (const goal = through; settled < goal; ) await step()
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

  return {
    settle,
    add(insertNumber) {
      through = insertNumber
      later()
    },

    async recover(top) {
      const [row] = await database.read((connection) =>
        rowsOf(connection, `SELECT body FROM ${meta} WHERE record_key = '${THROUGH}'`),
      )
      const written = row ? Number(JSON.parse(String(row[0]))) : 0
      // Numbers begin again below it where the rows of the newest inserts were erased.
      if (written > top) await database.write((connection) => writeThrough(connection, top))
      settled = Math.min(written, top)
      through = top
      await settle()
    },

    stop() {
      clearTimeout(timer)
    },
  }
}
