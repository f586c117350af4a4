import { DAY_MS, type Day, dayOf, dayStart, type HotDay, type Seal, type StoredEvent } from '@analytics/protocol'
import type { DuckDBConnection } from '@duckdb/node-api'
import type { DaysRead, InsertOutcome } from '../../store.js'
import { anyOf, type Database, listed, rowsOf } from './database.js'
import type { RecentIds } from './recent-ids.js'
import { CHUNK_ROWS, eventTypes, fillChunk } from './rows.js'
import type { TableNames } from './schema.js'

/** Ids looked up by one statement. */
const LOOKUP_IDS = 1000

/** Which of the ids are stored already, in whatever day. */
export async function knownIds(
  { duckdb }: Pick<Database, 'duckdb'>,
  connection: DuckDBConnection,
  names: TableNames,
  ids: readonly string[],
): Promise<Set<string>> {
  const known = new Set<string>()
  for (const group of idGroups(ids)) {
    // Ids begin with their time, so the bounds let DuckDB skip all row groups of other times.
    const rows = await rowsOf(
      connection,
      `SELECT event_id FROM ${names.events} WHERE event_id BETWEEN $1 AND $2 AND event_id IN (${anyOf(group, 3)})`,
      [group[0]!, group.at(-1)!, ...listed(duckdb, group)],
    )
    for (const [id] of rows) known.add(String(id))
  }
  return known
}

/** Sorts ids and splits them by the first characters of their time (about 9 hours), so that one late event widens no look-up. */
function idGroups(ids: readonly string[]): string[][] {
  const groups: string[][] = []
  for (const id of [...new Set(ids)].sort()) {
    const group = groups.at(-1)
    if (group && group.length < LOOKUP_IDS && group[0]!.slice(0, 5) === id.slice(0, 5)) group.push(id)
    else groups.push([id])
  }
  return groups
}

/** Splits a batch into what is new and what was seen, in the batch, lately, or in the table. */
export async function splitNew(
  database: Pick<Database, 'duckdb'>,
  connection: DuckDBConnection,
  names: TableNames,
  recent: RecentIds,
  events: readonly StoredEvent[],
): Promise<{ fresh: StoredEvent[]; outcomes: InsertOutcome[] }> {
  const known = events.map(({ eventId }) => recent.has(eventId))
  const older = events.filter((_, i) => known[i] === undefined).map(({ eventId }) => eventId)
  const seen = await knownIds(database, connection, names, older)
  const fresh: StoredEvent[] = []
  const outcomes = events.map((event, i): InsertOutcome => {
    const { eventId } = event
    if (known[i] || seen.has(eventId)) return 'duplicate'
    seen.add(eventId)
    fresh.push(event)
    return 'inserted'
  })
  return { fresh, outcomes }
}

/** Appends events whose people are numbered; durable when the transaction commits. */
export async function appendEvents(
  database: Database,
  connection: DuckDBConnection,
  names: TableNames,
  events: readonly StoredEvent[],
  people: Int32Array,
  insertNumber: number,
): Promise<void> {
  const { duckdb } = database
  const types = eventTypes(duckdb)
  const appender = await connection.createAppender(names.events)
  try {
    for (let i = 0; i < events.length; i += CHUNK_ROWS) {
      const part = events.slice(i, i + CHUNK_ROWS)
      const chunk = duckdb.DuckDBDataChunk.create(types, part.length)
      fillChunk(chunk, part, people.subarray(i, i + part.length), BigInt(insertNumber))
      appender.appendDataChunk(chunk)
    }
  } finally {
    // Also after a failure: what an open appender holds would be written when it is collected, outside of the transaction.
    appender.closeSync()
  }
}

/** The condition that leaves out the rows of seals. */
export function exceptSeals(seals: readonly Seal[]): string {
  return seals.map((seal) => ` AND NOT ${sealCondition(seal)}`).join('')
}

/** The rows of a seal: its day, up to its insert number. Both are checked, then written as literals. */
export function sealCondition({ day, id }: Seal): string {
  const number = Number(id)
  if (!/^\d{4}-\d\d-\d\d$/.test(day) || !Number.isSafeInteger(number)) throw new TypeError('not a seal of this store')
  return `(event_day = DATE '${day}' AND insert_number <= ${number})`
}

/** The years 1 to 9999: what a DATE literal spells with four digits. */
const FIRST_INSTANT = -62_135_596_800_000
const LAST_INSTANT = 253_402_300_799_999

/** Days with rows, oldest first. */
export async function listDays(
  connection: DuckDBConnection,
  names: TableNames,
  { except = [], from = FIRST_INSTANT, to = LAST_INSTANT }: DaysRead = {},
): Promise<HotDay[]> {
  const rows = await rowsOf(
    connection,
    `SELECT event_day::VARCHAR AS day, count(*)::DOUBLE FROM ${names.events}
     WHERE event_day BETWEEN $1::DATE AND $2::DATE${exceptSeals(except)} GROUP BY day ORDER BY day`,
    [dayOf(Math.max(from, FIRST_INSTANT)), dayOf(Math.min(to - 1, LAST_INSTANT))],
  )
  return rows.map(([day, count]) => ({ day: String(day), rows: Number(count) }))
}

/** What one statement reads: consecutive days, or a part of one. */
export interface ReadGroup {
  first: Day
  last: Day
  /** UTC milliseconds, inclusive. */
  from: number
  /** UTC milliseconds, exclusive. */
  to: number
  /** About how many rows there are. */
  rows: number
}

/**
 * What a read touches, oldest first, as many days in a group as have so many rows together: a statement costs some milliseconds
 * whatever it reads, and what it sorts must fit in memory. A day with more is cut into parts of equal length.
 */
export function readGroups(
  days: readonly HotDay[],
  { from, to }: { from: number; to: number },
  groupRows: number,
): ReadGroup[] {
  const groups: ReadGroup[] = []
  let size = Number.POSITIVE_INFINITY
  for (const { day, rows } of days) {
    const start = Math.max(from, dayStart(day))
    const end = Math.min(to, dayStart(day) + DAY_MS)
    size += rows
    const open = groups.at(-1)
    if (open && size <= groupRows) {
      open.last = day
      open.to = end
      open.rows = size
      continue
    }
    size = rows
    const parts = Math.ceil(rows / groupRows)
    const cut = (part: number): number => Math.round(start + ((end - start) * part) / parts)
    for (let part = 0; part < parts; part++)
      groups.push({ first: day, last: day, from: cut(part), to: cut(part + 1), rows: rows / parts })
  }
  return groups
}
