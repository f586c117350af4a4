import { literal } from '../lib/duckdb.js'
import { EVENTS_TABLE } from '../lib/hot-rows.js'

/** What the statement asks. */
export interface SqlFunnel {
  /** The column that tells people apart. */
  key: 'user_id' | 'hash(user_id)' | 'person'
  steps: readonly string[]
  windowDays: number
  /** The folder of the objects, where some days lie there. */
  cold: string | undefined
}

/**
 * The ordered funnel in SQL alone: each event of a step joins the newest event of the step before that is still within the
 * window of its first step. Later events never carry an older first step, so the newest is the one with the most time left.
 */
export function asofFunnel({ key, steps, windowDays, cold }: SqlFunnel): string {
  const columns = `${key} AS who, event_type, event_timestamp AS done`
  const files = cold === undefined ? undefined : literal(`${cold}/events/**/*.parquet`)
  const union = files ? ` UNION ALL SELECT ${columns} FROM read_parquet(${files}, hive_partitioning = false)` : ''
  const chain = steps.map((type, i) => {
    const ofType = `SELECT who, done FROM source WHERE event_type = ${literal(type)}`
    if (i === 0) return `step0 AS (SELECT who, done, done AS began FROM (${ofType}))`
    return `step${i} AS (
      SELECT later.who, later.done, earlier.began FROM (${ofType}) later
      ASOF JOIN step${i - 1} earlier ON later.who = earlier.who AND later.done >= earlier.done
      WHERE later.done - earlier.began <= INTERVAL ${windowDays} DAY)`
  })
  const counts = steps.map((_, i) => `(SELECT count(DISTINCT who) FROM step${i})::INTEGER`)
  return `WITH source AS (SELECT ${columns} FROM ${EVENTS_TABLE}${union}), ${chain.join(', ')} SELECT ${counts.join(', ')}`
}
