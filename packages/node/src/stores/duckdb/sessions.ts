import { BUILT_IN_EVENTS } from '@analytics/protocol'
import type { DuckDBConnection } from '@duckdb/node-api'
import { CONVERSION_PROPERTY, SERVER_SESSION } from '../../sessions/session.js'
import { rowsOf } from './database.js'
import type { TableNames } from './schema.js'

/** Inserts by their numbers: those after the first, up to and with the last. */
export interface InsertRange {
  after: number
  last: number
}

/** Holds sessions until they are exchanged; it ends with its connection. */
const CHANGED = 'temp.changed_sessions'

/**
 * Finds the sessions with rows of some inserts, as they are with them. The same as `sessionsOf` and `mergeSessions`, as a
 * statement: rows that came from JavaScript a moment ago need not go back there. Nothing is changed yet.
 */
export async function changedSessions(
  connection: DuckDBConnection,
  { tables, events }: TableNames,
  range: InsertRange,
  now: number,
): Promise<void> {
  await connection.run(
    `CREATE OR REPLACE TEMP TABLE ${CHANGED} AS ${changedSessionsSql(tables.sessions.name, events, range, now)}`,
  )
}

/** Puts what {@link changedSessions} found in place of what the table has. */
export async function exchangeSessions(connection: DuckDBConnection, { tables }: TableNames): Promise<void> {
  const { name, columns } = tables.sessions
  const list = columns.map((column) => column.name).join(', ')
  await connection.run(`DELETE FROM ${name} WHERE rowid IN (SELECT place FROM ${CHANGED} WHERE place IS NOT NULL)`)
  await connection.run(`INSERT INTO ${name} (${list}) SELECT ${list} FROM ${CHANGED}`)
}

/** The hours that have rows of some inserts, as UTC milliseconds. */
export async function hoursOf(
  connection: DuckDBConnection,
  { events }: TableNames,
  range: InsertRange,
): Promise<number[]> {
  const sql = `SELECT DISTINCT epoch_ms(date_trunc('hour', event_timestamp))::DOUBLE FROM ${events} WHERE ${within(range)}`
  return (await rowsOf(connection, sql)).map(([hour]) => Number(hour))
}

/** The condition of rows that some inserts brought. */
export const within = ({ after, last }: InsertRange): string => `insert_number > ${after} AND insert_number <= ${last}`

/**
 * Sessions with rows in the range as they are with them. `place` is the row of a session that is there already.
 *
 * The parts of a session become one by rules that ignore their order. Numbers first: text, which only decides between equal
 * times, is then looked at in the few rows that begin or end something. Rows of the table are found by their keys first:
 * reading whole rows beside would read the whole table.
 */
function changedSessionsSql(sessions: string, events: string, range: InsertRange, now: number): string {
  const isConversion =
    `contains(properties, '"${CONVERSION_PROPERTY}"') AND ` +
    `TRY(json_extract(properties, '/${CONVERSION_PROPERTY}'))::VARCHAR = 'true'`
  const text = (name: string, column: string) => `'"${name}":' || to_json(${column})`
  const device = [text('deviceType', 'device_type'), text('browser', 'browser'), text('os', 'os')]
  return `
    WITH fresh AS (
      SELECT session_id, person, user_id, anonymous_id, event_timestamp AS instant, event_type = '${BUILT_IN_EVENTS.pageView}' AS is_view,
        CASE WHEN is_view THEN page_url END AS page, device_type, browser, os, country,
        CASE WHEN ${isConversion} THEN event_type END AS conversion,
        CASE WHEN conversion IS NOT NULL THEN coalesce(event_value, 0) ELSE 0 END AS value
      FROM ${events} WHERE ${within(range)} AND session_id <> '${SERVER_SESSION}'
    ), counts AS (
      SELECT session_id, person, any_value(user_id) AS user_id, min(anonymous_id) AS anonymous_id, min(instant) AS session_start,
        max(instant) AS session_end, count(*) FILTER (is_view) AS page_count, count(*) AS event_count,
        min(instant) FILTER (page IS NOT NULL) AS entry_at, max(instant) FILTER (page IS NOT NULL) AS exit_at, sum(value) AS session_value
      FROM fresh GROUP BY session_id, person
    ), ends AS (
      SELECT session_id, person, min(page) FILTER (instant = entry_at) AS entry_page, max(page) FILTER (instant = exit_at) AS exit_page,
        min(['{' || concat_ws(',', ${device.join(', ')}) || '}', '{' || coalesce(${text('country', 'country')}, '') || '}'])
          FILTER (instant = session_start) AS facts
      FROM fresh JOIN counts USING (session_id, person)
      WHERE instant = session_start OR instant = entry_at OR instant = exit_at GROUP BY session_id, person
    ), places AS (
      SELECT rowid AS place FROM ${sessions} WHERE (session_id, person) IN (SELECT session_id, person FROM counts)
    ), known AS (
      SELECT *, rowid AS place FROM ${sessions} WHERE rowid IN (SELECT place FROM places)
    ), parts AS (
      SELECT * EXCLUDE (facts), facts[1] AS device_info, facts[2] AS geo_location FROM counts JOIN ends USING (session_id, person)
      UNION ALL BY NAME SELECT * EXCLUDE (duration_seconds, conversion_events) FROM known
    ), counted AS (
      SELECT session_id, person, conversion, 1 AS times FROM fresh WHERE conversion IS NOT NULL
      UNION ALL SELECT session_id, person, unnest(map_keys(counts)), unnest(map_values(counts)) FROM (
        SELECT session_id, person, conversion_events::JSON::MAP(VARCHAR, BIGINT) AS counts FROM known
        WHERE conversion_events <> '{}')
    ), conversions AS (
      SELECT session_id, person, json_group_object(conversion, times) AS conversion_events FROM (
        SELECT session_id, person, conversion, sum(times)::BIGINT AS times FROM counted GROUP BY ALL)
      GROUP BY ALL
    ), merged AS (
      SELECT session_id, person, any_value(user_id) AS user_id, min(anonymous_id) AS anonymous_id,
        arg_min(device_info, (session_start, '[' || device_info || ',' || geo_location || ']')) AS device_info,
        arg_min(geo_location, (session_start, '[' || device_info || ',' || geo_location || ']')) AS geo_location,
        arg_min(entry_page, (entry_at, entry_page)) FILTER (entry_at IS NOT NULL) AS entry_page, min(entry_at) AS entry_at,
        arg_max(exit_page, (exit_at, exit_page)) FILTER (exit_at IS NOT NULL) AS exit_page, max(exit_at) AS exit_at,
        sum(page_count) AS page_count, sum(event_count) AS event_count, sum(session_value) AS session_value,
        max(place) AS place, coalesce(min(created_at), epoch_ms(${now})) AS created_at,
        min(session_start) AS session_start, max(session_end) AS session_end
      FROM parts GROUP BY session_id, person
    )
    SELECT merged.*, coalesce(conversion_events, '{}') AS conversion_events,
      (epoch_ms(session_end) - epoch_ms(session_start)) / 1000 AS duration_seconds
    FROM merged LEFT JOIN conversions USING (session_id, person)`
}
