import { AnalyticsError, type Metric, type Query, type QueryAnswer } from '@analytics/protocol'
import type { ColdTier } from '../cold-tier.js'
import type { HotStore } from '../store.js'
import type { Analysis } from './analysis.js'
import { definitionReader, type FindDefinition } from './definition-reader.js'
import { ANALYSES } from './kinds.js'
import { openTiers } from './tiers.js'
import { resolveRange } from './time.js'

/** Changes when the meaning of an analysis does, so that stored answers can be told apart. */
export const SEMANTICS_VERSION = 1

const DEFAULT_TIMEOUT_MS = 30_000

/** What queries are run against. */
export interface QueryEngineOptions {
  store: HotStore
  cold: ColdTier | undefined
  /** What names of metrics mean that are not built in. @default nothing */
  findMetric?: FindDefinition<Metric>
  now: () => number
}

/** Options of one query. */
export interface QueryOptions {
  signal?: AbortSignal
}

/** Runs checked queries over both tiers. */
export interface QueryEngine {
  /**
   * @throws AnalyticsError `invalid_query`, `archived`, `restoring`, `query_timeout`, `aborted`.
   */
  run<Q extends Query>(query: Q, options?: QueryOptions): Promise<QueryAnswer<Q>>
}

/** The engine: opens the tiers of the range, lets the kind's machine consume them, and says what was read. */
export function queryEngine({ store, cold, findMetric, now }: QueryEngineOptions): QueryEngine {
  return {
    async run<Q extends Query>(query: Q, options: QueryOptions = {}): Promise<QueryAnswer<Q>> {
      const startedAt = performance.now()
      const range = resolveRange(query.range)
      const { tiers = 'all', onArchived = 'error', timeoutMs = DEFAULT_TIMEOUT_MS } = query
      const timeout = AbortSignal.timeout(timeoutMs)
      const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout
      // The kind decides what the others can't know of each other.
      const analysis = ANALYSES[query.kind] as unknown as Analysis<Q>
      const { from, to } = analysis.reads?.(query, range) ?? range
      const reader = await openTiers(store, cold, { from, to, tiers, onArchived })
      try {
        const metrics = definitionReader('metric', findMetric ?? (async () => undefined))
        const context = { store, reader, range, findMetric: metrics.find, signal, now: now() }
        const result = await analysis.run(query, context)
        const definitions = metrics.used()
        return {
          result,
          meta: {
            timeZone: range.timeZone,
            ...reader.coverage(),
            ...(range.to > now() ? { openUntil: new Date(range.to).toISOString() } : {}),
            ...(definitions.length > 0 ? { definitions } : {}),
            durationMs: Math.round(performance.now() - startedAt),
            semanticsVersion: SEMANTICS_VERSION,
          },
        }
      } catch (error) {
        throw endedEarly(error, timeout, options.signal, timeoutMs)
      } finally {
        reader.release()
      }
    },
  }
}

/** An aborted read surfaces as whatever the store makes of it: here it gets its name. */
function endedEarly(error: unknown, timeout: AbortSignal, caller: AbortSignal | undefined, timeoutMs: number): unknown {
  if (caller?.aborted) return new AnalyticsError('aborted', 'The caller ended the query.', { cause: error })
  if (timeout.aborted)
    return new AnalyticsError('query_timeout', `The query took longer than ${timeoutMs} ms.`, { cause: error })
  return error
}
