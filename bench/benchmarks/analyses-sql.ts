import { EVENTS_TABLE } from '../lib/hot-rows.js'

/** The best single statement found for each question, over the numbers of people. */
export const ANALYSES_SQL = {
  /** People of each pair of weeks: active in the first, and in the second too. */
  retention: `
    WITH active AS (SELECT DISTINCT person, date_trunc('week', event_timestamp) AS week FROM ${EVENTS_TABLE})
    SELECT first.week, later.week, count(*)::INTEGER AS people
    FROM active first JOIN active later ON first.person = later.person AND later.week >= first.week
    GROUP BY ALL ORDER BY ALL`,

  /** Distinct people of each day. */
  users: `SELECT event_day, count(DISTINCT person)::INTEGER AS people FROM ${EVENTS_TABLE} GROUP BY event_day ORDER BY event_day`,

  /** Sessions that went from one type of event to the next, repeats left out, within the first five. */
  journeys: `
    WITH gaps AS (
      SELECT person, event_type AS label, event_timestamp AS happened, lag(event_timestamp) OVER mine AS earlier
      FROM ${EVENTS_TABLE} WINDOW mine AS (PARTITION BY person ORDER BY event_timestamp)
    ), visits AS (
      SELECT person, label, happened, sum(CASE WHEN earlier IS NULL OR happened - earlier >= INTERVAL 30 MINUTE THEN 1 ELSE 0 END)
        OVER (PARTITION BY person ORDER BY happened) AS visit FROM gaps
    ), changes AS (
      SELECT *, lag(label) OVER (PARTITION BY person, visit ORDER BY happened) AS previous FROM visits
    ), steps AS (
      SELECT person, visit, label, happened, row_number() OVER (PARTITION BY person, visit ORDER BY happened) AS step
      FROM changes WHERE previous IS NULL OR previous <> label
    ), links AS (
      SELECT step, label, lead(label) OVER (PARTITION BY person, visit ORDER BY happened) AS following FROM steps
    )
    SELECT step, label, following, count(*)::INTEGER AS sessions FROM links
    WHERE following IS NOT NULL AND step < 5 GROUP BY ALL ORDER BY sessions DESC, label, following LIMIT 50`,
} as const
