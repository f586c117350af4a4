import type { Json } from '../json.js'

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
