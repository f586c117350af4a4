import type { Day, EventBatch, EventsRequest, NumberedEvent, ScanRequest, Seal, StoredEvent } from '@analytics/protocol'
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
import { daysWithin, exceptSeals, sealCondition } from './events.js'
import type { TableNames } from './schema.js'

/** The rows of one day without those of the given seals. The day comes from the table itself. */
function rowsOfDay(names: TableNames, day: Day, { except = [] }: HotRead): DuckDbSource {
  return { from: names.events, where: `event_day = DATE '${day}'${exceptSeals(except, day)}` }
}

/** The narrow scan: one ordered statement a day, read chunk by chunk as typed arrays. */
export async function* scanEvents(
  database: Database,
  names: TableNames,
  request: ScanRequest & HotRead,
): AsyncGenerator<EventBatch> {
  const days = await database.read((connection) => daysWithin(connection, names, request))
  for (const day of days) {
    const statement = scanStatement(rowsOfDay(names, day, request), request)
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
  const days = await database.read((connection) => daysWithin(connection, names, request))
  let left = request.limit ?? Number.POSITIVE_INFINITY
  for (const day of request.order === 'desc' ? days.reverse() : days) {
    if (left <= 0) return
    const statement = eventsStatement(rowsOfDay(names, day, request), { ...request, limit: left })
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
  try {
    const result = await connection.stream(sql, values, boundTypes(values, database.duckdb))
    for (;;) {
      const chunk = await result.fetchChunk()
      signal?.throwIfAborted()
      if (!chunk || chunk.rowCount === 0) return
      yield chunk
    }
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  } finally {
    signal?.removeEventListener('abort', interrupt)
    connection.closeSync()
  }
}
