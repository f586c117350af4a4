import type { EventBatch, EventsRequest, NumberedEvent, ScanRequest, Seal, StoredEvent } from '@analytics/protocol'
import {
  type BoundStatement,
  boundTypes,
  type DuckDbSource,
  EVENT_SELECT,
  eventsOf,
  eventsStatement,
  scanBatch,
  scanStatement,
} from '@analytics/protocol/duckdb'
import type { DuckDBConnection, DuckDBDataChunk } from '@duckdb/node-api'
import type { HotRead } from '../../store.js'
import type { Database } from './database.js'
import { type DayGroup, dayGroups, exceptSeals, sealCondition } from './events.js'
import type { TableNames } from './schema.js'

/** Narrow rows that one statement sorts. */
const SCAN_ROWS = 200_000

/** Whole rows that one statement sorts, unless a limit makes it keep fewer. */
const EVENT_ROWS = 20_000

/** The rows of some days without those of the given seals. The days come from the table itself. */
function rowsOfDays(names: TableNames, { first, last }: DayGroup, { except = [] }: HotRead): DuckDbSource {
  const seals = except.filter(({ day }) => day >= first && day <= last)
  return { from: names.events, where: `event_day BETWEEN DATE '${first}' AND DATE '${last}'${exceptSeals(seals)}` }
}

/** The narrow scan: ordered statements over a few days each, read chunk by chunk as typed arrays. */
export async function* scanEvents(
  database: Database,
  names: TableNames,
  request: ScanRequest & HotRead,
): AsyncGenerator<EventBatch> {
  const groups = await database.read((connection) => dayGroups(connection, names, request, SCAN_ROWS))
  for (const days of groups) {
    const statement = scanStatement(rowsOfDays(names, days, request), request)
    for await (const chunk of chunksOf(database, statement, request.signal))
      yield scanBatch(chunk, request.columns ?? [])
  }
}

/** Whole events, day by day in the order asked for. */
export async function* readHotEvents(
  database: Database,
  names: TableNames,
  request: EventsRequest & HotRead,
): AsyncGenerator<readonly StoredEvent[]> {
  const groups = await database.read((connection) => dayGroups(connection, names, request, EVENT_ROWS))
  let left = request.limit ?? Number.POSITIVE_INFINITY
  for (const days of request.order === 'desc' ? groups.reverse() : groups) {
    if (left <= 0) return
    const statement = eventsStatement(rowsOfDays(names, days, request), { ...request, limit: left })
    for await (const chunk of chunksOf(database, statement, request.signal)) {
      left -= chunk.rowCount
      yield eventsOf(chunk)
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

/** Streams a statement's chunks on a connection of its own. An abort interrupts the statement, not only the loop. */
async function* chunksOf(
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
