import { type Age, AnalyticsError, instantBefore } from '@analytics/protocol'
import type { Grain } from './rollups/rollup.js'

/** How long what follows from events is kept; `false` keeps it for ever. Events themselves are a matter of the tiering's policy. */
export interface RetentionOptions {
  /** Metrics by user and hour. @default '90d' */
  hourly?: Age | false
  /** Metrics by user and day. @default '2y' */
  daily?: Age | false
  /** Metrics by user and week. @default '5y' */
  weekly?: Age | false
  /** Sessions, from their last event. @default '1y' */
  sessions?: Age | false
  /**
   * Ids of people of whom nothing else is left, from their first event. Events in object storage don't count as something: keep
   * ids as long as those. @default false
   */
  identities?: Age | false
  /** Events that could not be stored, from the moment they were given up. @default '30d' */
  deadLetters?: Age | false
}

/** The instants before which things have passed their age, UTC milliseconds; minus infinity where they never do. */
export interface Retention {
  keptFrom(grain: Grain, now: number): number
  sessionsFrom(now: number): number
  identitiesFrom(now: number): number
  deadLettersFrom(now: number): number
}

const DEFAULTS = {
  hourly: '90d',
  daily: '2y',
  weekly: '5y',
  sessions: '1y',
  identities: false,
  deadLetters: '30d',
} as const

/** Checks ages and fills in defaults. @throws AnalyticsError `invalid_options` with the field at fault. */
export function resolveRetention(options: RetentionOptions = {}): Retention {
  for (const [name, age] of Object.entries(options)) {
    const field = `retention.${name}`
    if (!Object.hasOwn(DEFAULTS, name)) {
      throw new AnalyticsError(
        'invalid_options',
        `${field} is not known; there is ${Object.keys(DEFAULTS).join(', ')}.`,
        {
          field,
        },
      )
    }
    if (age !== false && age !== undefined && (typeof age !== 'string' || instantBefore(0, age) === undefined))
      throw new AnalyticsError('invalid_options', `${field} is no age such as 90d or 1y.`, { field })
  }
  const ages = { ...DEFAULTS, ...options }
  const from = (now: number, age: string | false) =>
    age === false ? Number.NEGATIVE_INFINITY : instantBefore(now, age)!
  const byGrain = { hour: ages.hourly, day: ages.daily, week: ages.weekly }
  return {
    keptFrom: (grain, now) => from(now, byGrain[grain]),
    sessionsFrom: (now) => from(now, ages.sessions),
    identitiesFrom: (now) => from(now, ages.identities),
    deadLettersFrom: (now) => from(now, ages.deadLetters),
  }
}
