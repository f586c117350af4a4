import { type Age, AnalyticsError, ageYears, DAY_MS, type Day, dayStart, durationMs } from '@analytics/protocol'

/** When days move. */
export interface TieringPolicy {
  /** Age, counted from the day's end, at which a day's events leave the hot store for object storage. */
  dropAfter: Age
}

const POLICY_KEYS = ['dropAfter']

/** @throws AnalyticsError `invalid_options` where the policy has anything but ages that it knows. */
export function resolvePolicy(policy: TieringPolicy): TieringPolicy {
  if (typeof policy !== 'object' || policy === null) {
    throw new AnalyticsError('invalid_options', 'policy is no object.', { field: 'policy' })
  }
  for (const key of Object.keys(policy)) {
    if (POLICY_KEYS.includes(key)) continue
    throw new AnalyticsError('invalid_options', `policy.${key} is not known; there is ${POLICY_KEYS.join(', ')}.`, {
      field: `policy.${key}`,
    })
  }
  if (typeof policy.dropAfter !== 'string' || !isAge(policy.dropAfter)) {
    throw new AnalyticsError('invalid_options', 'policy.dropAfter is no age such as 90d or 1y.', {
      field: 'policy.dropAfter',
    })
  }
  return { dropAfter: policy.dropAfter }
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
