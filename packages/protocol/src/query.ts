import type { Json } from './json.js'

/** A length of time: `30m`, `14d`. A day is 24 hours, a week 7 days. */
export type Duration = `${number}${'s' | 'm' | 'h' | 'd' | 'w'}`

/** An age: a {@link Duration}, or calendar years in UTC counted from a day's end. */
export type Age = Duration | `${number}y`

/** A calendar interval in the time zone of the query: a day is a calendar day, not 24 hours. */
export type Interval = 'minute' | 'hour' | 'day' | 'week' | 'month'

/** A span of time: `from` inclusive, `to` exclusive; ISO instants, or dates that begin in `timeZone`. */
export interface Range {
  from: string
  to: string
  /** IANA name. @default 'UTC' */
  timeZone?: string
  /** @default 'monday' */
  weekStart?: 'monday' | 'sunday'
}

/** How a filter compares. Each comparison needs equal types; text compares by code point, `contains` minds case. */
export type FilterOperator =
  | 'eq'
  | 'neq'
  | 'in'
  | 'notIn'
  | 'gt'
  | 'gte'
  | 'lt'
  | 'lte'
  | 'contains'
  | 'exists'
  | 'notExists'

/** One comparison. `property` is a column of the event, or `properties.path`. */
export interface PropertyFilter {
  property: string
  op: FilterOperator
  value?: Json
}

/**
 * A condition on an event. A property that is absent or null is missing: it holds for `notExists`, `neq` and `notIn` alone.
 */
export type Filter = PropertyFilter | { and: readonly Filter[] } | { or: readonly Filter[] } | { not: Filter }

/** One step of a funnel. Step indexes count from 0. */
export interface Step {
  /** One type, any of several, or `*` for all. */
  event: string | readonly string[] | '*'
  where?: Filter
  /** Shown in the result. @default the event */
  name?: string
  /** In a funnel: an attempt may leave the step out; neither the first nor the last. @default false */
  optional?: boolean
}

/** An event that spoils an attempt at a funnel: whoever did it between two steps, within the window, is taken out of the whole funnel. */
export interface Exclusion {
  event: string | readonly string[] | '*'
  where?: Filter
  /** The attempt has reached this step, or a later one, */
  fromStep: number
  /** and not this one. */
  toStep: number
}

/** What every query has. */
export interface QueryBase {
  range: Range
  where?: Filter
  /** @default 'all' */
  tiers?: 'all' | 'hot'
  /**
   * What to do about days in the archive tier: refuse, leave them out and say so in `meta.missing`, or have them restored, which takes up
   * to an hour and may cost: ask again later. @default 'error'
   */
  onArchived?: 'error' | 'partial' | 'restore'
  /** @default 30000 */
  timeoutMs?: number
}

/** Whole events, page by page. */
export interface EventsQuery extends QueryBase {
  kind: 'events'
  /** This user's events, with those of every anonymous visitor who later identified as the user. */
  userId?: string
  sessionId?: string
  eventTypes?: readonly string[]
  /** 1 to 1,000. @default 100 */
  limit?: number
  cursor?: string
  /** @default 'desc' */
  order?: 'asc' | 'desc'
}

/**
 * How many people did the steps within the window of their first step. A later first step begins a new attempt; a person counts with the
 * deepest attempt. (The rules of PostHog's funnels.)
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
}

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

/** How often something is done in an interval for that interval to count. */
export interface Occurrences {
  /** @default 1 */
  minOccurrences?: number
  /** @default any number */
  maxOccurrences?: number
}

/**
 * Whether people come back: of those who did the start event in an interval, how many did the return event in each interval after it.
 * Intervals are calendar intervals of the range's time zone, and nothing behind the range counts.
 */
export interface RetentionQuery extends QueryBase {
  kind: 'retention'
  startEvent: Step
  returnEvent: Step
  /** @default 'day' */
  interval?: Exclude<Interval, 'minute'>
  /** Intervals after the first that are looked at. @default as many as the range has behind its first */
  periods?: number
  /**
   * Which cohorts a person is in. `recurring`: each interval with a start event. `first-time`: the interval of the very first start event,
   * however long ago. `first-in-range`: that of the first one in the range.
   * @default 'recurring'
   */
  mode?: 'recurring' | 'first-time' | 'first-in-range'
  /** Whether a return counts in its own interval alone, or in every one before it as well (`false`). @default true */
  bounded?: boolean
  /** Return events that an interval must have to count. @default 1 */
  minOccurrences?: number
  /** Joins intervals after the first: `[1, 3]` is the next one, and the three behind it. In place of `periods`. */
  brackets?: readonly number[]
  /** What rates are shares of: the cohort, or who was there the period before. @default 'cohort' */
  reference?: 'cohort' | 'previous'
}

/** Who is new, who stays, who comes back and who is gone, by interval. */
export interface LifecycleQuery extends QueryBase {
  kind: 'lifecycle'
  /** What counts as being active. @default any event */
  event?: Step
  /** @default 'day' */
  interval?: Exclude<Interval, 'minute'>
}

/** In how many intervals of the range people were active. */
export interface StickinessQuery extends QueryBase, Occurrences {
  kind: 'stickiness'
  /** What counts as being active. @default any event */
  event?: Step
  /** @default 'day' */
  interval?: Exclude<Interval, 'minute'>
}

/** Distinct people of the 1, 7 or 30 calendar days that end with each day of the range. */
export interface ActiveUsersQuery extends QueryBase {
  kind: 'active-users'
  window: 'day' | 'week' | 'month'
  /** What counts as being active. @default any event */
  event?: Step
}

/**
 * The ways people take: which step follows which, in the sessions of each person. A session ends where its next event comes `sessionGap`
 * later or more, or at an end of the range. Events of a person at one instant count in the order of their labels.
 */
export interface JourneysQuery extends QueryBase {
  kind: 'journeys'
  /**
   * What labels a step: `eventType`, `pageUrl`, another column or `properties.path`; of several, the first that the event has. An event that
   * has none is no step. A slash at the end of a label is left out, so that `/a` and `/a/` are one page.
   */
  by: string | readonly string[]
  /** Which events are steps. @default all that have a label */
  event?: Step
  /** Labels that count as one. The first that matches is taken; `start`, `end` and `exclude` mean the labels that come of it. */
  groups?: readonly JourneyGroup[]
  /** Steps that are left out, as if they had not happened: labels, in which `*` stands for any text. */
  exclude?: readonly string[]
  /** Only sessions with this label, from where it comes first. */
  start?: string
  /**
   * Only sessions with this label, up to where it comes first, and of longer ones the last `maxSteps`. With `start`, the way from one to the
   * other: of longer ones the first and the last `maxSteps` / 2, with `...` between.
   */
  end?: string
  /** Steps of a session that are looked at, 2 to 20. @default 5 */
  maxSteps?: number
  /** @default '30m' */
  sessionGap?: Duration
  /** Whether equal steps in a row are one, which lasts until the last of them. @default true */
  collapseRepeats?: boolean
  /** Sessions that a link must have. @default 1 */
  minWeight?: number
  /** How many links at most, 1 to 1,000: those with the most sessions. @default 50 */
  limit?: number
}

/** Labels of a journey that count as one. */
export interface JourneyGroup {
  label: string
  /** Labels, in which `*` stands for any text. */
  match: readonly string[]
}

/** A question, told apart by `kind`. */
export type Query =
  | EventsQuery
  | FunnelQuery
  | TrendQuery
  | RetentionQuery
  | LifecycleQuery
  | StickinessQuery
  | ActiveUsersQuery
  | JourneysQuery

const DURATION_MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const

/** Milliseconds of a duration; undefined where the text is none or not above zero. */
export function durationMs(text: string): number | undefined {
  const parts = /^(\d+(?:\.\d+)?)([smhdw])$/.exec(text)
  if (!parts) return undefined
  const ms = Number(parts[1]) * DURATION_MS[parts[2] as keyof typeof DURATION_MS]
  return ms > 0 && Number.isSafeInteger(ms) ? ms : undefined
}

/** The years of an {@link Age} that counts calendar years; undefined for every other text. */
export function ageYears(text: string): number | undefined {
  const years = /^([1-9]\d{0,2})y$/.exec(text)?.[1]
  return years === undefined ? undefined : Number(years)
}

/** The instant, in UTC milliseconds, that lies an age before another; undefined where the text is no age. */
export function instantBefore(time: number, age: string): number | undefined {
  const years = ageYears(age)
  if (years === undefined) {
    const duration = durationMs(age)
    return duration === undefined ? undefined : time - duration
  }
  const date = new Date(time)
  return date.setUTCFullYear(date.getUTCFullYear() - years)
}
