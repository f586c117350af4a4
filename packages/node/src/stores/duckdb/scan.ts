import { setImmediate } from 'node:timers/promises'
import type { EventBatch, EventsRequest, NumberedEvent, ScanRequest, Seal, StoredEvent } from '@analytics/protocol'
import {
  type BoundStatement,
  boundTypes,
  type DuckDbSource,
  EVENT_SELECT,
  eventsOf,
  eventsStatement,
  listedBatches,
  listedScanStatement,
  scanBatch,
  scanStatement,
} from '@analytics/protocol/duckdb'
import type { DuckDBConnection, DuckDBDataChunk } from '@duckdb/node-api'
import { readAhead } from '../../read-ahead.js'
import type { HotRead } from '../../store.js'
import type { Database } from './database.js'
import { exceptSeals, type ReadGroup, readGroups, sealCondition } from './events.js'
import type { TableNames } from './schema.js'

/** Rows that one statement of a narrow read looks at. */
const SCAN_ROWS = 1_000_000

/** Whole rows that one statement looks at. */
const EVENT_ROWS = 20_000

/** The rows of a group without those of the given seals. The days come from the table itself. */
function rowsOfGroup(names: TableNames, { first, last }: ReadGroup, { except = [] }: HotRead): DuckDbSource {
  const seals = except.filter(({ day }) => day >= first && day <= last)
  return { from: names.events, where: `event_day BETWEEN DATE '${first}' AND DATE '${last}'${exceptSeals(seals)}` }
}

/** The narrow scan: ordered statements over a few days each, read chunk by chunk as typed arrays. */
export async function* scanEvents(
  database: Database,
  names: TableNames,
  request: ScanRequest & HotRead,
): AsyncGenerator<EventBatch> {
  const groups = await database.read((connection) => readGroups(connection, names, request, SCAN_ROWS))
  yield* readAhead(groups.map((group) => () => scanGroup(database, names, group, request)))
}

async function* scanGroup(
  database: Database,
  names: TableNames,
  group: ReadGroup,
  request: ScanRequest & HotRead,
): AsyncGenerator<EventBatch> {
  const { columns = [], signal } = request
  const rows = rowsOfGroup(names, group, request)
  const part = { ...request, from: group.from, to: group.to }
  if (columns.length > 0) {
    for await (const chunk of chunksOf(database, scanStatement(rows, part), signal)) yield scanBatch(chunk, columns)
    return
  }
  for await (const chunk of chunksOf(database, listedScanStatement(rows, part), signal)) {
    for (const batch of listedBatches(chunk)) {
      yield batch
      // Nothing is waited for any more: others in the process have their turn.
      await setImmediate()
      signal?.throwIfAborted()
    }
  }
}

/** Whole events, some at a time in the order asked for. */
export async function* readHotEvents(
  database: Database,
  names: TableNames,
  request: EventsRequest & HotRead,
): AsyncGenerator<readonly StoredEvent[]> {
  const { order, signal } = request
  const groups = await database.read((connection) => readGroups(connection, names, request, EVENT_ROWS))
  let left = request.limit ?? Number.POSITIVE_INFINITY
  for (const group of order === 'desc' ? groups.reverse() : groups) {
    if (left <= 0) return
    const { from, to } = group
    const statement = eventsStatement(rowsOfGroup(names, group, request), { ...request, from, to, limit: left })
    for await (const chunk of chunksOf(database, statement, signal)) {
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
