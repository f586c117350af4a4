import { AnalyticsError, FIRST_SEEN_RECORD } from '@analytics/protocol'
import { ulid } from 'ulid'
import type { HotStore } from '../store.js'
import { type PostgresPool, postgresDatabase } from './postgres/database.js'
import { postgresDdl, postgresSequence } from './postgres/dialect.js'
import { postgresPartitions } from './postgres/partitions.js'
import { ddlStatements, schemaAction } from './sql/ddl.js'
import { type SqlSession, statement } from './sql/dialect.js'
import { checkedPrefix } from './sql/prefix.js'
import type { ServerDatabase } from './sql/server-database.js'
import { serverStore } from './sql/server-store.js'
import { SCHEMA_VERSION, type Tables, tablesOf } from './sql/tables.js'

export type { PostgresClient, PostgresPool } from './postgres/database.js'

/** Options of {@link postgresStore}. */
export interface PostgresStoreOptions {
  /** A `Pool` of the package `pg`. The store borrows connections and never ends it. */
  pool: PostgresPool
  /** In front of every table name: letters, digits and underscores, in lower case. @default 'pf_' */
  prefix?: string
}

/**
 * Keeps events in Postgres 14 or later: several processes share it, days are native partitions. Connections may have any
 * session zone, isolation level and collation. The tables lie in the first schema of the connection's `search_path`.
 * @example
 * const store = postgresStore({ pool: new pg.Pool({ connectionString: process.env.DATABASE_URL }) })
 */
export function postgresStore(options: PostgresStoreOptions): HotStore {
  if (typeof options?.pool?.connect !== 'function') {
    throw new AnalyticsError('invalid_options', 'pool is missing: pass a Pool of the package pg.', { field: 'pool' })
  }
  const tables = tablesOf(checkedPrefix(options.prefix))
  const database = postgresDatabase(options.pool, tables.events.name)
  return serverStore({
    name: 'postgres',
    database,
    tables,
    partitions: postgresPartitions(database, tables),
    setup: (mode) => setup(database, tables, mode),
  })
}

/** The statements that make the tables, or bring those of an earlier version up to date. */
export function postgresSchema({ prefix, from = 0 }: { prefix?: string; from?: number } = {}): string[] {
  const tables = tablesOf(checkedPrefix(prefix))
  return [...(from === 0 ? [postgresSequence(tables)] : []), ...ddlStatements(postgresDdl(tables), tables, from)]
}

async function setup(database: ServerDatabase, tables: Tables, mode: 'auto' | 'check' | 'off'): Promise<void> {
  if (mode === 'off') return
  const known = await database.read((session) => schemaVersion(session, database, tables))
  const context = { mode, store: 'postgres', prefix: tables.prefix }
  if (schemaAction(known, context) === 'none') return
  await database.write(async (session) => {
    const builder = statement(database.dialect)
    // One process makes the tables; others wait and find them made.
    await session.query(builder.build(`SELECT pg_advisory_xact_lock(hashtext(${builder.text(tables.events.name)}))`))
    const version = await schemaVersion(session, database, tables)
    if (schemaAction(version, context) === 'none') return
    await assertUtf8(session, database)
    for (const sql of postgresSchema({ prefix: tables.prefix, from: version ?? 0 }))
      await session.execute({ sql, binds: [] })
    await writeVersion(session, database, tables, version === undefined)
  })
}

async function schemaVersion(
  session: SqlSession,
  { dialect }: ServerDatabase,
  tables: Tables,
): Promise<number | undefined> {
  const meta = tables.records.meta.name
  const exists = statement(dialect)
  const [there] = await session.query(exists.build(`SELECT to_regclass(${exists.text(meta)})::text`))
  if ((there?.[0] ?? null) === null) return undefined
  const [row] = await session.query(statement(dialect).build(`SELECT body FROM ${meta} WHERE record_key = 'schema'`))
  return row ? (JSON.parse(String(row[0])) as { version: number }).version : undefined
}

async function writeVersion(
  session: SqlSession,
  { dialect }: ServerDatabase,
  tables: Tables,
  isNew: boolean,
): Promise<void> {
  const { meta } = tables.records
  await session.execute(statement(dialect).build(`DELETE FROM ${meta.name} WHERE record_key = 'schema'`))
  await session.insert(meta, [
    ['schema', 1, JSON.stringify({ version: SCHEMA_VERSION })],
    // Kept where it is there: the numbers of people outlive a migration.
    ['dictionary', 1, JSON.stringify({ id: ulid() })],
    ...(isNew ? [[FIRST_SEEN_RECORD, 1, '{}']] : []),
  ])
}

async function assertUtf8(session: SqlSession, { dialect }: ServerDatabase): Promise<void> {
  const [row] = await session.query(statement(dialect).build('SHOW server_encoding'))
  if (row?.[0] === 'UTF8') return
  throw new AnalyticsError(
    'schema_mismatch',
    `The database has the encoding ${row?.[0]}; events need UTF8. Create one with ENCODING 'UTF8'.`,
  )
}
