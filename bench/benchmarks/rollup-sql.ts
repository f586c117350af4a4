/**
 * The plain alternative: the fastest single statement found that writes what `rollups.compute` writes of a day, with what only
 * DuckDB has (histograms, distinct lists). Where `compute` takes any dialect.
 */
export function dailyMetricsSql(day: string): string {
  return `
    WITH counted AS (
      SELECT coalesce(identity.linked_person, event.person) AS who, session_id, event_type, event_category, event_action,
        event_label, event_value, page_url, event_timestamp
      FROM pf_user_events event LEFT JOIN pf_analytics_identities identity ON identity.person = event.person
      WHERE event_day = DATE '${day}'
    ), totals AS (
      SELECT who, count(*) AS total_events, count(*) FILTER (event_type = 'page_view') AS page_views,
        count(DISTINCT page_url) FILTER (event_type = 'page_view') AS unique_pages,
        to_json(histogram(event_action) FILTER (event_action IS NOT NULL)) AS actions_performed,
        to_json(list_sort(list(DISTINCT event_label) FILTER (event_category = 'feature_usage' AND event_label IS NOT NULL)))
          AS features_used,
        avg(event_value) FILTER (event_type = 'page_load') AS avg_page_load_time,
        count(*) FILTER (event_type = 'error') AS error_count
      FROM counted GROUP BY who
    ), visits AS (
      SELECT who, count(*) AS total_sessions, sum(duration) / 1000 AS total_duration_seconds FROM (
        SELECT who, epoch_ms(max(event_timestamp)) - epoch_ms(min(event_timestamp)) AS duration
        FROM counted WHERE session_id <> 'server' GROUP BY who, session_id)
      GROUP BY who
    )
    SELECT DATE '${day}' AS metric_date, totals.who AS person, user_id, anonymous_id, totals.* EXCLUDE (who),
      coalesce(total_sessions, 0) AS total_sessions, coalesce(total_duration_seconds, 0) AS total_duration_seconds,
      now()::TIMESTAMP AS created_at
    FROM totals LEFT JOIN visits USING (who) LEFT JOIN pf_analytics_identities identity ON identity.person = totals.who`
}
