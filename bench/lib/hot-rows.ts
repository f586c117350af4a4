import { duckdbStore } from '@analytics/node/duckdb'
import type { DuckDBConnection } from '@duckdb/node-api'
import { withDuckDb } from './duckdb.js'
import { USERS } from './events.js'
import { eventColumns } from './events-sql.js'

/** The tables of `duckdbStore` with its default prefix. */
export const EVENTS_TABLE = 'pf_user_events'
export const SESSIONS_TABLE = 'pf_user_sessions_analytics'
const IDENTITIES_TABLE = 'pf_analytics_identities'
const META_TABLE = 'pf_analytics_meta'

/** Rows spread evenly over a span of time. */
export interface RowsOptions {
  rows: number
  /** UTC milliseconds. */
  from: number
  to: number
  /** How many people there are at most. @default USERS */
  users?: number
  /** Columns that differ from those of a shop, as `expression AS column`; `h1` and `h2` are numbers drawn for a row. */
  replace?: readonly string[]
}

/** Events that one insert brought. */
const INSERT_ROWS = 500

/** Fills a new store's file, far faster than events would come in, with everything that inserting them would have left there. */
export async function fillStore(path: string, options: RowsOptions): Promise<void> {
  const { users = USERS, rows } = options
  const store = duckdbStore({ path })
  await store.setup('auto')
  await store.close()
  if (rows === 0) return
  await withDuckDb(path, async (connection) => {
    // It makes every session at once, which nothing that is measured does.
    await connection.run(`SET memory_limit = '4GB'`)
    await connection.run(
      `INSERT INTO ${IDENTITIES_TABLE} BY NAME SELECT i::INTEGER AS person, 'user-' || i AS user_id,
        epoch_ms(${options.from}) AS created_at FROM range(${users}) people(i)`,
    )
    await addEvents(connection, options)
    await connection.run(`INSERT INTO ${SESSIONS_TABLE} BY NAME ${sessionsSql(options.from)}`)
    // Otherwise the store would take these rows for what a killed process left, and make their sessions again.
    await connection.run(
      `INSERT INTO ${META_TABLE} (record_key, version, body) VALUES ('derived-through', 1, '${Math.ceil(rows / INSERT_ROWS)}')`,
    )
  })
}

/** Adds events alone to the file of a store, which must be closed. */
export async function addEvents(connection: DuckDBConnection, options: RowsOptions): Promise<void> {
  await connection.run(
    `INSERT INTO ${EVENTS_TABLE} BY NAME SELECT * EXCLUDE (i, h1, h2), event_timestamp::DATE AS event_day,
      1 + i // ${INSERT_ROWS} AS insert_number FROM (${rowsSql(options)})`,
  )
}

/** How many sessions of a store differ from what its rows say: none, unless something was lost. */
export async function differingSessions(connection: DuckDBConnection): Promise<number> {
  // It compares every session at once, which nothing that is measured does.
  await connection.run(`SET memory_limit = '4GB'`)
  const columns =
    'session_id, person, session_start, session_end, page_count, event_count, entry_page, entry_at, exit_page, exit_at'
  const sides = [`SELECT ${columns} FROM ${SESSIONS_TABLE}`, `SELECT ${columns} FROM (${sessionsSql(0)})`]
  const compare = ([a, b]: readonly string[]) => `(SELECT count(*) FROM (${a} EXCEPT ALL ${b}))`
  const sql = `SELECT (${compare(sides)} + ${compare(sides.toReversed())})::DOUBLE`
  return Number((await connection.runAndReadAll(sql)).getRows()[0]![0])
}

/** Rows as a SELECT, the same for the same options, in order of time. */
function rowsSql({ rows, from, to, users = USERS, replace = [] }: RowsOptions): string {
  const step = (to - from) / rows
  return `
    WITH drawn AS (
      SELECT i, (${from} + floor(i * ${step}))::BIGINT AS ms, hash(i + 1) AS h1, hash(i + 1, 7) AS h2
      FROM range(${rows}) numbers(i)
    ), chosen AS (
      SELECT *, (h1 % 1000)::INTEGER AS kind, (h2 % 1000)::INTEGER AS product, lpad(hex(h1), 16, '0') AS tail,
        floor(${users} * pow((h2 // 1000 % 1000000)::DOUBLE / 1000000, 1.7))::INTEGER AS person FROM drawn
    ), shop AS (
      SELECT i, h1, h2, person, ${eventColumns()}, epoch_ms(ms) AS event_timestamp, epoch_ms(ms + 40) AS received_timestamp,
        epoch_ms(ms + 41) AS processing_timestamp
      FROM chosen
    )
    SELECT *${replace.length > 0 ? ` REPLACE (${replace.join(', ')})` : ''} FROM shop`
}

/** The sessions of all rows. */
function sessionsSql(createdAt: number): string {
  const page = (name: string, value: string) => `${value} FILTER (event_type = 'page_view') AS ${name}`
  return `
    SELECT session_id, person, any_value(user_id) AS user_id, min(event_timestamp) AS session_start,
      max(event_timestamp) AS session_end, epoch_ms(max(event_timestamp) - min(event_timestamp)) / 1000 AS duration_seconds,
      ${page('page_count', 'count(*)')}, count(*) AS event_count,
      ${page('entry_page', 'arg_min(page_url, event_timestamp)')}, ${page('entry_at', 'min(event_timestamp)')},
      ${page('exit_page', 'arg_max(page_url, event_timestamp)')}, ${page('exit_at', 'max(event_timestamp)')},
      '{"deviceType":"desktop","browser":"Chrome","os":"Linux"}' AS device_info, '{"country":"PT"}' AS geo_location,
      '{}' AS conversion_events, 0 AS session_value, epoch_ms(${createdAt}) AS created_at
    FROM ${EVENTS_TABLE} GROUP BY session_id, person ORDER BY session_start`
}
