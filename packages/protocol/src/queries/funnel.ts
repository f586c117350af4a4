import type { Duration, Filter, Interval, Step } from './base.js'
import type { QueryBase } from './query-base.js'

/** An event that spoils an attempt at a funnel: whoever did it between two steps, within the window, is taken out of the whole funnel. */
export interface Exclusion {
  event: string | readonly string[] | '*'
  where?: Filter
  /** The attempt has reached this step, or a later one, */
  fromStep: number
  /** and not this one. */
  toStep: number
}

/** Divides a funnel by the values of a property; the text of numbers and booleans, empty where an event has none. */
export interface FunnelBreakdown {
  /** A column or `properties.path`. One that has more than 10,000 values is refused. */
  property: string
  /**
   * Which value counts. `first`, `last`: of the person's events of any step, the first or last that has one. `{ step }`: that of the event
   * that did the step; a person is in the group of each value with which they did it, where only these events count as the step, and in
   * none without. An unordered funnel has no such step. `all`: a person is in the group of each value, where only events with the value
   * count.
   * @default 'first'
   */
  attribution?: 'first' | 'last' | 'all' | { step: number }
  /** Groups at most, 1 to 100. @default 25 */
  limit?: number
}

/**
 * How many people did the steps within the window of their first step. A later first step begins a new attempt; a person counts with the
 * deepest attempt. What comes behind the range is not read: whoever begins less than a window before its end has less time. (The rules of
 * PostHog's funnels.)
 */
export interface FunnelQuery extends QueryBase {
  kind: 'funnel'
  /** 2 to 20. */
  steps: readonly Step[]
  /**
   * `ordered`: other events may come in between. `strict`: none may. `unordered`: in any order, step k then is the k-th different one.
   * @default 'ordered'
   */
  order?: 'ordered' | 'strict' | 'unordered'
  /** From the first step, inclusive. @default '14d' */
  window?: Duration
  /** Up to 8; a person whose deepest attempt is spoiled by one is left out. */
  exclusions?: readonly Exclusion[]
  /** Asks how long people took from one step to another, which are the first and the last unless given. */
  histogram?: { fromStep?: number; toStep?: number }
  /** Asks for a funnel of each value of a property, beside that of everybody. */
  breakdown?: FunnelBreakdown
  /** Asks how many began in each interval, and how many of them did the last step. */
  interval?: Exclude<Interval, 'minute'>
}

/** One step of a funnel's answer. */
export interface FunnelStepResult {
  name: string
  /** People who did the step on their deepest attempt. */
  users: number
  /** Share of the people of the first step, 0 to 1; null where there are none. */
  fromStart: number | null
  /** Share of the people of the step before that is not optional, 0 to 1; null where there are none. */
  fromPrevious: number | null
  /** Seconds from the step before that is not optional, over the people who did both; null at the first and at optional steps, and where there are none. */
  averageSeconds: number | null
  medianSeconds: number | null
}

/** Answer of a `FunnelQuery`. */
export interface FunnelResult {
  steps: FunnelStepResult[]
  /** Where it was asked for. */
  histogram?: FunnelHistogram
  /**
   * Where a breakdown was asked for: those with the most people at the first step first, the others behind them together as `Other`, where
   * a person of several groups counts several times. Groups in which nobody did the first step are left out.
   */
  groups?: FunnelGroup[]
  /** Where an interval was asked for: every interval of the range. */
  series?: FunnelPoint[]
}

/** The funnel of one value of the breakdown. */
export interface FunnelGroup {
  value: string
  /** Present on the group that is made of all values that have none of their own, whose `value` is `Other`. */
  isOther?: true
  steps: FunnelStepResult[]
}

/** Who began a funnel in one interval. Each interval has attempts of its own: a person may count in several. */
export interface FunnelPoint {
  /** Start of the interval, ISO with the offset of the query's time zone. */
  start: string
  /** People who did the first step in it; of an unordered funnel any step. */
  entered: number
  /** Those of them who did the last step on an attempt that they began in it; of an unordered funnel all steps. */
  converted: number
  /** The share of `converted`, 0 to 1; null where nobody entered. */
  rate: number | null
  /** False while a window that begins in the interval is not over, or goes beyond the range: more may convert than the range shows. */
  complete: boolean
}

/** How long people took from one step to another. */
export interface FunnelHistogram {
  fromStep: number
  toStep: number
  /** Null where nobody reached the step. */
  averageSeconds: number | null
  /** Of equal width, the shortest first: how many took from `fromSeconds` on, up to where the next one begins. */
  bins: { fromSeconds: number; users: number }[]
}
