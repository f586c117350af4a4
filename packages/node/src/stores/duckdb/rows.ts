import { type ColumnType, DAY_MS, EVENT_COLUMNS, type EventColumn, type StoredEvent } from '@analytics/protocol'
import type { DuckDBDataChunk, DuckDBType, DuckDBVector } from '@duckdb/node-api'
import type { DuckDb } from './database.js'

const COLUMNS = Object.entries(EVENT_COLUMNS) as [EventColumn, ColumnType][]

/** A data chunk holds no more rows. */
export const CHUNK_ROWS = 2048

/** Column types of a chunk of events, in the order of their table; instants are sent as milliseconds and cast by DuckDB. */
export function eventTypes({ VARCHAR, DOUBLE, TIMESTAMP_MS, INTEGER, DATE, BIGINT }: DuckDb): DuckDBType[] {
  const types = { text: VARCHAR, number: DOUBLE, time: TIMESTAMP_MS, json: VARCHAR }
  return [
    ...COLUMNS.map(([column, type]) => (column === 'schemaVersion' ? INTEGER : types[type])),
    DATE,
    INTEGER,
    BIGINT,
  ]
}

/** Fills a chunk with up to {@link CHUNK_ROWS} events. */
export function fillChunk(
  chunk: DuckDBDataChunk,
  events: readonly StoredEvent[],
  people: Int32Array,
  insertNumber: bigint,
): void {
  chunk.rowCount = events.length
  COLUMNS.forEach(([column, type], at) => {
    const vector = chunk.getColumnVector(at)
    if (type === 'time') fillTimes(vector, events, column)
    else {
      for (let i = 0; i < events.length; i++) {
        const value = events[i]![column] as string | number | null
        vector.setItem(i, type === 'json' && value !== null ? JSON.stringify(value) : value)
      }
    }
    vector.flush()
  })
  const at = COLUMNS.length
  const [days, numbers, inserts] = [at, at + 1, at + 2].map((column) => chunk.getColumnVector(column))
  const dayItems = itemsOf<Int32Array>(days!)
  for (let i = 0; i < events.length; i++) dayItems[i] = Math.floor(events[i]!.eventTimestamp / DAY_MS)
  itemsOf<Int32Array>(numbers!).set(people)
  itemsOf<BigInt64Array>(inserts!).fill(insertNumber)
  for (const vector of [days!, numbers!, inserts!]) vector.flush()
}

/** Writes instants as the two halves of their 64 bits: a BigInt of each would be an object of each. */
function fillTimes(vector: DuckDBVector, events: readonly StoredEvent[], column: EventColumn): void {
  const { buffer, byteOffset } = itemsOf<BigInt64Array>(vector)
  const halves = new Uint32Array(buffer, byteOffset, events.length * 2)
  for (let i = 0; i < events.length; i++) {
    const ms = events[i]![column] as number
    halves[2 * i] = ms >>> 0
    halves[2 * i + 1] = Math.floor(ms / 2 ** 32)
  }
}

/** The driver's declarations hide the array that a vector of numbers is written from. */
function itemsOf<Items>(vector: DuckDBVector): Items {
  return (vector as unknown as { items: Items }).items
}
