import { type Age, AnalyticsError, ageYears, DAY_MS, type Day, dayStart, durationMs } from '@analytics/protocol'

/** When days move. */
export interface TieringPolicy {
  /**
   * Age at which a day is copied to object storage and read from there, while its rows stay in the hot store until `dropAfter`; earlier
   * than that. What comes late meanwhile is read from the hot store. @default dropAfter
   */
  copyAfter?: Age
  /** Age, counted from the day's end, at which a day's events leave the hot store for object storage. */
  dropAfter: Age
  /**
   * Age at which the segments of a day go to the archive tier, where they must be restored before they can be read; later than
   * `dropAfter`. @default never
   */
  archiveAfter?: Age
  /** Age at which a day's segments are deleted for good, later than the others; a hold keeps them. @default never */
  expireAfter?: Age
}

const POLICY_KEYS: readonly (keyof TieringPolicy)[] = ['copyAfter', 'dropAfter', 'archiveAfter', 'expireAfter']

/** @throws AnalyticsError `invalid_options` where the policy has anything but ages that it knows, or an order that makes no sense. */
export function resolvePolicy(policy: TieringPolicy): TieringPolicy {
  if (typeof policy !== 'object' || policy === null) throw invalid('policy', 'is no object.')
  for (const key of Object.keys(policy)) {
    if ((POLICY_KEYS as readonly string[]).includes(key)) continue
    throw invalid(`policy.${key}`, `is not known; there is ${POLICY_KEYS.join(', ')}.`)
  }
  if (policy.dropAfter === undefined) throw invalid('policy.dropAfter', NO_AGE)
  const resolved: TieringPolicy = { ...policy }
  let before: keyof TieringPolicy | undefined
  for (const name of POLICY_KEYS) {
    const age = policy[name]
    if (age === undefined) continue
    if (typeof age !== 'string' || !isAge(age)) throw invalid(`policy.${name}`, NO_AGE)
    if (before && dayReachesAge(SOME_DAY, age) <= dayReachesAge(SOME_DAY, policy[before]!))
      throw invalid(`policy.${name}`, `is not later than policy.${before}.`)
    before = name
  }
  return resolved
}

const NO_AGE = 'is no age such as 90d or 1y.'
const SOME_DAY: Day = '2026-01-01'

function invalid(field: string, fault: string): AnalyticsError {
  return new AnalyticsError('invalid_options', `${field} ${fault}`, { field })
}

function isAge(age: string): age is Age {
  return ageYears(age) !== undefined || durationMs(age) !== undefined
}

/** When the day is that old, in UTC milliseconds. Years are calendar years, of 365 or 366 days. */
export function dayReachesAge(day: Day, age: Age): number {
  const end = dayStart(day) + DAY_MS
  const years = ageYears(age)
  if (years === undefined) return end + durationMs(age)!
  const date = new Date(end)
  return date.setUTCFullYear(date.getUTCFullYear() + years)
}

/** How old the day is, in whole days since its end; below zero while it lasts. */
export function daysSince(day: Day, now: number): number {
  return Math.floor((now - dayStart(day) - DAY_MS) / DAY_MS)
}

const BACKOFF_MS = 60_000
const LONGEST_BACKOFF_MS = 6 * 3_600_000

/** How long a day that failed so many times in a row waits, in ms: 1 minute, doubled up to 6 hours, spread by a half. */
export function backoffMs(attempts: number, random: () => number): number {
  return Math.min(BACKOFF_MS * 2 ** (attempts - 1), LONGEST_BACKOFF_MS) * (1 - random() / 2)
}
