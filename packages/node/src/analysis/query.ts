import {
  AnalyticsError,
  durationMs,
  type EventMatch,
  type FunnelQuery,
  type Query,
  type QueryAnswer,
  type ResultOf,
  type Step,
  type TrendQuery,
} from '@analytics/protocol'
import type { ColdTier } from '../cold-tier.js'
import type { HotStore } from '../store.js'
import { listEvents } from './events.js'
import { funnelMachine } from './funnel.js'
import { openTiers, type TierReader } from './tiers.js'
import { buckets, type ResolvedRange, resolveRange } from './time.js'
import { resolveMetric, trendMachine } from './trend.js'

/** Changes when the meaning of an analysis does, so that stored answers can be told apart. */
export const SEMANTICS_VERSION = 1

const DEFAULT_TIMEOUT_MS = 30_000
const DEFAULT_WINDOW = '14d'

/** What queries are run against. */
export interface QueryEngineOptions {
  store: HotStore
  cold: ColdTier | undefined
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
export function queryEngine({ store, cold, now }: QueryEngineOptions): QueryEngine {
  return {
    async run<Q extends Query>(query: Q, options: QueryOptions = {}): Promise<QueryAnswer<Q>> {
      const startedAt = performance.now()
      const range = resolveRange(query.range)
      const { tiers = 'all', onArchived = 'error', timeoutMs = DEFAULT_TIMEOUT_MS } = query
      const timeout = AbortSignal.timeout(timeoutMs)
      const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout
      const reader = await openTiers(store, cold, { from: range.from, to: range.to, tiers, onArchived })
      try {
        const result = await answer(query, { store, reader, range, signal, now: now() })
        return {
          result: result as ResultOf<Q>,
          meta: {
            timeZone: range.timeZone,
            ...reader.coverage(),
            ...(range.to > now() ? { openUntil: new Date(range.to).toISOString() } : {}),
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

interface Context {
  store: HotStore
  reader: TierReader
  range: ResolvedRange
  signal: AbortSignal
  now: number
}

function answer(query: Query, context: Context): Promise<ResultOf<Query>> {
  switch (query.kind) {
    case 'events':
      return listEvents(query, context.store, context.reader, context.signal)
    case 'funnel':
      return runFunnel(query, context)
    case 'trend':
      return runTrend(query, context)
  }
}

async function runFunnel(query: FunnelQuery, { store, reader, signal }: Context) {
  const window = query.window ?? DEFAULT_WINDOW
  const windowMs = durationMs(window)
  if (windowMs === undefined)
    throw new AnalyticsError('invalid_query', `window: ${window} is no duration.`, { field: 'window' })
  const machine = funnelMachine({ steps: query.steps.length, windowMs }, await store.people())
  const matches = query.steps.map(stepMatch)
  for await (const batch of reader.scan({ matches, signal, ...(query.where ? { where: query.where } : {}) }))
    machine.push(batch)
  return machine.result(query.steps.map(stepName))
}

async function runTrend(query: TrendQuery, { store, reader, range, signal, now }: Context) {
  const metrics = query.metrics.map(resolveMetric)
  const machine = trendMachine(metrics, buckets(range, query.interval ?? 'day'), await store.people())
  const columns = [...new Set(metrics.flatMap(({ column }) => (column === undefined ? [] : [column])))]
  const request = {
    matches: metrics.map(({ match }) => match),
    columns,
    signal,
    ...(query.where ? { where: query.where } : {}),
  }
  for await (const batch of reader.scan(request)) machine.push(batch)
  return machine.result(now)
}

function stepMatch({ event, where }: Step): EventMatch {
  return {
    ...(event === '*' ? {} : { eventTypes: typeof event === 'string' ? [event] : event }),
    ...(where ? { where } : {}),
  }
}

function stepName({ name, event }: Step): string {
  return name ?? (typeof event === 'string' ? event : event.join(', '))
}
