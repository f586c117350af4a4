import { duckdbStore } from '@analytics/node/duckdb'
import { withDuckDb } from './duckdb.js'
import { EVENT_SHARES, USERS } from './events.js'

/** The tables of `duckdbStore` with its default prefix. */
export const EVENTS_TABLE = 'pf_user_events'
const IDENTITIES_TABLE = 'pf_analytics_identities'

/** Rows spread evenly over a span of time. */
export interface RowsOptions {
  rows: number
  /** UTC milliseconds. */
  from: number
  to: number
  /** Of all rows; another seed gives other ids. */
  seed?: number
}

/** Fills a new store's file, far faster than events would come in. */
export async function fillStore(path: string, options: RowsOptions): Promise<void> {
  const store = duckdbStore({ path })
  await store.setup('auto')
  await store.close()
  await withDuckDb(path, async (connection) => {
    await connection.run(
      `INSERT INTO ${IDENTITIES_TABLE} SELECT i::INTEGER, 'user-' || i, NULL, NULL, NULL FROM range(${USERS}) people(i)`,
    )
    await connection.run(
      `INSERT INTO ${EVENTS_TABLE} BY NAME SELECT * EXCLUDE who, event_timestamp::DATE AS event_day, who AS person,
        1 AS insert_number FROM (${rowsSql(options)})`,
    )
  })
}

/** Rows as a SELECT, the same for the same options, in order of time. `who` is the number of the user. */
export function rowsSql({ rows, from, to, seed = 1 }: RowsOptions): string {
  const step = (to - from) / Math.max(1, rows)
  const shares = EVENT_SHARES.map(([type], i) => `WHEN kind < ${sumOfShares(i)} THEN '${type}'`).join(' ')
  return `
    WITH drawn AS (
      SELECT i, (${from} + floor(i * ${step}))::BIGINT AS ms, hash(i + ${seed}) AS h1, hash(i + ${seed}, 7) AS h2
      FROM range(${rows}) numbers(i)
    ), chosen AS (
      SELECT *, (h1 % 1000)::INTEGER AS kind, (h2 % 1000)::INTEGER AS product,
        floor(${USERS} * pow((h2 // 1000 % 1000000)::DOUBLE / 1000000, 1.7))::INTEGER AS who FROM drawn
    )
    SELECT ${ulidSql()} AS event_id, CASE ${shares} END AS event_type, 'shop' AS event_category,
      'Product ' || product AS event_label, product / 10 AS event_value, 'user-' || who AS user_id,
      'session-' || who || '-' || (ms // 1800000) AS session_id,
      'https://shop.example/products/' || product AS page_url,
      'Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0' AS user_agent, '192.0.2.0' AS ip_address,
      'desktop' AS device_type, 'Chrome' AS browser, 'Linux' AS os, 'PT' AS country,
      '{"product":' || product || ',"plan":"free","experiment":"checkout-b","tags":["a","b"],"$context":{"path":"/products/'
        || product || '","screen":"1440x900"}}' AS properties,
      1 AS schema_version, epoch_ms(ms) AS event_timestamp, epoch_ms(ms + 40) AS received_timestamp,
      epoch_ms(ms + 41) AS processing_timestamp, who
    FROM chosen`
}

function sumOfShares(last: number): number {
  return EVENT_SHARES.slice(0, last + 1).reduce((sum, [, share]) => sum + share, 0)
}

/** Ten characters of time, sixteen that are drawn; hexadecimal digits are digits of a ULID too. */
function ulidSql(): string {
  const time = Array.from({ length: 10 }, (_, i) => {
    return `substr('0123456789ABCDEFGHJKMNPQRSTVWXYZ', 1 + ((ms >> ${45 - 5 * i}) & 31)::INTEGER, 1)`
  })
  return `concat(${time.join(', ')}, lpad(hex(h1), 16, '0'))`
}
