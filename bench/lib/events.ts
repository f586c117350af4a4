import type { StoredEvent, WireEvent } from '@analytics/node'
import { ulid } from 'ulid'
import { seededRandom } from './random.js'

/** Kinds of events and how many of a thousand are of each; the last four are the steps of the funnel. */
export const EVENT_SHARES = [
  ['page_view', 500],
  ['click', 200],
  ['product_view', 150],
  ['add_to_cart', 80],
  ['checkout', 40],
  ['purchase', 30],
] as const

/** How many people there are. */
export const USERS = 250_000

/** A person's events of so many milliseconds are one session. */
export const SESSION_MS = 86_400_000

/** What a stream of events is made of. */
export interface StreamOptions {
  seed: number
  /** UTC milliseconds of the first event. */
  from: number
  /** Milliseconds from one event to the next. */
  stepMs: number
}

/** Events as trackers send them, about 480 bytes of JSON each. */
export function wireEvents(count: number, { seed, from, stepMs }: StreamOptions): WireEvent[] {
  const random = seededRandom(seed)
  return Array.from({ length: count }, (_, i) => {
    const time = Math.floor(from + i * stepMs)
    const user = Math.floor(USERS * random() ** 1.7)
    const product = Math.floor(random() * 1000)
    return {
      eventId: ulid(time, random),
      eventType: pick(random),
      eventCategory: 'shop',
      eventLabel: `Product ${product}`,
      eventValue: product / 10,
      userId: `user-${user}`,
      sessionId: `session-${user}-${Math.floor(time / SESSION_MS)}`,
      timestamp: new Date(time).toISOString(),
      properties: { product, plan: user % 10 === 0 ? 'team' : 'free', experiment: 'checkout-b', tags: ['a', 'b'] },
      context: {
        page: { url: `https://shop.example/products/${product}`, path: `/products/${product}`, title: 'Product' },
        screen: '1440x900',
        locale: 'en-GB',
      },
    }
  })
}

function pick(random: () => number): string {
  let left = random() * 1000
  for (const [type, share] of EVENT_SHARES) {
    left -= share
    if (left < 0) return type
  }
  return 'page_view'
}

/** The same events as rows of a store. */
export function storedEvents(count: number, options: StreamOptions): StoredEvent[] {
  return wireEvents(count, options).map((event) => {
    const time = Date.parse(event.timestamp)
    return {
      ...{ eventId: event.eventId, eventType: event.eventType, sessionId: event.sessionId },
      ...{ eventCategory: 'shop', eventAction: null, eventLabel: event.eventLabel!, eventValue: event.eventValue! },
      ...{ userId: event.userId!, anonymousId: null, pageUrl: event.context!.page!.url!, referrerUrl: null },
      ...{ userAgent: 'Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0', ipAddress: '192.0.2.0', country: 'PT' },
      ...{ deviceType: 'desktop', browser: 'Chrome', os: 'Linux', schemaVersion: 1 },
      properties: { ...event.properties!, $context: { path: event.context!.page!.path!, screen: '1440x900' } },
      eventTimestamp: time,
      receivedTimestamp: time + 40,
      processingTimestamp: time + 41,
    }
  })
}
