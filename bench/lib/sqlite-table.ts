import type { StoredEvent } from '@analytics/node'
import Database from 'better-sqlite3'
import { USERS } from './events.js'
import { eventColumns } from './events-sql.js'
import type { RowsOptions } from './hot-rows.js'

/** The columns of an event in the order of the table, and what they hold. */
const COLUMNS: readonly (readonly [keyof StoredEvent, 'TEXT' | 'REAL' | 'INTEGER'])[] = [
  ...(['eventId', 'eventType', 'eventCategory', 'eventAction', 'eventLabel'] as const).map(
    (name) => [name, 'TEXT'] as const,
  ),
  ['eventValue', 'REAL'],
  ...(['userId', 'anonymousId', 'sessionId', 'pageUrl', 'referrerUrl', 'userAgent'] as const).map(
    (name) => [name, 'TEXT'] as const,
  ),
  ...(['ipAddress', 'deviceType', 'browser', 'os', 'country', 'properties'] as const).map(
    (name) => [name, 'TEXT'] as const,
  ),
  ...(['schemaVersion', 'eventTimestamp', 'receivedTimestamp', 'processingTimestamp'] as const).map(
    (name) => [name, 'INTEGER'] as const,
  ),
]

const nameOf = (column: string): string => column.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/** A table whose primary key keeps duplicates out, with an index for timelines, filled with rows like those of a store. */
export function fillSqlite(path: string, { rows, from, to }: RowsOptions): void {
  const database = new Database(path)
  database.pragma('journal_mode = OFF')
  database.pragma('synchronous = OFF')
  const columns = COLUMNS.map(([name, type]) => `${nameOf(name)} ${type}${name === 'eventId' ? ' PRIMARY KEY' : ''}`)
  database.exec(`CREATE TABLE events (${columns.join(', ')})`)
  const names = 'ms, kind, product, person, tail'
  const chance = (below: number) => `abs(random() % ${below})`
  database.exec(`
    INSERT INTO events (
      event_id, event_type, event_category, event_action, event_label, event_value, user_id, session_id, page_url, user_agent,
      ip_address, device_type, browser, os, country, properties, schema_version, event_timestamp, received_timestamp,
      processing_timestamp)
    WITH RECURSIVE numbers (i) AS (SELECT 0 WHERE ${rows} > 0 UNION ALL SELECT i + 1 FROM numbers WHERE i + 1 < ${rows}),
    drawn (${names}) AS MATERIALIZED (
      SELECT CAST(${from} + i * ${(to - from) / Math.max(1, rows)} AS INTEGER), ${chance(1000)}, ${chance(1000)},
        CAST(${USERS} * pow(${chance(1_000_000)} / 1000000.0, 1.7) AS INTEGER), printf('%016X', random()) FROM numbers)
    SELECT ${eventColumns()}, ms, ms + 40, ms + 41 FROM drawn`)
  database.exec('CREATE INDEX events_user ON events (user_id, event_timestamp)')
  database.pragma('journal_mode = WAL')
  database.close()
}

/** What one writes first: one transaction a batch, durable when it returns. */
export function openSqlite(path: string) {
  const database = new Database(path)
  database.pragma('journal_mode = WAL')
  database.pragma('synchronous = FULL')
  // As much as duckdbStore takes by default.
  database.pragma('cache_size = -524288')
  const insert = database.prepare(`INSERT OR IGNORE INTO events VALUES (${COLUMNS.map(() => '?').join(', ')})`)
  return {
    /** Stores a batch in one commit; returns how many were new. */
    insert: database.transaction((batch: readonly StoredEvent[]): number => {
      let fresh = 0
      for (const event of batch) {
        const values = COLUMNS.map(([name]) => (name === 'properties' ? JSON.stringify(event.properties) : event[name]))
        fresh += insert.run(values).changes
      }
      return fresh
    }),
    close: () => database.close(),
  }
}
