import type { RowsOptions } from '../lib/hot-rows.js'

/** The day that is counted, UTC milliseconds. */
export const DAY_START: number = Date.parse('2026-11-01T00:00:00Z')

/** One day of a product: actions, features, page loads and errors beside what shops have. */
export function dayRows(rows: number): RowsOptions {
  return {
    ...{ rows, from: DAY_START, to: DAY_START + 86_400_000 },
    // With so many people, a quarter as many come as there are events.
    users: Math.round(rows * 0.274),
    replace: [
      "CASE (h1 >> 12) % 20 WHEN 0 THEN 'page_load' WHEN 1 THEN 'error' ELSE event_type END AS event_type",
      "CASE (h1 >> 20) % 5 WHEN 0 THEN 'feature_usage' ELSE event_category END AS event_category",
      "CASE (h2 >> 12) % 4 WHEN 0 THEN 'action ' || ((h2 >> 20) % 20) END AS event_action",
      "session_id || '-' || ((h1 >> 30) % 2) AS session_id",
      "'Label ' || ((h1 >> 8) % 40) AS event_label",
    ],
  }
}
