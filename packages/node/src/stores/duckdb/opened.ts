import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { type Database, openDatabase } from './database.js'
import { type PersonDictionary, personDictionary } from './people.js'
import { type RecentIds, recentIds } from './recent-ids.js'
import type { TableNames } from './schema.js'
import { type WriteBehind, writeBehind } from './write-behind.js'

/** The parts of an open database. */
export interface Opened {
  database: Database
  people: PersonDictionary
  recent: RecentIds
  behind: WriteBehind
  /** Number of the newest insert; each insert has one of its own. */
  insertNumber: number
}

/** Opens the database's file, made when it is missing, its folder too. */
export async function openParts(
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
  }
}

/** A write that numbers people: when it fails, what it added to the dictionary in memory is forgotten with it. */
export async function writing<Result>(
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
export function alone<Result>(
  { database, behind }: Opened,
  work: (connection: DuckDBConnection) => Promise<Result>,
): Promise<Result> {
  return behind.alone(() => database.write(work))
}
