import type { RecordStore } from '@analytics/protocol'
import { numbersOf } from '@analytics/protocol/duckdb'
import type { DuckDBConnection } from '@duckdb/node-api'
import type { FirstSeenStore } from '../../store.js'
import { isWholeBy } from '../sql/first-seen.js'
import type { Database } from './database.js'
import { chunksOf } from './scan.js'
import type { TableNames } from './schema.js'
import { type InsertRange, within } from './sessions.js'

/** Holds rows until they are exchanged; it ends with its connection. */
const CHANGED = 'temp.changed_first_seen'

/**
 * Finds what ids did first, or earlier than was known, in some inserts. `place` is the row of what is there already. Nothing is
 * changed yet.
 */
export async function changedFirstSeen(
  connection: DuckDBConnection,
  { tables, events }: TableNames,
  range: InsertRange,
): Promise<void> {
  // What is known is narrowed by the few rows that are new: joined as it is, the whole table would be held.
  const known = `SELECT *, rowid AS place FROM ${tables.firstSeen.name}`
  await connection.run(`
    CREATE OR REPLACE TEMP TABLE ${CHANGED} AS
    WITH fresh AS MATERIALIZED (
      SELECT person, event_type, min(event_timestamp) AS first_at FROM ${events} WHERE ${within(range)} GROUP BY ALL
    ), known AS (${known} WHERE (person, event_type) IN (SELECT person, event_type FROM fresh))
    SELECT person, event_type, fresh.first_at, place FROM fresh LEFT JOIN known USING (person, event_type)
    WHERE place IS NULL OR fresh.first_at < known.first_at`)
}

/** Puts what {@link changedFirstSeen} found in place of what the table has. */
export async function exchangeFirstSeen(connection: DuckDBConnection, { tables }: TableNames): Promise<void> {
  const { name } = tables.firstSeen
  await connection.run(`DELETE FROM ${name} WHERE rowid IN (SELECT place FROM ${CHANGED} WHERE place IS NOT NULL)`)
  await connection.run(`INSERT INTO ${name} SELECT person, event_type, first_at FROM ${CHANGED}`)
}

/** Reads the table, once it is up to date. */
export function duckdbFirstSeen({
  database,
  names,
  records,
  settle,
}: {
  database: () => Promise<Database>
  names: TableNames
  records: RecordStore
  settle: () => Promise<void>
}): FirstSeenStore {
  return {
    async *read({ eventTypes, signal } = {}) {
      await settle()
      const listed = eventTypes?.map((_, i) => `$${i + 1}`).join(', ')
      // Of no type there is nothing, and `IN ()` is no SQL.
      const where = listed === undefined ? '' : ` WHERE ${listed === '' ? 'false' : `event_type IN (${listed})`}`
      const first = 'epoch_ms(min(first_at))::DOUBLE'
      const sql = `SELECT person, ${first} FROM ${names.tables.firstSeen.name}${where} GROUP BY person`
      for await (const chunk of chunksOf(await database(), { sql, values: [...(eventTypes ?? [])] }, signal)) {
        const [person, time] = [chunk.getColumnVector(0), chunk.getColumnVector(1)]
        yield { length: chunk.rowCount, person: numbersOf<Int32Array>(person), time: numbersOf<Float64Array>(time) }
      }
    },
    isWhole: isWholeBy(records),
  }
}
