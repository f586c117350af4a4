import { AnalyticsError, type EventBatch, type TrendQuery, type TrendResult } from '@analytics/protocol'
import { z } from 'zod'
import { type Analysis, type AnalysisContext, EARLIEST, feed, whereOf } from '../analysis.js'
import { kindSchema } from '../kind-schema.js'
import { property } from '../query-schema.js'
import { buckets, type ResolvedRange, rangeBefore } from '../time.js'
import { oneGroup, valueCounter } from './breakdown.js'
import { metricPlanner, type PlannedMetric } from './metric-planner.js'
import { queryMetric } from './metric-schema.js'
import { type TrendMachine, type TrendPlan, trendMachine } from './trend-machine.js'

/** Values with a series of their own. */
const DEFAULT_VALUES = 25
const MAX_VALUES = 100
/** Points of one answer. */
const MAX_POINTS = 400_000

/** Metrics over time. */
export const trend: Analysis<TrendQuery> = {
  schema: kindSchema<TrendQuery>('trend', {
    metrics: z.array(queryMetric).min(1).max(16),
    interval: z.enum(['minute', 'hour', 'day', 'week', 'month']).optional(),
    breakdown: z
      .union([property, z.strictObject({ property, limit: z.number().int().min(1).max(MAX_VALUES).optional() })])
      .optional(),
    compare: z.enum(['previous']).optional(),
  }),

  reads(query, range) {
    if (!query.compare) return range
    // No event is older, and stores know no days that are.
    return { from: Math.min(range.from, Math.max(rangeBefore(range).from, EARLIEST)), to: range.to }
  },

  async run(query, context) {
    const plan = await planOf(query, context)
    const machines = await machinesOf(query, plan, context)
    const columns = [plan.groups.column, ...plan.aggregates.map(({ column }) => column)]
    await feed(divided(machines, context.range.from), context, {
      matches: plan.aggregates.map(({ match }) => match),
      columns: [...new Set(columns.filter((column) => column !== undefined))],
      intervals: intervalsOf(query, context.range),
      ...whereOf(query),
    })
    return resultOf(machines, context.now)
  },
}

/** Finds out what the metrics are made of and, where they are broken down, which values are to be told apart. */
async function planOf(query: TrendQuery, context: AnalysisContext): Promise<TrendPlan> {
  const own = query.metrics.filter((metric) => typeof metric !== 'string')
  const planner = metricPlanner(own, context.findMetric)
  const metrics: PlannedMetric[] = []
  for (const [i, metric] of query.metrics.entries()) {
    const isFormula = typeof metric !== 'string' && 'formula' in metric
    const field = isFormula ? `metrics[${i}].formula` : `metrics[${i}]`
    metrics.push(await planner.add(typeof metric === 'string' ? metric : own.indexOf(metric), field))
  }
  const { aggregates } = planner
  if (aggregates.length === 0)
    throw new AnalyticsError('invalid_query', 'metrics: none of them is made of events.', { field: 'metrics' })
  const { breakdown } = query
  if (breakdown === undefined) return { aggregates, metrics, groups: oneGroup(metrics.length) }
  const { property: column, limit = DEFAULT_VALUES } =
    typeof breakdown === 'string' ? { property: breakdown } : breakdown
  const counter = valueCounter(column, metrics)
  // Only the range itself says which values there are: those of the range before are the same.
  const inRange = { push: (batch: EventBatch) => counter.push(batch, rowsBefore(batch, context.range.from)) }
  const matches = aggregates.map(({ match }) => match)
  // One interval, in which the database joins the events of a person that have the same value.
  const intervals = Float64Array.of(context.range.from)
  await feed(inRange, context, { matches, columns: [column], intervals, ...whereOf(query) })
  return { aggregates, metrics, groups: counter.groups(limit) }
}

/** Where the intervals of both ranges begin; the range itself begins one, which the range before must not share. */
function intervalsOf({ interval = 'day', compare }: TrendQuery, range: ResolvedRange): Float64Array {
  const before = compare ? buckets(rangeBefore(range), interval).starts : []
  return Float64Array.from(new Set([...before, range.from, ...buckets(range, interval).starts])).sort()
}

/** The machine of the range, and that of the range before where it is asked for. */
interface Machines {
  current: TrendMachine
  previous: TrendMachine | undefined
}

async function machinesOf(query: TrendQuery, plan: TrendPlan, context: AnalysisContext): Promise<Machines> {
  const { range, store } = context
  const interval = query.interval ?? 'day'
  const intervals = buckets(range, interval)
  const before = query.compare && buckets(rangeBefore(range), interval)
  const lines = plan.groups.values.reduce((sum, values) => sum + values.length + 1, 0)
  if (lines * (intervals.starts.length + (before?.starts.length ?? 0)) > MAX_POINTS) {
    throw new AnalyticsError(
      'invalid_query',
      `The answer has more than ${MAX_POINTS} points: ask a longer interval, or fewer metrics or values.`,
      { field: 'interval' },
    )
  }
  const people = await store.people()
  return {
    current: trendMachine(plan, intervals, people),
    previous: before && trendMachine(plan, before, people),
  }
}

/** Gives each machine the rows of its range. */
function divided({ current, previous }: Machines, from: number): { push(batch: EventBatch): void } {
  return {
    push(batch) {
      const begin = rowsBefore(batch, from)
      previous?.push(batch, 0, begin)
      current.push(batch, begin, batch.length)
    },
  }
}

/** How many rows of a batch, which is in order of time, come before an instant. */
function rowsBefore({ length, time }: EventBatch, instant: number): number {
  if (length === 0 || time[0]! >= instant) return 0
  let row = 0
  while (row < length && time[row]! < instant) row++
  return row
}

function resultOf({ current, previous }: Machines, now: number): TrendResult {
  const withOther = (metric: number): boolean => current.hasOther(metric) || previous?.hasOther(metric) === true
  const before = previous?.series({ now, withOther }) ?? []
  return {
    series: [
      ...current.series({ now, withOther }),
      ...before.map(({ points, ...line }) => ({ ...line, compare: 'previous' as const, points })),
    ],
  }
}
