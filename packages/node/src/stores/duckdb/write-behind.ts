import { errorCode } from '@analytics/protocol'
import type { DuckDBConnection } from '@duckdb/node-api'
import { addMarks } from '../sql/rollups.js'
import { type Database, rowsOf } from './database.js'
import { changedFirstSeen, exchangeFirstSeen } from './first-seen.js'
import type { TableNames } from './schema.js'
import { changedSessions, exchangeSessions, hoursOf } from './sessions.js'
import { duckdbSession } from './sql.js'

/** How long rows wait for what follows from them. */
const SETTLE_MS = 1000

/** Inserts whose rows are taken up by one transaction: few enough for memory. */
const SETTLED_INSERTS = 256

/**
 * Sessions, marks and first times of stored events, written in bulk: without indexes, a look-up for each batch would cost more than the
 * batch. What was written is known by the number of the last insert in it, so that a process that was killed loses nothing:
 * the next one goes on behind that number.
 */
export interface WriteBehind {
  /** Told of an insert right after its commit. */
  add(insertNumber: number): void
  /** Writes what waits; resolves when it is durable. */
  settle(): Promise<void>
  /** Writes what waits, then runs the work while nothing more is taken up: it may change what is written here. */
  alone<Result>(work: () => Promise<Result>): Promise<Result>
  /** Takes up what an earlier process left. @param top The number of the newest insert. */
  recover(top: number): Promise<void>
  /** Ends the waiting; what was not written is recovered by the next process. */
  stop(): void
}

/** The record that names the last insert of which all that follows is written. */
const THROUGH = 'derived-through'

/** What follows from the events of one database. */
export function writeBehind(database: Database, names: TableNames, now: () => number): WriteBehind {
  const { tables } = names
  const meta = names.records('meta')
  let through = 0
  let settled = 0
  let timer: NodeJS.Timeout | undefined
  /** Ends when the last of what was asked for has: one at a time, for each reads what the one before wrote. */
  let turn: Promise<unknown> = Promise.resolve()

  const writeThrough = async (connection: DuckDBConnection, last: number) => {
    await connection.run(`DELETE FROM ${meta} WHERE record_key = '${THROUGH}'`)
    await connection.run(`INSERT INTO ${meta} (record_key, version, body) VALUES ('${THROUGH}', 1, '${last}')`)
  }

  const inTurn = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const result = turn.then(work)
    turn = result.catch(() => {})
    return result
  }

  /**
   * Writes what some more inserts change, while further ones go on: of these only the last number is looked at, and every row
   * up to it is committed.
   */
  const step = async () => {
    const range = { after: settled, last: Math.min(through, settled + SETTLED_INSERTS) }
    let hours: readonly number[] = []
    await database.writePrepared(
      async (connection) => {
        await changedSessions(connection, names, range, now())
        await changedFirstSeen(connection, names, range)
        hours = await hoursOf(connection, names, range)
      },
      async (connection) => {
        await exchangeSessions(connection, names)
        await exchangeFirstSeen(connection, names)
        await addMarks(duckdbSession(database.duckdb, connection), tables.marks, { hours })
        await writeThrough(connection, range.last)
      },
    )
    settled = range.last
  }

  const writeAll = async () => {
    clearTimeout(timer)
    timer = undefined
    // Not what is inserted meanwhile: that could go on for ever.
    for (const goal = through; settled < goal; ) await step()
  }
  const settle = () => inTurn(writeAll)

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
    alone: (work) =>
      inTurn(async () => {
        await writeAll()
        return work()
      }),
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
