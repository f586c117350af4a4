import { EVENT_SHARES, SESSION_MS } from './events.js'

/** How many of a thousand events are of a kind or one before it. */
function sumOfShares(last: number): number {
  return EVENT_SHARES.slice(0, last + 1).reduce((sum, [, share]) => sum + share, 0)
}

/** The first ten characters of a ULID, of the column `ms`. */
function ulidTime(): string {
  const digit = (shift: number) =>
    `substr('0123456789ABCDEFGHJKMNPQRSTVWXYZ', CAST(1 + ((ms >> ${shift}) & 31) AS INTEGER), 1)`
  return Array.from({ length: 10 }, (_, i) => digit(45 - 5 * i)).join(' || ')
}

/**
 * What is text and number in an event, as a select list over columns that are drawn for each row: `ms`, its time; `kind` and
 * `product` below 1000; `person`, the number of the user; `tail`, sixteen characters for its id. Plain SQL: DuckDB, SQLite and
 * Postgres fill their tables with it, far faster than events would come in. Hexadecimal digits are digits of a ULID too.
 */
export function eventColumns(): string {
  const shares = EVENT_SHARES.map(([type], i) => `WHEN kind < ${sumOfShares(i)} THEN '${type}'`).join(' ')
  return `
    ${ulidTime()} || tail AS event_id, CASE ${shares} END AS event_type, 'shop' AS event_category,
    CAST(NULL AS VARCHAR(100)) AS event_action, 'Product ' || product AS event_label, product / 10.0 AS event_value,
    'user-' || person AS user_id, 'session-' || person || '-' || CAST(floor(ms / ${SESSION_MS}.0) AS BIGINT) AS session_id,
    'https://shop.example/products/' || product AS page_url,
    'Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0' AS user_agent, '192.0.2.0' AS ip_address,
    'desktop' AS device_type, CASE person % 5 WHEN 0 THEN 'Firefox' WHEN 1 THEN 'Safari' ELSE 'Chrome' END AS browser,
    'Linux' AS os, 'PT' AS country,
    '{"product":' || product || ',"plan":"' || CASE WHEN person % 10 = 0 THEN 'team' ELSE 'free' END || '","experiment":"checkout-b","tags":["a","b"],"$context":{"path":"/products/'
      || product || '","screen":"1440x900"}}' AS properties,
    1 AS schema_version`
}
