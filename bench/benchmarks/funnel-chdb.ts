import { join } from 'node:path'
import { literal } from '../lib/duckdb.js'
import { STEPS, WINDOW_DAYS } from './funnel-question.js'
import { CSV, type Way } from './funnel-way.js'

const COLUMNS = "user_id String, event_type LowCardinality(String), event_timestamp DateTime64(3, 'UTC')"

/** `chdb`, or why it cannot be loaded: there is none for Windows and for Alpine. */
async function load(): Promise<typeof import('chdb') | string> {
  try {
    return await import('chdb')
  } catch (error) {
    return `No ClickHouse: chdb cannot be loaded. ${error instanceof Error ? error.message : String(error)}`
  }
}

/** ClickHouse inside of the process, on a table in the order that a funnel reads. */
export const chdbWay: Way = {
  /** A process of its own fills the table, whose memory is not that of the question. */
  async fill(folder) {
    const chdb = await load()
    if (typeof chdb === 'string') return
    const session = new chdb.Session(join(folder, 'clickhouse'))
    const run = (sql: string) => session.queryAsync(sql)
    await run(`CREATE TABLE events (${COLUMNS}) ENGINE MergeTree ORDER BY (user_id, event_timestamp)`)
    await run(`INSERT INTO events SELECT * FROM file(${literal(join(folder, CSV))}, CSV, ${literal(COLUMNS)})`)
    await run('OPTIMIZE TABLE events FINAL')
    session.close()
  },

  async lend(folder, serve) {
    const chdb = await load()
    if (typeof chdb === 'string') return chdb
    const session = new chdb.Session(join(folder, 'clickhouse'))
    const rowsOf = async (sql: string) =>
      (await session.queryAsync(sql, { format: 'JSONCompact' })).json<{ data: (string | number)[][] }>().data
    try {
      const [[version]] = (await rowsOf('SELECT version()')) as [[string]]
      const name = `ClickHouse ${version.split('.', 2).join('.')}, windowFunnel`
      await serve({ [name]: async () => (await rowsOf(windowFunnel()))[0]!.map(Number) })
    } finally {
      session.close()
    }
    return undefined
  },
}

/**
 * Without a mode: a later first step overwrites the earlier one, as in ours, and the window includes its end. It takes whole
 * numbers or seconds, so the milliseconds come as numbers. To group in the order of the table (`optimize_aggregation_in_order`) is slower.
 */
function windowFunnel(): string {
  const steps = STEPS.map((type) => `event_type = ${literal(type)}`).join(', ')
  const time = 'toUInt64(toUnixTimestamp64Milli(event_timestamp))'
  return `
    SELECT ${STEPS.map((_, i) => `countIf(level > ${i})`).join(', ')} FROM (
      SELECT windowFunnel(${WINDOW_DAYS * 86_400_000})(${time}, ${steps}) AS level
      FROM events WHERE event_type IN (${STEPS.map(literal).join(', ')}) GROUP BY user_id
    ) SETTINGS max_threads = 2`
}
