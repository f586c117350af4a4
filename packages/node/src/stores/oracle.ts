import { AnalyticsError, FIRST_SEEN_RECORD } from '@analytics/protocol'
import { ulid } from 'ulid'
import type { HotStore } from '../store.js'
import { defineOnce, type OracleDatabase, oracleDatabase } from './oracle/database.js'
import { oracleStatements } from './oracle/ddl.js'
import type { OracleVersion } from './oracle/dialect.js'
import type { OraclePool } from './oracle/driver.js'
import { oraNumber } from './oracle/errors.js'
import { oraclePartitions } from './oracle/partitions.js'
import { schemaAction } from './sql/ddl.js'
import { statement } from './sql/dialect.js'
import { checkedPrefix } from './sql/prefix.js'
import { serverStore } from './sql/server-store.js'
import { SCHEMA_VERSION, type Tables, tablesOf } from './sql/tables.js'

export type { OracleVersion } from './oracle/dialect.js'
export type { OracleConnection, OraclePool, OracleResultSet } from './oracle/driver.js'

/** Options of {@link oracleStore}. */
export interface OracleStoreOptions {
  /** A pool of the package `oracledb`, in thin or thick mode. The store borrows connections and never closes it. */
  pool: OraclePool
  /** In front of every table name: letters, digits and underscores. @default 'pf_' */
  prefix?: string
  /** Which release's types and SQL to use. `19c` also fits 21c. @default '19c' */
  version?: OracleVersion
  /** Time that one round trip may take, in ms; after it the connection is given up. @default 60000 */
  callTimeoutMs?: number
}

/**
 * Keeps events in Oracle Database 19c or later, Autonomous Database included: several processes share it, days are interval
 * partitions. Needs the package `oracledb`. What was tried on which server is said in the guide.
 * @example
 * const pool = await oracledb.createPool({ user, password, connectString, poolMax: 10 })
 * const store = oracleStore({ pool, version: '23ai' })
 */
export function oracleStore(options: OracleStoreOptions): HotStore {
  const { pool, version = '19c', callTimeoutMs = 60_000 } = options ?? {}
  if (typeof pool?.getConnection !== 'function') {
    throw new AnalyticsError('invalid_options', 'pool is missing: pass what oracledb.createPool resolves to.', {
      field: 'pool',
    })
  }
  if (version !== '19c' && version !== '23ai')
    throw new AnalyticsError('invalid_options', "version is neither '19c' nor '23ai'.", { field: 'version' })
  const tables = tablesOf(checkedPrefix(options.prefix))
  const database = oracleDatabase({ pool, version, callTimeoutMs })
  const clock = async () => {
    const sql = statement(database.dialect).build(`SELECT ${database.dialect.clock} FROM DUAL`)
    return Math.floor(Number((await database.read((session) => session.query(sql)))[0]?.[0]))
  }
  return serverStore({
    name: 'oracle',
    database,
    tables,
    partitions: oraclePartitions(database, tables, version, clock),
    setup: (mode) => setup(database, tables, version, mode),
  })
}

/** The statements that make the tables, or bring those of an earlier version up to date, without the `/` that ends each. */
export function oracleSchema({
  version = '19c',
  prefix,
  from = 0,
}: {
  version?: OracleVersion
  prefix?: string
  from?: number
} = {}): string[] {
  return oracleStatements(version, checkedPrefix(prefix), from)
}

async function setup(
  database: OracleDatabase,
  tables: Tables,
  version: OracleVersion,
  mode: 'auto' | 'check' | 'off',
): Promise<void> {
  if (mode === 'off') return
  await assertBinaryComparison(database)
  const known = await schemaVersion(database, tables)
  if (
    schemaAction(known, { mode, store: 'oracle', prefix: tables.prefix, options: ` --version ${version}` }) === 'none'
  )
    return
  for (const sql of oracleStatements(version, tables.prefix, known ?? 0)) await defineOnce(database, sql)
  const { meta } = tables.records
  await database.write(async (session) => {
    const body = statement(database.dialect)
    const update = `UPDATE ${meta.name} SET body = ${body.longText(JSON.stringify({ version: SCHEMA_VERSION }))}`
    await session.execute(body.build(`${update} WHERE record_key = ${body.text('schema')}`))
    await session.insert(meta, [
      ['schema', 1, JSON.stringify({ version: SCHEMA_VERSION })],
      // Kept where it is there: the numbers of people outlive a migration.
      ['dictionary', 1, JSON.stringify({ id: ulid() })],
      ...(known === undefined ? [[FIRST_SEEN_RECORD, 1, '{}']] : []),
    ])
  })
}

async function schemaVersion(
  { dialect, read }: OracleDatabase,
  { records: { meta } }: Tables,
): Promise<number | undefined> {
  const schema = statement(dialect)
  const sql = schema.build(`SELECT body FROM ${meta.name} WHERE record_key = ${schema.text('schema')}`)
  try {
    const [row] = await read((session) => session.query(sql))
    return row ? (JSON.parse(String(row[0])) as { version: number }).version : undefined
  } catch (error) {
    // No such table, or none that this user may read: both are for the DBA.
    if (oraNumber(error) === 942) return undefined
    throw error
  }
}

/** Pages of records and sessions compare text; with a linguistic order they would skip some. */
async function assertBinaryComparison({ dialect, read }: OracleDatabase): Promise<void> {
  const builder = statement(dialect)
  const sql = `SELECT value FROM nls_session_parameters WHERE parameter = ${builder.text('NLS_COMP')}`
  const [row] = await read((session) => session.query(builder.build(sql)))
  if (row === undefined || row[0] === 'BINARY') return
  throw new AnalyticsError(
    'schema_mismatch',
    `Sessions compare text by NLS_COMP=${row[0]}; the store needs BINARY, which is the default.`,
  )
}
