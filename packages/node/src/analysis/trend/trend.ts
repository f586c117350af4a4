import {
  type Aggregate,
  BUILT_IN_EVENTS,
  type EventBatch,
  type EventMatch,
  type MetricDefinition,
  type MetricName,
  type Scalar,
  type TrendQuery,
  type TrendResult,
} from '@analytics/protocol'
import { z } from 'zod'
import type { People } from '../../store.js'
import { type Analysis, feed, stepMatch, whereOf } from '../analysis.js'
import { personOf } from '../person-slots.js'
import { filter, kindSchema, property, stepEvent, text } from '../query-schema.js'
import { type Buckets, buckets, isOver } from '../time.js'

const metric = z.union([
  z.enum(['events', 'users', 'sessions', 'page_views', 'errors']),
  z.strictObject({
    name: text(100),
    event: stepEvent.optional(),
    where: filter.optional(),
    aggregate: z
      .enum(['count', 'users', 'sessions', 'sum', 'average', 'min', 'max', 'p50', 'p75', 'p90', 'p95', 'p99'])
      .optional(),
    property: property.optional(),
  }),
])

/** Metrics over time. */
export const trend: Analysis<TrendQuery> = {
  schema: kindSchema<TrendQuery>('trend', {
    metrics: z.array(metric).min(1).max(16),
    interval: z.enum(['minute', 'hour', 'day', 'week', 'month']).optional(),
  }),

  async run(query, context) {
    const { store, range, now } = context
    const metrics = query.metrics.map(resolveMetric)
    const machine = trendMachine(metrics, buckets(range, query.interval ?? 'day'), await store.people())
    const columns = [...new Set(metrics.flatMap(({ column }) => (column === undefined ? [] : [column])))]
    const matches = metrics.map(({ match }) => match)
    await feed(machine, context, { matches, columns, ...whereOf(query) })
    return machine.result(now)
  },
}

/** The metrics that have a name of their own. */
const NAMED_METRICS: Readonly<Record<MetricName, MetricDefinition>> = {
  events: { name: 'events' },
  users: { name: 'users', aggregate: 'users' },
  sessions: { name: 'sessions', aggregate: 'sessions' },
  page_views: { name: 'page_views', event: BUILT_IN_EVENTS.pageView },
  errors: { name: 'errors', event: BUILT_IN_EVENTS.error },
}

/** A metric with its defaults. */
export interface ResolvedMetric {
  name: string
  match: EventMatch
  aggregate: Aggregate
  /** The column that the aggregate reads; undefined where it counts rows or people. */
  column: string | undefined
}

/** Fills in a metric's defaults. */
export function resolveMetric(metric: MetricName | MetricDefinition): ResolvedMetric {
  const definition = typeof metric === 'string' ? NAMED_METRICS[metric] : metric
  const { name, event = '*', where, aggregate = 'count', property = 'eventValue' } = definition
  return {
    name,
    match: stepMatch({ event, ...(where ? { where } : {}) }),
    aggregate,
    column:
      aggregate === 'count' || aggregate === 'users' ? undefined : aggregate === 'sessions' ? 'sessionId' : property,
  }
}

/** Consumes a scan in order of time, metric i being match i, and aggregates by interval. */
export interface TrendMachine {
  push(batch: EventBatch): void
  /** @param now Intervals that end later are not complete. */
  result(now: number): TrendResult
}

/** One pass over rows in order of time; distinct people and sessions are kept for the open interval only. */
export function trendMachine(metrics: readonly ResolvedMetric[], intervals: Buckets, people: People): TrendMachine {
  const { starts } = intervals
  const points = metrics.map(() => new Array<number | null>(starts.length).fill(null))
  const open = metrics.map(({ aggregate }) => accumulator(aggregate))
  let bucket = 0

  const close = () => {
    metrics.forEach((_, i) => {
      points[i]![bucket] = open[i]!.take()
    })
    bucket++
  }

  return {
    push({ length, time, person, matches, columns }) {
      const values = metrics.map(({ column }) => (column === undefined ? undefined : columns[column]))
      for (let row = 0; row < length; row++) {
        while (bucket + 1 < starts.length && time[row]! >= starts[bucket + 1]!) close()
        const canonical = personOf(people, person[row]!)
        for (let i = 0; i < metrics.length; i++) {
          if (matches[row]! & (1 << i)) open[i]!.add(canonical, values[i]?.at(row) ?? null)
        }
      }
    },
    result(now) {
      while (bucket < starts.length) close()
      return {
        series: metrics.map(({ name }, i) => ({
          metric: name,
          points: points[i]!.map((value, at) => ({
            start: intervals.label(at),
            value,
            complete: isOver(intervals, at, now),
          })),
        })),
      }
    },
  }
}

interface Accumulator {
  add(person: number, value: Scalar): void
  /** The value of what was added, and begins anew. */
  take(): number | null
}

function accumulator(aggregate: Aggregate): Accumulator {
  switch (aggregate) {
    case 'count': {
      let count = 0
      return {
        add: () => void count++,
        take: () => {
          const value = count
          count = 0
          return value
        },
      }
    }
    case 'users':
    case 'sessions':
      return distinct(aggregate)
    default:
      return numeric(aggregate)
  }
}

function distinct(of: 'users' | 'sessions'): Accumulator {
  let seen = new Set<Scalar>()
  return {
    add: (person, value) => void seen.add(of === 'users' ? person : value),
    take: () => {
      const { size } = seen
      seen = new Set()
      return size
    },
  }
}

const PERCENTILES: Readonly<Partial<Record<Aggregate, number>>> = {
  p50: 0.5,
  p75: 0.75,
  p90: 0.9,
  p95: 0.95,
  p99: 0.99,
}

/** Aggregates over numbers; values of other types are left out. A sum of nothing is 0, the others of nothing have no value. */
function numeric(aggregate: Aggregate): Accumulator {
  const percentile = PERCENTILES[aggregate]
  let values: number[] = []
  let count = 0
  let sum = 0
  let min = Number.POSITIVE_INFINITY
  let max = Number.NEGATIVE_INFINITY
  const value = (): number | null => {
    if (aggregate === 'sum') return sum
    if (count === 0) return null
    if (aggregate === 'average') return sum / count
    if (aggregate === 'min') return min
    return aggregate === 'max' ? max : interpolated(Float64Array.from(values).sort(), percentile ?? 0.5)
  }
  return {
    add(_person, one) {
      if (typeof one !== 'number') return
      count++
      sum += one
      if (one < min) min = one
      if (one > max) max = one
      if (percentile !== undefined) values.push(one)
    },
    take() {
      const result = value()
      values = []
      count = 0
      sum = 0
      min = Number.POSITIVE_INFINITY
      max = Number.NEGATIVE_INFINITY
      return result
    },
  }
}

/** The continuous percentile, as SQL's `percentile_cont` and DuckDB's `quantile_cont` define it. */
function interpolated(sorted: Float64Array, share: number): number {
  const at = (sorted.length - 1) * share
  const low = sorted[Math.floor(at)]!
  return low + (sorted[Math.ceil(at)]! - low) * (at - Math.floor(at))
}
