import { chmodSync, copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Pool } from 'pg'
import { literal } from '../lib/duckdb.js'
import { withPostgres } from '../lib/postgres.js'
import { STEPS, WINDOW_DAYS } from './funnel-question.js'
import { CSV, type Way } from './funnel-way.js'

/** As one would set a server of analytics: all of it lies in memory, nothing is sorted on disk, both cores may work. */
const SETTINGS = {
  ...{ shared_buffers: '1GB', work_mem: '256MB', maintenance_work_mem: '512MB', max_wal_size: '4GB' },
  max_parallel_workers_per_gather: 2,
}

/** Postgres, on a table of three columns with an index for each of the two statements. */
export const postgresWay: Way = {
  async lend(folder, serve) {
    const served = await withPostgres(async ({ pool }) => {
      await fill(pool, join(folder, CSV))
      const { rows } = await pool.query<{ server_version: string }>('SHOW server_version')
      const engine = `Postgres ${Number.parseInt(rows[0]!.server_version, 10)}`
      await serve({
        [`${engine}, chain of joins`]: () => ask(pool, chainOfJoins()),
        [`${engine}, window functions`]: () => ask(pool, windowFunctions()),
      })
      return true
    }, SETTINGS)
    return served ? undefined : 'No Postgres found: set POSTGRES_BIN_PATH or install it.'
  },
}

async function fill(pool: Pool, csv: string): Promise<void> {
  await pool.query(
    'CREATE TABLE events (user_id text NOT NULL, event_type text NOT NULL, event_timestamp timestamptz NOT NULL)',
  )
  // The server may be another user's, who cannot look into this folder.
  const shared = mkdtempSync(join(tmpdir(), 'analytics-funnel-'))
  try {
    chmodSync(shared, 0o755)
    copyFileSync(csv, join(shared, CSV))
    chmodSync(join(shared, CSV), 0o644)
    await pool.query(`COPY events FROM ${literal(join(shared, CSV))} (FORMAT csv)`)
  } finally {
    rmSync(shared, { recursive: true, force: true })
  }
  await pool.query('CREATE INDEX ON events (event_type, user_id, event_timestamp)')
  await pool.query('CREATE INDEX ON events (user_id, event_timestamp) INCLUDE (event_type)')
  await pool.query('VACUUM ANALYZE events')
  await pool.query('CHECKPOINT')
}

async function ask(pool: Pool, text: string): Promise<number[]> {
  const { rows } = await pool.query<string[]>({ text, rowMode: 'array' })
  return rows[0]!.map(Number)
}

/**
 * Each event of a step joins those of the step before that are within the window of their first step, and keeps the newest
 * first step: it has the most time left. The fastest that was found, faster than a lateral look-up of each next step.
 */
function chainOfJoins(): string {
  const parts = STEPS.map((type, i) => {
    const ofType = `event_type = ${literal(type)}`
    if (i === 0)
      return `step0 AS (SELECT user_id, event_timestamp AS done, event_timestamp AS began FROM events WHERE ${ofType})`
    return `step${i} AS MATERIALIZED (
      SELECT DISTINCT ON (user_id, done) user_id, later.event_timestamp AS done, earlier.began
      FROM step${i - 1} earlier JOIN events later USING (user_id)
      WHERE later.${ofType} AND later.event_timestamp >= earlier.done
        AND later.event_timestamp <= earlier.began + interval '${WINDOW_DAYS} days'
      ORDER BY user_id, done, began DESC)`
  })
  const counts = STEPS.map((_, i) => `(SELECT count(DISTINCT user_id) FROM step${i})`)
  return `WITH ${parts.join(', ')} SELECT ${counts.join(', ')}`
}

/** Each event carries the newest first step of those before it that reached the step before: one pass a step, all in one order. */
function windowFunctions(): string {
  const reached = (i: number) => {
    const ofType = `event_type = ${literal(STEPS[i]!)}`
    return i === 0 ? ofType : `${ofType} AND done <= began${i - 1} + interval '${WINDOW_DAYS} days'`
  }
  const began = (i: number) => (i === 0 ? 'done' : `began${i - 1}`)
  const passes = STEPS.map((_, i) => {
    const value = `max(${began(i)}) FILTER (WHERE ${reached(i)}) OVER (PARTITION BY user_id ORDER BY done) AS began${i}`
    return `step${i} AS (SELECT *, ${value} FROM ${i === 0 ? 'steps' : `step${i - 1}`})`
  })
  const types = STEPS.map(literal).join(', ')
  const last = STEPS.length - 1
  const each = STEPS.map((_, i) => `bool_or(began${i} IS NOT NULL) AS reached${i}`)
  return `
    WITH steps AS (SELECT user_id, event_type, event_timestamp AS done FROM events WHERE event_type IN (${types})),
      ${passes.join(', ')}, people AS (SELECT ${each.join(', ')} FROM step${last} GROUP BY user_id)
    SELECT ${STEPS.map((_, i) => `count(*) FILTER (WHERE reached${i})`).join(', ')} FROM people`
}
