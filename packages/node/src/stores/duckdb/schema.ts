import { FIRST_SEEN_RECORD, type RecordKind } from '@analytics/protocol'
import type { DuckDBConnection } from '@duckdb/node-api'
import { ulid } from 'ulid'
import { ddlStatements, schemaAction } from '../sql/ddl.js'
import { SCHEMA_VERSION, type Tables, tablesOf } from '../sql/tables.js'
import { rowsOf } from './database.js'
import { duckdbDdl } from './dialect.js'

/** Names of the tables under a prefix that was checked. */
export interface TableNames {
  tables: Tables
  events: string
  identities: string
  records(kind: RecordKind): string
}

/** The tables under a prefix. Each row of an event has the number of the insert that brought it, so that days can be sealed. */
export function tableNames(prefix: string): TableNames {
  const shared = tablesOf(prefix)
  const insertNumber = { name: 'insert_number', type: 'bigint', notNull: true } as const
  const tables: Tables = {
    ...shared,
    events: { ...shared.events, columns: [...shared.events.columns, insertNumber] },
  }
  return {
    tables,
    events: tables.events.name,
    identities: tables.identities.name,
    records: (kind) => tables.records[kind].name,
  }
}

/** Makes the tables or brings them up to date, or checks that they are. */
export async function setupSchema(
  connection: DuckDBConnection,
  names: TableNames,
  mode: 'auto' | 'check' | 'off',
): Promise<void> {
  if (mode === 'off') return
  const version = await schemaVersion(connection, names)
  const action = schemaAction(version, { mode, store: 'duckdb', prefix: names.tables.prefix })
  if (action === 'none') return
  for (const sql of ddlStatements(duckdbDdl, names.tables, version ?? 0)) await connection.run(sql)
  const meta = names.records('meta')
  const insert = `INSERT INTO ${meta} (record_key, version, body) VALUES (?, 1, ?)`
  await connection.run(`DELETE FROM ${meta} WHERE record_key = 'schema'`)
  await connection.run(insert, ['schema', JSON.stringify({ version: SCHEMA_VERSION })])
  if (action !== 'create') return
  await connection.run(insert, ['dictionary', JSON.stringify({ id: ulid() })])
  await connection.run(insert, [FIRST_SEEN_RECORD, '{}'])
}

async function schemaVersion(connection: DuckDBConnection, names: TableNames): Promise<number | undefined> {
  const meta = names.records('meta')
  const [table] = await rowsOf(connection, 'SELECT 1 FROM duckdb_tables() WHERE lower(table_name) = ?', [meta])
  if (!table) return undefined
  const [row] = await rowsOf(connection, `SELECT body FROM ${meta} WHERE record_key = 'schema'`)
  return row ? (JSON.parse(String(row[0])) as { version: number }).version : undefined
}
