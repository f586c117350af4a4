import { type ColumnType, DAY_MS, EVENT_COLUMNS, type EventColumn, type StoredEvent } from '@analytics/protocol'
import type { DuckDBDataChunk, DuckDBType, DuckDBValue } from '@duckdb/node-api'
import type { DuckDb } from './database.js'

const COLUMNS = Object.entries(EVENT_COLUMNS) as [EventColumn, ColumnType][]

/** A data chunk holds no more rows. */
export const CHUNK_ROWS = 2048

/** Column types of the event table, in its order. */
export function eventTypes({ VARCHAR, DOUBLE, TIMESTAMP, INTEGER, DATE, BIGINT }: DuckDb): DuckDBType[] {
  const types = { text: VARCHAR, number: DOUBLE, time: TIMESTAMP, json: VARCHAR }
  return [
    ...COLUMNS.map(([column, type]) => (column === 'schemaVersion' ? INTEGER : types[type])),
    DATE,
    INTEGER,
    BIGINT,
  ]
}

/** Fills a chunk with up to {@link CHUNK_ROWS} events. */
export function fillChunk(
  duckdb: DuckDb,
  chunk: DuckDBDataChunk,
  events: readonly StoredEvent[],
  people: Int32Array,
  insertNumber: bigint,
): void {
  chunk.rowCount = events.length
  COLUMNS.forEach(([column, type], at) => {
    const values = events.map((event): DuckDBValue => {
      const value = event[column]
      if (value === null) return null
      if (type === 'time') return new duckdb.DuckDBTimestampValue(BigInt(value as number) * 1000n)
      return type === 'json' ? JSON.stringify(value) : (value as string | number)
    })
    chunk.setColumnValues(at, values)
  })
  const at = COLUMNS.length
  chunk.setColumnValues(
    at,
    events.map(({ eventTimestamp }) => new duckdb.DuckDBDateValue(Math.floor(eventTimestamp / DAY_MS))),
  )
  chunk.setColumnValues(at + 1, Array.from(people))
  chunk.setColumnValues(at + 2, Array(events.length).fill(insertNumber))
}
