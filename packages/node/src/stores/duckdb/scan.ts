import { setImmediate } from 'node:timers/promises'
import {
  DAY_MS,
  dayOf,
  dayStart,
  type EventBatch,
  type EventIdentity,
  type EventsRequest,
  type NumberedEvent,
  type ScanRequest,
  type Seal,
  type StoredEvent,
} from '@analytics/protocol'
import {
  type BoundStatement,
  boundTypes,
  type DuckDbChunks,
  type DuckDbSource,
  EVENT_SELECT,
  eventsOf,
  eventsStatement,
  mostScanRows,
  scanBatches,
  scanStatement,
} from '@analytics/protocol/duckdb'
import { peopleOfFilter } from '@analytics/protocol/filter'
import type { DuckDBConnection, DuckDBDataChunk } from '@duckdb/node-api'
import { readAhead } from '../../read-ahead.js'
import type { HotRead } from '../../store.js'
import type { Database } from './database.js'
import type { DayCounts } from './day-counts.js'
import { exceptSeals, type ReadGroup, readGroups, sealCondition } from './events.js'
import type { TableNames } from './schema.js'

/** Rows of one interval that are worth a statement. */
const JOINED_ROWS = 50_000

/** Whole rows that one statement looks at. */
const EVENT_ROWS = 20_000

/** Groups of these with which a read with a condition and a limit begins: it finds few of their rows. */
const FILTERED_GROUPS = 16

/** The same where the condition leaves few people: most rows are passed over by a number alone. */
const PERSON_GROUPS = 128

/** People whose numbers are looked up for a read. */
const LOOKUP_PEOPLE = 1000

/** What reads of events go by. */
export interface EventSource {
  database: Database
  names: TableNames
  days: DayCounts
  /** The numbers that these have, in order; below 0 where there is none. */
  knownNumbers(identities: readonly EventIdentity[]): Promise<Int32Array>
}

/** The numbers of the people whose events alone a read can find, where its filter names few. */
async function peopleOf(source: EventSource, { where }: Pick<ScanRequest, 'where'>): Promise<number[] | undefined> {
  const ids = where && peopleOfFilter(where)
  if (ids === undefined || ids.size > LOOKUP_PEOPLE) return undefined
  const identities = [...ids].flatMap((id) => [
    { userId: id, anonymousId: null },
    { userId: null, anonymousId: id },
  ])
  return [...(await source.knownNumbers(identities))].filter((number) => number >= 0)
}

/** Which rows of a group are read. */
interface RowsRead extends HotRead {
  /** Those of these people alone. */
  people: readonly number[] | undefined
}

/** The rows of a group without those of the given seals. The days come from the table itself. */
function rowsOfGroup(names: TableNames, group: ReadGroup, { except = [], people }: RowsRead): DuckDbSource {
  const { first, last, from, to } = group
  const seals = except.filter(({ day }) => day >= first && day <= last)
  const days = `event_day BETWEEN DATE '${first}' AND DATE '${last}'${exceptSeals(seals)}`
  const isWithin = from === dayStart(first) && to === dayStart(last) + DAY_MS
  if (people === undefined) return { from: names.events, where: days, isWithin }
  // Numbers are compared far faster than the ids that the filter compares once more.
  const some = people.length === 0 ? 'false' : `person IN (${people.join(', ')})`
  return { from: names.events, where: `${some} AND ${days}`, isWithin }
}

/** The narrow scan: statements over a few days each, one after the other. */
export async function* scanEvents(source: EventSource, request: ScanRequest & HotRead): AsyncGenerator<EventBatch> {
  const [first, ...others] = await source.days(request)
  if (!first) return
  const most = mostScanRows(request)
  // The first one alone: until it has come there is nothing to do for who consumes the rows.
  const groups = [...readGroups([first], request, most), ...readGroups(others, request, most)]
  const people = await peopleOf(source, request)
  const parts = groups.flatMap((group) => cutAt(group, request.intervals))
  yield* readAhead(parts.map((group) => () => scanGroup(source, group, { ...request, people })))
}

/** The group cut where intervals begin, unless its parts are too small: events of one interval are joined without being sorted. */
function cutAt(group: ReadGroup, intervals: Float64Array | undefined): ReadGroup[] {
  const { from, to, rows } = group
  const starts = [...(intervals ?? [])].filter((start) => start > from && start < to)
  const parts = starts.length + 1
  if (parts === 1 || rows / parts < JOINED_ROWS) return [group]
  const cuts = [from, ...starts, to]
  return cuts.slice(1).map((end, i) => {
    const [first, last] = [dayOf(cuts[i]!), dayOf(end - 1)]
    return { first, last, from: cuts[i]!, to: end, rows: rows / parts }
  })
}

async function* scanGroup(
  { database, names }: EventSource,
  group: ReadGroup,
  request: ScanRequest & RowsRead,
): AsyncGenerator<EventBatch> {
  const { signal } = request
  const part = { ...request, from: group.from, to: group.to }
  const statement = scanStatement(rowsOfGroup(names, group, request), part)
  for (const batch of scanBatches(await resultOf(database, statement, signal), statement)) {
    if (batch) yield batch
    // Nothing is waited for any more: others in the process have their turn.
    await setImmediate()
    signal?.throwIfAborted()
  }
}

/** Whole events, some at a time in the order asked for. */
export async function* readHotEvents(
  source: EventSource,
  request: EventsRequest & HotRead,
): AsyncGenerator<readonly StoredEvent[]> {
  const { order, signal } = request
  const { database, names } = source
  const small = readGroups(await source.days(request), request, EVENT_ROWS)
  if (order === 'desc') small.reverse()
  const people = await peopleOf(source, request)
  const first = people ? PERSON_GROUPS : request.where ? FILTERED_GROUPS : 1
  let left = request.limit ?? Number.POSITIVE_INFINITY
  for (const group of Number.isFinite(left) ? growing(small, first) : small) {
    if (left <= 0) return
    const { from, to } = group
    const statement = eventsStatement(rowsOfGroup(names, group, { ...request, people }), {
      ...request,
      from,
      to,
      limit: left,
    })
    for await (const chunk of chunksOf(database, statement, signal)) {
      left -= chunk.rowCount
      yield eventsOf(chunk)
    }
  }
}

/**
 * Groups joined, so many at first and twice as many each time. What has a limit is kept in bounded memory however much is looked at,
 * and ends early: most pages need few rows, while those of one person may need all, in few statements then.
 */
function* growing(groups: readonly ReadGroup[], first: number): Generator<ReadGroup> {
  for (let from = 0, size = first; from < groups.length; from += size, size *= 2) {
    const part = groups.slice(from, from + size)
    const [a, b] = [part[0]!, part.at(-1)!]
    const [low, high] = a.from <= b.from ? [a, b] : [b, a]
    yield {
      first: low.first,
      last: high.last,
      from: low.from,
      to: high.to,
      rows: part.reduce((sum, one) => sum + one.rows, 0),
    }
  }
}

/** The rows of a seal, unordered, with the numbers of their people. */
export async function* readSealedEvents(
  database: Database,
  names: TableNames,
  seal: Seal,
  signal?: AbortSignal,
): AsyncGenerator<readonly NumberedEvent[]> {
  const sql = `SELECT ${EVENT_SELECT}, person FROM ${names.events} WHERE ${sealCondition(seal)}`
  for await (const chunk of chunksOf(database, { sql, values: [] }, signal)) {
    const people = chunk.getColumnValues(chunk.columnCount - 1)
    yield eventsOf(chunk).map((event, i) => Object.assign(event, { person: Number(people[i]) }))
  }
}

/**
 * All that a statement gives: its chunks are then read without waiting for each, which takes less time than what is done with them. An abort
 * interrupts the statement.
 */
async function resultOf(
  database: Database,
  { sql, values }: BoundStatement,
  signal: AbortSignal | undefined,
): Promise<DuckDbChunks> {
  signal?.throwIfAborted()
  const connection = await database.connect()
  const interrupt = () => connection.interrupt()
  signal?.addEventListener('abort', interrupt, { once: true })
  try {
    return await connection.run(sql, values, boundTypes(values, database.duckdb))
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  } finally {
    signal?.removeEventListener('abort', interrupt)
    connection.closeSync()
  }
}

/** Streams a statement's chunks on a connection of its own. An abort interrupts the statement, not only the loop. */
export async function* chunksOf(
  database: Database,
  { sql, values }: BoundStatement,
  signal: AbortSignal | undefined,
): AsyncGenerator<DuckDBDataChunk> {
  signal?.throwIfAborted()
  const connection: DuckDBConnection = await database.connect()
  const interrupt = () => connection.interrupt()
  signal?.addEventListener('abort', interrupt, { once: true })
  let isAtEnd = false
  try {
    const result = await connection.stream(sql, values, boundTypes(values, database.duckdb))
    for (;;) {
      const chunk = await result.fetchChunk()
      signal?.throwIfAborted()
      isAtEnd = !chunk || chunk.rowCount === 0
      if (!chunk || isAtEnd) return
      yield chunk
    }
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  } finally {
    signal?.removeEventListener('abort', interrupt)
    // A stream that is left before its end holds the database's file open; the next statement ends it.
    if (!isAtEnd) await connection.run('SELECT 1').catch(() => {})
    connection.closeSync()
  }
}
