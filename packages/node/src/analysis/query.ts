import {
  AnalyticsError,
  type CohortDefinition,
  type Metric,
  type PeopleQuery,
  type Query,
  type QueryAnswer,
} from '@analytics/protocol'
import type { ColdTier } from '../cold-tier.js'
import type { HotStore } from '../store.js'
import { admission } from './admission.js'
import type { Analysis } from './analysis.js'
import { answerCache, answerKey } from './answer-cache.js'
import { readerOf } from './cohort/cohort-reader.js'
import { definitionReader, type FindDefinition } from './definition-reader.js'
import { keptRows } from './kept/kept-rows.js'
import { ANALYSES } from './kinds.js'
import { type QueryLimits, resolveQueries } from './query-limits.js'
import { coverageOf, openTiers, type TierReader } from './tiers.js'
import { resolveRange } from './time.js'

/** Changes when the meaning of an analysis does, so that stored answers can be told apart. */
export const SEMANTICS_VERSION = 1

/** What queries are run against. */
export interface QueryEngineOptions {
  store: HotStore
  cold: ColdTier | undefined
  /** What names of metrics mean that are not built in. @default nothing */
  findMetric?: FindDefinition<Metric>
  /** What names of cohorts mean. @default nothing */
  findCohort?: FindDefinition<CohortDefinition>
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
  const { store, cold, findMetric = nothing, findCohort = nothing, limits = resolveQueries(), now } = options
  const { concurrency, maxWaiting, maxRows, cacheCharacters, rowCacheBytes } = limits
  const heavy = admission({ running: concurrency, waiting: maxWaiting })
  const cache = answerCache(cacheCharacters)
  const kept = keptRows(rowCacheBytes)

  async function answer<Q extends Query>(query: Q, analysis: Analysis<Q>, signal: AbortSignal) {
    const base = baseOf(query)
    const range = resolveRange(base.range)
    const { tiers = 'all', onArchived = 'error' } = base
    const readers: TierReader[] = []
    const open = async (span: { from: number; to: number }) => {
      const reader = await openTiers({ store, cold, kept }, { ...span, tiers, onArchived })
      readers.push(reader)
      return reader
    }
    const scanned = (await analysis.scans?.(query, range, store)) ?? analysis.reads?.(query, range) ?? range
    try {
      const reader = await open(scanned)
      const cohorts = definitionReader('cohort', findCohort)
      const at = Math.min(range.to, now())
      const isListed = base.kind === 'cohort'
      const theirs = await readerOf(base.cohort, { reader, store, at, isListed, find: cohorts.find, open, signal })
      if (!isLight(query, analysis)) assertWithin(maxRows, readers)
      const metrics = definitionReader('metric', findMetric)
      const context = { store, ...(await theirs()), range, findMetric: metrics.find, signal, now: now() }
      const result = await analysis.run(query, context)
      const openUntil = range.to > now() ? { openUntil: new Date(range.to).toISOString() } : {}
      const definitions = [...cohorts.used(), ...metrics.used()]
      const used = definitions.length > 0 ? { definitions } : {}
      return { result, meta: { timeZone: range.timeZone, ...coverageOf(readers), ...openUntil, ...used } }
    } finally {
      for (const reader of readers) reader.release()
    }
  }

  /** An answer that is kept, if there is one, or a new one, made in its turn. */
  async function keptAnswer<Q extends Query>(query: Q, analysis: Analysis<Q>, signal: AbortSignal) {
    const { range: asked, cohort } = baseOf(query)
    const range = resolveRange(asked)
    // Before anything is read: what changes meanwhile makes another version. Who is in a cohort may depend on all that was before.
    const span = cohort === undefined ? (analysis.reads?.(query, range) ?? range) : ALWAYS
    const version = analysis.namesPeople ? undefined : store.dataVersion?.(span)
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
        const made = await (isLight(query, analysis) ? answer : keptAnswer)(query, analysis, signal)
        const durationMs = Math.round(performance.now() - startedAt)
        return { ...made, meta: { ...made.meta, durationMs, semanticsVersion: SEMANTICS_VERSION } }
      } catch (error) {
        throw endedEarly(error, timeout, options.signal, timeoutMs)
      }
    },
  }
}

/** The query that decides what is read: people are asked for with the one in whose answer they are counted. */
const baseOf = (query: Query): Exclude<Query, PeopleQuery> => (query.kind === 'people' ? query.of : query)

const nothing = async () => undefined

const ALWAYS = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY }

/** Who is in a cohort takes more than a page to find out. */
function isLight<Q extends Query>(query: Q, analysis: Analysis<Q>): boolean {
  return analysis.isLight === true && baseOf(query).cohort === undefined
}

/** @throws AnalyticsError `query_too_large` */
function assertWithin(maxRows: number, readers: readonly TierReader[]): void {
  const rows = readers.reduce((sum, reader) => sum + reader.rows, 0)
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
