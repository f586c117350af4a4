import type { Filter, Interval, QueryBase } from './base.js'

/** How a metric turns events into a number. All but the first three read `property`. */
export type Aggregate =
  | 'count'
  | 'users'
  | 'sessions'
  | 'sum'
  | 'average'
  | 'min'
  | 'max'
  | 'p50'
  | 'p75'
  | 'p90'
  | 'p95'
  | 'p99'

/** A number to plot over time. */
export interface MetricDefinition {
  name: string
  /** @default '*' */
  event?: string | readonly string[] | '*'
  where?: Filter
  /** @default 'count' */
  aggregate?: Aggregate
  /** A numeric column or `properties.path`. @default 'eventValue' */
  property?: string
}

/** The metrics that have a name of their own. */
export type MetricName = 'events' | 'users' | 'sessions' | 'page_views' | 'errors'

/** Metrics over time. */
export interface TrendQuery extends QueryBase {
  kind: 'trend'
  /** 1 to 16. */
  metrics: readonly (MetricName | MetricDefinition)[]
  /** @default 'day' */
  interval?: Interval
}

/** One point of a series. */
export interface TrendPoint {
  /** Start of the interval, ISO with the offset of the query's time zone. */
  start: string
  /** Null where an aggregate of nothing has no value, such as an average. */
  value: number | null
  /** False while the interval is not over. */
  complete: boolean
}

/** Answer of a `TrendQuery`. */
export interface TrendResult {
  series: { metric: string; points: TrendPoint[] }[]
}
