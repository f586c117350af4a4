import {
  BUILT_IN_EVENTS,
  type EventBatch,
  type PerformanceMetric,
  type PerformanceQuery,
  type PerformanceResult,
  type PerformanceSummary,
} from '@analytics/protocol'
import { compareText } from '@analytics/protocol/filter'
import { z } from 'zod'
import { type Analysis, feed, stepMatch, whereOf } from '../analysis.js'
import { kindSchema } from '../kind-schema.js'
import { percentile } from '../percentile.js'
import { property } from '../query-schema.js'

const DEFAULT_LIMIT = 25
const DEFAULT_BY = 'pageUrl'
/** Pages that are told apart. */
const MAX_PAGES = 10_000

/** The bit of a page load in `matches`; the other is a web vital. */
const PAGE_LOAD = 2

const METRICS = ['LCP', 'INP', 'CLS', 'FCP', 'TTFB', 'page_load'] as const satisfies readonly PerformanceMetric[]

const NUMBERS: ReadonlyMap<unknown, number> = new Map(METRICS.map((metric, i) => [metric, i]))

/** Up to where a value is good, and up to where it only needs improvement (https://web.dev/articles/vitals). */
const THRESHOLDS: Readonly<Partial<Record<PerformanceMetric, readonly [number, number]>>> = {
  LCP: [2500, 4000],
  INP: [200, 500],
  CLS: [0.1, 0.25],
  FCP: [1800, 3000],
  TTFB: [800, 1800],
}

/** How fast pages are. */
export const performance: Analysis<PerformanceQuery> = {
  schema: kindSchema<PerformanceQuery>('performance', {
    by: property.optional(),
    limit: z.number().int().min(1).max(1000).optional(),
  }),

  async run(query, context) {
    const { by = DEFAULT_BY, limit = DEFAULT_LIMIT } = query
    const machine = performanceMachine(by)
    await feed(machine, context, {
      matches: [stepMatch({ event: BUILT_IN_EVENTS.webVital }), stepMatch({ event: BUILT_IN_EVENTS.pageLoad })],
      columns: [...new Set(['eventLabel', 'eventValue', by])],
      ...whereOf(query),
    })
    return machine.result(limit)
  },
}

/** Consumes a scan of web vitals (match 0) and page loads (match 1). */
export interface PerformanceMachine {
  push(batch: EventBatch): void
  result(limit: number): PerformanceResult
}

/** Values by metric, in the order of METRICS. */
type Values = NumberList[]

/** Keeps every value, as a number: percentiles of two tiers don't follow from those of each. */
export function performanceMachine(by: string): PerformanceMachine {
  const all = emptyValues()
  const pages = new Map<string, Values>()

  const valuesOf = (page: string): Values | undefined => {
    const known = pages.get(page)
    if (known || pages.size === MAX_PAGES) return known
    const values = emptyValues()
    pages.set(page, values)
    return values
  }

  return {
    push({ length, matches, columns }) {
      for (let row = 0; row < length; row++) {
        const label = matches[row]! & PAGE_LOAD ? 'page_load' : columns.eventLabel?.at(row)
        const metric = NUMBERS.get(label) ?? -1
        const value = columns.eventValue?.at(row)
        if (metric < 0 || typeof value !== 'number') continue
        all[metric]!.add(value)
        const page = columns[by]?.at(row) ?? null
        const values = page === null ? undefined : valuesOf(String(page))
        values?.[metric]?.add(value)
      }
    },

    result(limit) {
      const counted = [...pages].map(([value, values]) => ({
        value,
        values,
        count: values.reduce((sum, list) => sum + list.count(), 0),
      }))
      counted.sort((a, b) => b.count - a.count || compareText(a.value, b.value))
      return {
        metrics: summaries(all),
        pages: counted
          .slice(0, limit)
          .map(({ value, values, count }) => ({ value, count, metrics: summaries(values) })),
      }
    },
  }
}

const emptyValues = (): Values => METRICS.map(() => numberList())

function summaries(values: Values): PerformanceSummary[] {
  return METRICS.flatMap((metric, i) => (values[i]!.count() > 0 ? [summaryOf(metric, values[i]!.sorted())] : []))
}

function summaryOf(metric: PerformanceMetric, sorted: Float64Array): PerformanceSummary {
  const [p50, p75, p95] = [0.5, 0.75, 0.95].map((share) => percentile(sorted, share)) as [number, number, number]
  return { metric, count: sorted.length, p50, p75, p95, ...ratingOf(metric, sorted) }
}

function ratingOf(metric: PerformanceMetric, sorted: Float64Array): Pick<PerformanceSummary, 'rating'> {
  const limits = THRESHOLDS[metric]
  if (!limits) return {}
  const share = (isIn: (value: number) => boolean): number => sorted.filter(isIn).length / sorted.length
  const [good, fair] = limits
  return {
    rating: {
      good: share((value) => value <= good),
      needsImprovement: share((value) => value > good && value <= fair),
      poor: share((value) => value > fair),
    },
  }
}

/** Numbers in a typed array that grows. */
interface NumberList {
  add(value: number): void
  count(): number
  sorted(): Float64Array
}

function numberList(): NumberList {
  let values = new Float64Array(0)
  let count = 0
  return {
    add(value) {
      if (count === values.length) {
        const larger = new Float64Array(Math.max(16, count * 2))
        larger.set(values)
        values = larger
      }
      values[count++] = value
    },
    count: () => count,
    sorted: () => values.slice(0, count).sort(),
  }
}
