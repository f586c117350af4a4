import { FIRST_SEEN_RECORD, type RecordStore, type StoredEvent } from '@analytics/protocol'
import { compareText } from '@analytics/protocol/filter'
import type { FirstSeenStore } from '../../store.js'
import { parts, type SqlDialect, type SqlSession, type SqlValue, statement } from './dialect.js'
import type { ServerDatabase } from './server-database.js'
import { selectAll } from './sessions.js'
import type { Table, Tables } from './tables.js'

/** When an id first did something. */
export interface FirstSeen {
  person: number
  eventType: string
  /** UTC milliseconds. */
  at: number
}

const keyOf = (person: number, eventType: string): string => `${person} ${eventType}`

/** Takes events in: what stays is the earliest of each id and type, by a key of both. */
export function collectFirstSeen(
  found: Map<string, FirstSeen>,
  events: readonly StoredEvent[],
  people: ArrayLike<number>,
): void {
  for (const [i, { eventType, eventTimestamp }] of events.entries()) {
    const person = people[i]!
    const key = keyOf(person, eventType)
    const known = found.get(key)
    if (!known) found.set(key, { person, eventType, at: eventTimestamp })
    else known.at = Math.min(known.at, eventTimestamp)
  }
}

/**
 * Adds what new events were the first to do, in their transaction. What is missing is inserted first: whoever finds it taken waits
 * for the other writer, and then looks again, at rows that are locked. Both go by one order, so that no two writers wait in a circle.
 */
export async function addFirstSeen(
  session: SqlSession,
  { dialect, table }: { dialect: SqlDialect; table: Table },
  found: ReadonlyMap<string, FirstSeen>,
): Promise<void> {
  const there = await rowsOf(session, { dialect, table }, [...found.values()])
  const known = new Map(there.map((row) => [rowKey(row), row]))
  const missing = [...found].filter(([key]) => !known.has(key)).map(([, one]) => one)
  const inserted = await session.insert(table, missing.sort(compareFirsts).map(toRow))
  const changed = [
    ...missing.filter((_, i) => !inserted[i]),
    ...[...found].filter(([key, { at }]) => at < instantOf(known.get(key))).map(([, one]) => one),
  ]
  const locked = await rowsOf(session, { dialect, table, locks: true }, changed.sort(compareFirsts))
  const earlier = locked.flatMap((row) => {
    const one = found.get(rowKey(row))
    return one && one.at < instantOf(row) ? [toRow(one)] : []
  })
  await session.update(table, earlier)
}

const toRow = ({ person, eventType, at }: FirstSeen): SqlValue[] => [person, eventType, at]
const rowKey = ([person, eventType]: readonly SqlValue[]): string => keyOf(Number(person), String(eventType))
const instantOf = (row: readonly SqlValue[] | undefined): number => Number(row?.[2] ?? Number.NEGATIVE_INFINITY)

const compareFirsts = (a: FirstSeen, b: FirstSeen): number =>
  a.person - b.person || compareText(a.eventType, b.eventType)

/** The rows of these ids and types, and perhaps some more of them; locked in order of their keys, where they are to change. */
async function rowsOf(
  session: SqlSession,
  { dialect, table, locks = false }: { dialect: SqlDialect; table: Table; locks?: boolean },
  wanted: readonly FirstSeen[],
): Promise<SqlValue[][]> {
  const rows: SqlValue[][] = []
  const lock = locks ? ` ORDER BY person, ${dialect.codePoints('event_type')} ${dialect.forUpdate}` : ''
  for (const some of parts(wanted)) {
    const builder = statement(dialect)
    const people = builder.isAnyInteger('person', [...new Set(some.map(({ person }) => person))])
    const types = builder.isAnyText('event_type', [...new Set(some.map(({ eventType }) => eventType))])
    const sql = `SELECT ${selectAll(dialect, table)} FROM ${table.name} WHERE ${people} AND ${types}${lock}`
    rows.push(...(await session.query(builder.build(sql))))
  }
  return rows
}

/** Whether a data set has the record that says so. */
export const isWholeBy = (records: Pick<RecordStore, 'get'>) => async (): Promise<boolean> =>
  (await records.get('meta', FIRST_SEEN_RECORD)) !== undefined

/** Reads the table of a server database. */
export function sqlFirstSeen(database: ServerDatabase, { firstSeen }: Tables, records: RecordStore): FirstSeenStore {
  const { dialect } = database
  return {
    async *read({ eventTypes, signal } = {}) {
      const builder = statement(dialect)
      const where = eventTypes === undefined ? '' : ` WHERE ${builder.isAnyText('event_type', eventTypes)}`
      const first = dialect.msOf('MIN(first_at)')
      const query = builder.build(`SELECT person, ${first} FROM ${firstSeen.name}${where} GROUP BY person`)
      for await (const rows of database.stream(async () => query, { signal })) {
        const person = Int32Array.from(rows, ([one]) => Number(one))
        yield { length: rows.length, person, time: Float64Array.from(rows, ([, at]) => Number(at)) }
      }
    },
    isWhole: isWholeBy(records),
  }
}
