import {
  AnalyticsError,
  type ColumnType,
  columnName,
  EVENT_COLUMNS,
  type EventColumn,
  type RecordKind,
} from '@analytics/protocol'
import type { DuckDBConnection } from '@duckdb/node-api'
import { ulid } from 'ulid'
import { type ProjectedType, RECORD_TABLES } from '../sql/records.js'
import { rowsOf } from './database.js'

/** Version of the tables that this code makes and reads. */
export const SCHEMA_VERSION = 1

const COLUMN_TYPES: Readonly<Record<ColumnType, string>> = {
  text: 'VARCHAR',
  number: 'DOUBLE',
  time: 'TIMESTAMP',
  json: 'VARCHAR',
}

const PROJECTED_TYPES: Readonly<Record<ProjectedType, string>> = {
  text: 'VARCHAR',
  number: 'BIGINT',
  time: 'TIMESTAMP',
}

/** Names of the tables under a prefix that was checked when the options were. */
export interface TableNames {
  events: string
  identities: string
  records(kind: RecordKind): string
}

/** The tables under a prefix. */
export function tableNames(prefix: string): TableNames {
  return {
    events: `${prefix}user_events`,
    identities: `${prefix}analytics_identities`,
    records: (kind) => `${prefix}${RECORD_TABLES[kind].table}`,
  }
}

/** The columns of the event table beyond those of an event: its UTC day, its person's number, and which insert brought it. */
export const EXTRA_COLUMNS = { event_day: 'DATE', person: 'INTEGER', insert_number: 'BIGINT' } as const

/** DDL of version 1. There is no primary key: its index would cost memory and time as the table grows; inserts look ids up. */
export function createStatements(names: TableNames): string[] {
  const notNull = new Set<EventColumn>(['eventId', 'eventType', 'sessionId', 'eventTimestamp', 'schemaVersion'])
  const columns = Object.entries(EVENT_COLUMNS).map(
    ([column, type]) =>
      `${columnName(column as EventColumn)} ${column === 'schemaVersion' ? 'INTEGER' : COLUMN_TYPES[type]}${notNull.has(column as EventColumn) ? ' NOT NULL' : ''}`,
  )
  const extra = Object.entries(EXTRA_COLUMNS).map(([column, type]) => `${column} ${type} NOT NULL`)
  const records = (Object.keys(RECORD_TABLES) as RecordKind[]).map((kind) => {
    const projected = Object.values(RECORD_TABLES[kind].projected).map(
      ({ column, type }) => `, ${column} ${PROJECTED_TYPES[type]}`,
    )
    return `CREATE TABLE IF NOT EXISTS ${names.records(kind)} (record_key VARCHAR NOT NULL, version BIGINT NOT NULL, body VARCHAR NOT NULL${projected.join('')})`
  })
  return [
    ...records,
    `CREATE TABLE IF NOT EXISTS ${names.events} (${[...columns, ...extra].join(', ')})`,
    `CREATE TABLE IF NOT EXISTS ${names.identities} (person INTEGER NOT NULL, user_id VARCHAR, anonymous_id VARCHAR, linked_person INTEGER, linked_at BIGINT)`,
  ]
}

/** Makes the tables, or checks that they are there in this version. */
export async function setupSchema(
  connection: DuckDBConnection,
  names: TableNames,
  mode: 'auto' | 'check' | 'off',
): Promise<void> {
  if (mode === 'off') return
  const [table] = await rowsOf(connection, 'SELECT 1 FROM duckdb_tables() WHERE table_name = ?', [
    names.records('meta'),
  ])
  if (table) return assertVersion(connection, names)
  if (mode === 'check') {
    throw new AnalyticsError(
      'schema_mismatch',
      `The table ${names.events} is missing: open the store once with schema: 'auto'.`,
    )
  }
  for (const statement of createStatements(names)) await connection.run(statement)
  const insert = `INSERT INTO ${names.records('meta')} (record_key, version, body) VALUES (?, 1, ?)`
  await connection.run(insert, ['schema', JSON.stringify({ version: SCHEMA_VERSION })])
  await connection.run(insert, ['dictionary', JSON.stringify({ id: ulid() })])
}

async function assertVersion(connection: DuckDBConnection, names: TableNames): Promise<void> {
  const [row] = await rowsOf(connection, `SELECT body FROM ${names.records('meta')} WHERE record_key = 'schema'`)
  const version = (JSON.parse(String(row?.[0] ?? '{}')) as { version?: number }).version
  if (version === SCHEMA_VERSION) return
  throw new AnalyticsError(
    'schema_mismatch',
    `The database has schema version ${version ?? 'unknown'}, this code reads version ${SCHEMA_VERSION}: use the release that made it.`,
  )
}
