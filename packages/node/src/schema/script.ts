import { AnalyticsError, FIRST_SEEN_RECORD } from '@analytics/protocol'
import { ulid } from 'ulid'
import { duckdbSchema } from '../stores/duckdb.js'
import { type OracleVersion, oracleSchema } from '../stores/oracle.js'
import { postgresSchema } from '../stores/postgres.js'
import { checkedPrefix } from '../stores/sql/prefix.js'
import { SCHEMA_VERSION, tablesOf } from '../stores/sql/tables.js'

/** Databases whose tables can be printed. */
export const SCHEMA_STORES = ['oracle', 'postgres', 'duckdb'] as const

/** A database whose tables can be printed. */
export type SchemaStore = (typeof SCHEMA_STORES)[number]

/** What is printed. */
export interface SchemaScriptOptions {
  store: SchemaStore
  prefix?: string | undefined
  /** Brings the tables of this earlier version up to date, instead of making them. */
  from?: number | undefined
  /** Oracle's release. @default '19c' */
  version?: OracleVersion | undefined
}

/** The script that a DBA runs: DDL, and the record of the version that `schema: 'check'` looks for. */
export function schemaScript({ store, prefix, from = 0, version = '19c' }: SchemaScriptOptions): string {
  if (!Number.isInteger(from) || from < 0 || from >= SCHEMA_VERSION) {
    const versions = Array.from({ length: SCHEMA_VERSION - 1 }, (_, i) => i + 1).join(', ')
    throw new AnalyticsError('invalid_options', `from is no earlier version; there is ${versions}.`, { field: 'from' })
  }
  const options = { from, ...(prefix === undefined ? {} : { prefix }) }
  const ddl =
    store === 'oracle'
      ? oracleSchema({ ...options, version })
      : store === 'postgres'
        ? postgresSchema(options)
        : duckdbSchema(options)
  const statements = [...ddl, ...versionStatements(checkedPrefix(prefix), from)]
  // What SQL*Plus and SQLcl end a statement with, and what everybody else does.
  if (store === 'oracle') return [...statements, 'COMMIT'].map((sql) => `${sql}\n/\n`).join('\n')
  return ['BEGIN', ...statements, 'COMMIT'].map((sql) => `${sql};\n`).join('\n')
}

/** Literals of our own making only. */
function versionStatements(prefix: string, from: number): string[] {
  const meta = tablesOf(prefix).records.meta.name
  const body = `'${JSON.stringify({ version: SCHEMA_VERSION })}'`
  if (from > 0) return [`UPDATE ${meta} SET body = ${body} WHERE record_key = 'schema'`]
  const insert = (key: string, value: string) =>
    `INSERT INTO ${meta} (record_key, version, body) VALUES ('${key}', 1, ${value})`
  return [
    insert('schema', body),
    insert('dictionary', `'${JSON.stringify({ id: ulid() })}'`),
    insert(FIRST_SEEN_RECORD, `'{}'`),
  ]
}
