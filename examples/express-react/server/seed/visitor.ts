import type { ImportEvent } from '@analytics/node'
import { between, pick, type Random, seededRandom } from './random.js'

/** Somebody who comes to the shop, perhaps again and again. */
export interface Visitor {
  random: Random
  anonymousId: string
  /** The id that a sign-up would give. */
  memberId: string
  isMember: boolean
  /** Comes back more often, and buys more. */
  isRegular: boolean
  /** Hours from UTC, where the visitor lives. */
  utcOffset: number
  device: NonNullable<ImportEvent['device']>
  campaign: string | undefined
}

type Weighted<Value> = readonly (readonly [Value, number])[]

const COUNTRIES: Weighted<{ country: string; utcOffset: number }> = [
  [{ country: 'DE', utcOffset: 1 }, 28],
  [{ country: 'GB', utcOffset: 0 }, 16],
  [{ country: 'NL', utcOffset: 1 }, 13],
  [{ country: 'SE', utcOffset: 1 }, 11],
  [{ country: 'FR', utcOffset: 1 }, 10],
  [{ country: 'NO', utcOffset: 1 }, 8],
  [{ country: 'US', utcOffset: -5 }, 14],
]

const DEVICES: Weighted<Visitor['device']> = [
  [{ deviceType: 'mobile', browser: 'Safari', os: 'iOS' }, 31],
  [{ deviceType: 'mobile', browser: 'Chrome', os: 'Android' }, 26],
  [{ deviceType: 'desktop', browser: 'Chrome', os: 'Windows' }, 18],
  [{ deviceType: 'desktop', browser: 'Safari', os: 'macOS' }, 11],
  [{ deviceType: 'desktop', browser: 'Firefox', os: 'Linux' }, 5],
  [{ deviceType: 'tablet', browser: 'Safari', os: 'iPadOS' }, 9],
]

const CAMPAIGNS: Weighted<string | undefined> = [
  [undefined, 62],
  ['newsletter', 14],
  ['instagram', 15],
  ['autumn-sale', 9],
]

/** The visitor with that number among those who first came on that day. */
export function createVisitor(dayNumber: number, number: number): Visitor {
  // A day has fewer than 4,096 new visitors: no two share a seed.
  const random = seededRandom(dayNumber * 4096 + number)
  const { country, utcOffset } = pick(random, COUNTRIES)
  return {
    random,
    anonymousId: `visitor-${dayNumber}-${number}`,
    memberId: `member-${dayNumber}-${number}`,
    isMember: false,
    isRegular: random() < 0.22,
    utcOffset,
    device: { ...pick(random, DEVICES), country },
    campaign: pick(random, CAMPAIGNS),
  }
}

const HOUR_MS = 3_600_000
const HOUR_WEIGHTS = [2, 1, 1, 1, 1, 2, 4, 8, 10, 11, 12, 13, 16, 13, 11, 11, 12, 14, 16, 20, 23, 21, 13, 6]
const HOURS = HOUR_WEIGHTS.map((weight, hour) => [hour, weight] as const)

/** A time of the day at which the visitor would come, as milliseconds after the day's start in UTC. */
export function timeOfVisit({ random, utcOffset }: Visitor): number {
  const hour = (pick(random, HOURS) - utcOffset + 24) % 24
  return hour * HOUR_MS + between(random, 0, HOUR_MS - 1)
}
