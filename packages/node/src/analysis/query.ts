import { AnalyticsError, type Metric, type Query, type QueryAnswer, type QueryBase } from '@analytics/protocol'
import type { ColdTier } from '../cold-tier.js'
import type { HotStore } from '../store.js'
import { admission } from './admission.js'
import type { Analysis } from './analysis.js'
import { answerCache, answerKey } from './answer-cache.js'
import { definitionReader, type FindDefinition } from './definition-reader.js'
import { ANALYSES } from './kinds.js'
import { type QueryLimits, resolveQueries } from './query-limits.js'
import { openTiers } from './tiers.js'
import { resolveRange } from './time.js'

/** Changes when the meaning of an analysis does, so that stored answers can be told apart. */
export const SEMANTICS_VERSION = 1

/** What queries are run against. */
export interface QueryEngineOptions {
  store: HotStore
  cold: ColdTier | undefined
  /** What names of metrics mean that are not built in. @default nothing */
  findMetric?: FindDefinition<Metric>
  /** @default those of `createAnalytics` */
  limits?: QueryLimits
  now: () => number
}

/** Options of one query. */
export interface QueryOptions {
  signal?: AbortSignal
}

/** Runs checked queries over both tiers. */
export interface QueryEngine {
  /**
   * @throws AnalyticsError `invalid_query`, `archived`, `restoring`, `query_too_large`, `too_many_queries`, `query_timeout`, `aborted`.
   */
  run<Q extends Query>(query: Q, options?: QueryOptions): Promise<QueryAnswer<Q>>
}

/** The engine: opens the tiers of the range, lets the kind's machine consume them, and says what was read. */
export function queryEngine(options: QueryEngineOptions): QueryEngine {
  const { store, cold, findMetric = async () => undefined, limits = resolveQueries(), now } = options
  const { concurrency, maxWaiting, maxRows, cacheCharacters } = limits
  const heavy = admission({ running: concurrency, waiting: maxWaiting })
  const cache = answerCache(cacheCharacters)

  async function answer<Q extends Query>(query: Q, analysis: Analysis<Q>, signal: AbortSignal) {
    const base = baseOf(query)
    const range = resolveRange(base.range)
    const { tiers = 'all', onArchived = 'error' } = base
    const { from, to } = (await analysis.scans?.(query, range, store)) ?? analysis.reads?.(query, range) ?? range
    const reader = await openTiers(store, cold, { from, to, tiers, onArchived })
    try {
      if (!analysis.isLight) assertWithin(maxRows, reader.rows)
      const metrics = definitionReader('metric', findMetric)
      const context = { store, reader, range, findMetric: metrics.find, signal, now: now() }
      const result = await analysis.run(query, context)
      const openUntil = range.to > now() ? { openUntil: new Date(range.to).toISOString() } : {}
      const definitions = metrics.used()
      const used = definitions.length > 0 ? { definitions } : {}
      return { result, meta: { timeZone: range.timeZone, ...reader.coverage(), ...openUntil, ...used } }
    } finally {
      reader.release()
    }
  }

  /** An answer that is kept, if there is one, or a new one, made in its turn. */
  async function keptAnswer<Q extends Query>(query: Q, analysis: Analysis<Q>, signal: AbortSignal) {
    const range = resolveRange(baseOf(query).range)
    // Before anything is read: what changes meanwhile makes another version.
    const version = analysis.namesPeople ? undefined : store.dataVersion?.(analysis.reads?.(query, range) ?? range)
    if (version === undefined) return heavy.run(() => answer(query, analysis, signal), signal)
    const key = answerKey(query, { version, now: now(), isOpen: range.to > now() })
    const kept = cache.get(key) as Awaited<ReturnType<typeof answer<Q>>> | undefined
    if (kept) return { ...kept, meta: { ...kept.meta, cached: true as const } }
    const made = await heavy.run(() => answer(query, analysis, signal), signal)
    cache.set(key, made)
    return made
  }

  return {
    async run<Q extends Query>(query: Q, options: QueryOptions = {}): Promise<QueryAnswer<Q>> {
      const startedAt = performance.now()
      const { timeoutMs = limits.timeoutMs } = baseOf(query)
      const timeout = AbortSignal.timeout(timeoutMs)
      const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout
      // The kind decides what the others can't know of each other.
      const analysis = ANALYSES[query.kind] as unknown as Analysis<Q>
      try {
        const made = await (analysis.isLight ? answer : keptAnswer)(query, analysis, signal)
        const durationMs = Math.round(performance.now() - startedAt)
        return { ...made, meta: { ...made.meta, durationMs, semanticsVersion: SEMANTICS_VERSION } }
      } catch (error) {
        throw endedEarly(error, timeout, options.signal, timeoutMs)
      }
    },
  }
}

/** What every query has; people are asked for with that of the query in whose answer they are counted. */
const baseOf = (query: Query): QueryBase => (query.kind === 'people' ? query.of : query)

/** @throws AnalyticsError `query_too_large` */
function assertWithin(maxRows: number, rows: number): void {
  if (rows <= maxRows) return
  const message = `The query would look at ${rows} rows, more than the ${maxRows} that one may.`
  throw new AnalyticsError('query_too_large', message, { field: 'range', details: { rows, maxRows } })
}

/** An aborted read surfaces as whatever the store makes of it: here it gets its name. */
function endedEarly(error: unknown, timeout: AbortSignal, caller: AbortSignal | undefined, timeoutMs: number): unknown {
  if (caller?.aborted) return new AnalyticsError('aborted', 'The caller ended the query.', { cause: error })
  if (timeout.aborted)
    return new AnalyticsError('query_timeout', `The query took longer than ${timeoutMs} ms.`, { cause: error })
  return error
}
