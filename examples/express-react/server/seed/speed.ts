import type { ImportEvent } from '@analytics/node'
import { ulid } from 'ulid'
import { type Random, seededRandom } from './random.js'

/** Of how many landings the speed is measured. */
const MEASURED = 1 / 3
/** Phones are slower. */
const MOBILE = 1.4
/** What is measured of a page: its middle, in milliseconds, or for CLS without a unit. */
const MIDDLES = { TTFB: 240, FCP: 900, LCP: 1500, INP: 90, CLS: 0.04 } as const
const PAGE_LOAD_MS = 1300

/**
 * How fast the first page of a visit was, of some. The numbers depend on the landing alone and take none of the visitor's: all
 * else happens as it would without.
 */
export function measureSpeed(landing: ImportEvent & { eventId: string }): ImportEvent[] {
  const random = seededRandom(Number.parseInt(landing.eventId.slice(-6), 36))
  if (random() >= MEASURED) return []
  const slowness = (landing.device?.deviceType === 'mobile' ? MOBILE : 1) * spread(random)
  const time = Date.parse(landing.timestamp)
  const measured = (eventType: string, eventValue: number, eventLabel?: string): ImportEvent => {
    const { properties: _, ...page } = landing
    return { ...page, eventId: ulid(time, random), eventType, eventValue, ...(eventLabel ? { eventLabel } : {}) }
  }
  return [
    measured('page_load', Math.round(PAGE_LOAD_MS * slowness)),
    ...Object.entries(MIDDLES).map(([label, middle]) => {
      const value = middle * slowness * spread(random)
      return measured('web_vital', label === 'CLS' ? Number(value.toFixed(3)) : Math.round(value), label)
    }),
  ]
}

/** Half of the numbers are below 1, and the highest are above 2. */
const spread = (random: Random): number => 0.56 + 0.25 / (1 - 0.86 * random())
