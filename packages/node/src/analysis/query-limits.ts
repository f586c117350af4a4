import { AnalyticsError } from '@analytics/protocol'

/** What queries may take of the process and its database. */
export interface QueriesOptions {
  /** Queries that run at once, pages of events aside. @default 2 */
  concurrency?: number
  /** Queries that wait for their turn; more are refused with `too_many_queries`. @default 20 */
  maxWaiting?: number
  /** Rows that one query may look at; one that would look at more is refused with `query_too_large`. @default 200000000 */
  maxRows?: number
  /** How long a query may take that doesn't say so itself, in ms. @default 30000 */
  timeoutMs?: number
  /**
   * Characters of answers, as JSON, that are kept until their data changes; 0 keeps none. Only stores that no other process changes
   * know when it does: memory and DuckDB. @default 16000000
   */
  cacheCharacters?: number
  /**
   * Bytes of instants and people of events that are kept in memory, 9 for each event that a scan has given, so that a question with the same
   * steps reads only the days that have changed; 0 keeps none. Only memory and DuckDB know what has changed. @default 67108864
   */
  rowCacheBytes?: number
}

/** Limits with every default filled in. */
export type QueryLimits = Required<QueriesOptions>

const DEFAULTS: QueryLimits = {
  concurrency: 2,
  maxWaiting: 20,
  maxRows: 200_000_000,
  timeoutMs: 30_000,
  cacheCharacters: 16_000_000,
  rowCacheBytes: 2 ** 26,
}

/** What may be nothing at all. */
const MAY_BE_ZERO: ReadonlySet<string> = new Set(['maxWaiting', 'cacheCharacters', 'rowCacheBytes'])

/** Checks limits and fills in defaults. @throws AnalyticsError `invalid_options` with the field at fault. */
export function resolveQueries(options: QueriesOptions = {}): QueryLimits {
  const limits = { ...DEFAULTS, ...options }
  for (const [name, value] of Object.entries(limits)) {
    if (Number.isSafeInteger(value) && value >= (MAY_BE_ZERO.has(name) ? 0 : 1)) continue
    const field = `queries.${name}`
    throw new AnalyticsError('invalid_options', `${field} is no number that makes sense here.`, { field })
  }
  return limits
}
