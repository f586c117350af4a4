import { execFileSync } from 'node:child_process'
import { postgresStore } from '@analytics/node/postgres'
import type { Pool } from 'pg'
import { USERS } from './events.js'
import { eventColumns } from './events-sql.js'
import type { RowsOptions } from './hot-rows.js'

const DAY_MS = 86_400_000

/** The tables of `postgresStore` with its default prefix. */
const EVENTS = 'pf_user_events'
const SESSIONS = 'pf_user_sessions_analytics'
const IDENTITIES = 'pf_analytics_identities'

/** Fills a new database with whole days of rows like those of the other stores, and with what inserting them would have left. */
export async function fillPostgres(pool: Pool, options: RowsOptions): Promise<void> {
  const { rows, from, to, users = USERS } = options
  await postgresStore({ pool }).setup('auto')
  if (rows === 0) return
  await pool.query(
    `INSERT INTO ${IDENTITIES} (person, user_id, created_at)
     SELECT i, 'user-' || i, to_timestamp(${from / 1000}) FROM generate_series(0, ${users - 1}) people (i)`,
  )
  await pool.query(`SELECT setval('pf_analytics_person_seq', ${users - 1})`)
  await setForFilling(pool, { fsync: 'off', max_wal_size: '16GB', maintenance_work_mem: '256MB' })
  const starts = Array.from({ length: Math.round((to - from) / DAY_MS) }, (_, i) => from + i * DAY_MS)
  const dayRows = Math.round(rows / starts.length)
  // Two at a time: as many as the machine that the figures are from has cores.
  for (let i = 0; i < starts.length; i += 2) {
    await Promise.all(starts.slice(i, i + 2).map((start) => fillDay(pool, start, dayRows, options)))
  }
  await setForFilling(pool, { fsync: undefined, max_wal_size: undefined, maintenance_work_mem: undefined })
  await pool.query('VACUUM ANALYZE')
  await pool.query('CHECKPOINT')
  // What was written meanwhile may still lie in memory, and would be written while others are measured.
  execFileSync('sync')
}

/** Changes settings of the server; undefined brings the default back. */
async function setForFilling(pool: Pool, settings: Readonly<Record<string, string | undefined>>): Promise<void> {
  for (const [name, value] of Object.entries(settings))
    await pool.query(value === undefined ? `ALTER SYSTEM RESET ${name}` : `ALTER SYSTEM SET ${name} = '${value}'`)
  await pool.query('SELECT pg_reload_conf()')
}

/** A partition gets its keys and indexes when it is attached: made at once, they take a fraction of the time. */
async function fillDay(
  pool: Pool,
  start: number,
  rows: number,
  { users = USERS, replace = [] }: RowsOptions,
): Promise<void> {
  const day = new Date(start).toISOString().slice(0, 10)
  const next = new Date(start + DAY_MS).toISOString().slice(0, 10)
  const table = `${EVENTS}_p${day.replaceAll('-', '')}`
  await pool.query(`CREATE TABLE ${table} (LIKE ${EVENTS} INCLUDING DEFAULTS)`)
  const names = [
    ...[
      'event_id',
      'event_type',
      'event_category',
      'event_action',
      'event_label',
      'event_value',
      'user_id',
      'session_id',
    ],
    ...[
      'page_url',
      'user_agent',
      'ip_address',
      'device_type',
      'browser',
      'os',
      'country',
      'properties',
      'schema_version',
    ],
  ]
  const replaced = new Map(replace.map((one) => one.split(' AS ').reverse() as [string, string]))
  const values = names.map((name) => `${replaced.get(name) ?? name}${name === 'properties' ? '::jsonb' : ''}`)
  await pool.query(
    `INSERT INTO ${table} (${names.join(', ')}, person, event_day, event_timestamp, received_timestamp, processing_timestamp)
     SELECT ${values.join(', ')}, person, '${day}', to_timestamp(ms / 1000.0), to_timestamp(ms / 1000.0), to_timestamp(ms / 1000.0)
     FROM (SELECT *, ${eventColumns()} FROM (
       SELECT ${start} + floor(i * ${DAY_MS / rows})::bigint AS ms, floor(random() * 1000)::int AS kind,
         floor(random() * 1000)::int AS product, floor(${users} * power(random(), 1.7))::int AS person,
         lpad(upper(to_hex(floor(random() * 9e15)::bigint)), 16, '0') AS tail,
         floor(random() * 1e9)::bigint AS h1, floor(random() * 1e9)::bigint AS h2
       FROM generate_series(0, ${rows - 1}) numbers (i)) drawn) made`,
  )
  await pool.query(`ALTER TABLE ${EVENTS} ATTACH PARTITION ${table} FOR VALUES FROM ('${day}') TO ('${next}')`)
  await pool.query(
    `INSERT INTO ${SESSIONS} (session_id, person, user_id, session_start, session_end, duration_seconds, page_count, event_count,
       device_info, geo_location, conversion_events, session_value, created_at)
     SELECT session_id, person, min(user_id), min(event_timestamp), max(event_timestamp), 0,
       count(*) FILTER (WHERE event_type = 'page_view'), count(*), '{}', '{}', '{}', 0, to_timestamp(${start / 1000})
     FROM ${table} GROUP BY session_id, person`,
  )
}
