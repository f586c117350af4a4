import type { StoredEvent } from '@analytics/node'
import {
  DOUBLE,
  type DuckDBConnection,
  DuckDBDataChunk,
  DuckDBTimestampValue,
  type DuckDBType,
  type DuckDBValue,
  INTEGER,
  TIMESTAMP,
  VARCHAR,
} from '@duckdb/node-api'
import { withDuckDb } from './duckdb.js'
import { type RowsOptions, rowsSql } from './hot-rows.js'

/** The columns of an event in the order of the table; what is not named here is text. */
const COLUMNS: readonly (keyof StoredEvent)[] = [
  ...(['eventId', 'eventType', 'eventCategory', 'eventAction', 'eventLabel', 'eventValue', 'userId'] as const),
  ...(['anonymousId', 'sessionId', 'pageUrl', 'referrerUrl', 'userAgent', 'ipAddress', 'deviceType'] as const),
  ...(['browser', 'os', 'country', 'properties', 'schemaVersion'] as const),
  ...(['eventTimestamp', 'receivedTimestamp', 'processingTimestamp'] as const),
]

const TYPES: Partial<Record<keyof StoredEvent, DuckDBType>> = {
  eventValue: DOUBLE,
  schemaVersion: INTEGER,
  eventTimestamp: TIMESTAMP,
  receivedTimestamp: TIMESTAMP,
  processingTimestamp: TIMESTAMP,
}

const typeOf = (column: keyof StoredEvent): DuckDBType => TYPES[column] ?? VARCHAR
const nameOf = (column: string): string => column.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

function createStatement(kind: string, name: string, key: string): string {
  const columns = COLUMNS.map((column) => `${nameOf(column)} ${typeOf(column)}`)
  return `CREATE ${kind} ${name} (${columns.join(', ')}${key})`
}

/** A table whose primary key keeps duplicates out, filled with the rows that a store would have. */
export async function fillNaive(path: string, options: RowsOptions): Promise<void> {
  await withDuckDb(path, async (connection) => {
    await connection.run(createStatement('TABLE', 'events', ', PRIMARY KEY (event_id)'))
    await connection.run(`INSERT INTO events BY NAME SELECT * EXCLUDE who FROM (${rowsSql(options)})`)
  })
}

/** What one writes first: rows go to a staging table, and from there to the table unless their key is there. */
export async function openNaive(connection: DuckDBConnection) {
  await connection.run(createStatement('TEMP TABLE', 'staged', ''))
  return {
    /** Stores a batch in one commit; resolves to how many were new. */
    async insert(batch: readonly StoredEvent[]): Promise<number> {
      await connection.run('BEGIN')
      const appender = await connection.createAppender('staged', 'main', 'temp')
      appender.appendDataChunk(chunkOf(batch))
      appender.closeSync()
      const { rowsChanged } = await connection.run('INSERT OR IGNORE INTO events SELECT * FROM staged')
      await connection.run('DELETE FROM staged')
      await connection.run('COMMIT')
      return rowsChanged
    },
  }
}

function chunkOf(batch: readonly StoredEvent[]): DuckDBDataChunk {
  const chunk = DuckDBDataChunk.create(COLUMNS.map(typeOf), batch.length)
  COLUMNS.forEach((column, at) => {
    const values = batch.map((event): DuckDBValue => {
      const value = event[column]
      if (typeOf(column) === TIMESTAMP) return new DuckDBTimestampValue(BigInt(value as number) * 1000n)
      return value !== null && typeof value === 'object' ? JSON.stringify(value) : value
    })
    chunk.setColumnValues(at, values)
  })
  return chunk
}
