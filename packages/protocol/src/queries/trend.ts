import type { Filter, Interval } from './base.js'
import type { QueryBase } from './query-base.js'

/** How a metric turns events into a number. All but the first three read `property`. */
export type Aggregate =
  | 'count'
  | 'users'
  | 'sessions'
  | 'distinct'
  | 'sum'
  | 'average'
  | 'min'
  | 'max'
  | 'p50'
  | 'p75'
  | 'p90'
  | 'p95'
  | 'p99'

/** A number that is made of events. */
export interface AggregateMetric {
  /** @default '*' */
  event?: string | readonly string[] | '*'
  where?: Filter
  /** @default 'count' */
  aggregate?: Aggregate
  /** A column or `properties.path`: of numbers, or of what `distinct` counts the different values of. @default 'eventValue' */
  property?: string
}

/** A number that is made of other metrics. */
export interface FormulaMetric {
  /**
   * Names of metrics and decimal numbers with `+ - * /`, also written `− × ÷`, and brackets: `revenue / users`. A name means another metric of
   * the query, else a built-in metric, else one that is defined. Where a part has no value, and for a division by 0, there is none.
   */
  formula: string
}

/** What a metric is, without its name. */
export type Metric = AggregateMetric | FormulaMetric

/** A number to plot over time. */
export type MetricDefinition = { name: string } & Metric

/** The metrics that are built in. */
export type MetricName = 'events' | 'users' | 'sessions' | 'page_views' | 'errors'

/** Takes a trend apart by the values of a property. */
export interface TrendBreakdown {
  /** A column or `properties.path`. */
  property: string
  /** Values with a series of their own, 1 to 100: those with the most events of the metric in the range, of equal ones the first as text. @default 25 */
  limit?: number
}

/** Metrics over time. */
export interface TrendQuery extends QueryBase {
  kind: 'trend'
  /** 1 to 16: definitions, or names of metrics that are built in or defined. */
  metrics: readonly (MetricName | (string & Record<never, never>) | MetricDefinition)[]
  /** @default 'day' */
  interval?: Interval
  /** A property, or also how many of its values. A formula goes by the events of all metrics that it is made of. */
  breakdown?: string | TrendBreakdown
  /**
   * Asks for the same of the range before as well, which ends where the range begins: of as many months where the range is whole months, else
   * of as many days, and what is left of a day. Days and months are those of the calendar in the range's time zone.
   */
  compare?: 'previous'
}

/** One point of a series. */
export interface TrendPoint {
  /** Start of the interval, ISO with the offset of the query's time zone. */
  start: string
  /** Null where there is no value, such as an average of nothing. */
  value: number | null
  /** False while the interval is not over. */
  complete: boolean
}

/** One line of a trend. */
export interface TrendSeries {
  /** Name of the metric. */
  metric: string
  /** The value of the property that was broken down by, as text; empty where events have none. */
  breakdown?: string
  /** Present on the series that is made of all values that have none of their own, whose `breakdown` is `Other`. */
  isOther?: true
  /** Present on a series of the range before. */
  compare?: 'previous'
  points: TrendPoint[]
}

/** Answer of a `TrendQuery`. */
export interface TrendResult {
  /**
   * By metric in the order of the query, then by the values of the breakdown, those with the most events first and `Other` last. The series of
   * the range before follow in the same order; their points may be more or fewer, as months are.
   */
  series: TrendSeries[]
}
