import { DAY_MS, type Day, dayStart, type JsonObject, type NumberedEvent, type StoredEvent } from '@analytics/protocol'
import { ulid } from 'ulid'

/** What {@link sampleEvents} makes. */
export interface SampleEventsOptions {
  count: number
  /** @default '2026-08-01' */
  day?: Day
  /** The same seed makes the same events. @default 1 */
  seed?: number
  /** How many users there are; some events are anonymous. @default a tenth of the events */
  users?: number
}

/** A seeded source of numbers from 0 to 1 (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const TYPES = ['page_view', 'page_view', 'page_view', 'click', 'timing', 'purchase', 'error'] as const
const LABELS = ['save', 'größer', '日本語', "it's", '50%_off', '😀', '\ufffd', 'a"b', '$1'] as const
const PAGES = ['/', '/pricing', '/docs/a-b_c', '/docs?q=x&y=z'] as const

/** Events of one day in no order, with the values that stores tend to get wrong: the same for the same options. */
export function sampleEvents({ count, day = '2026-08-01', seed = 1, users }: SampleEventsOptions): StoredEvent[] {
  const random = seededRandom(seed)
  const people = users ?? Math.max(1, Math.ceil(count / 10))
  return Array.from({ length: count }, () => sampleEvent(day, people, random))
}

function sampleEvent(day: Day, people: number, random: () => number): StoredEvent {
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)]!
  const maybe = <Value>(value: Value): Value | null => (random() < 0.3 ? null : value)
  const time = dayStart(day) + Math.floor(random() * DAY_MS)
  const person = Math.floor(random() ** 2 * people)
  const isAnonymous = random() < 0.2
  return {
    eventId: ulid(time, random),
    eventType: pick(TYPES),
    eventCategory: maybe('navigation'),
    eventAction: maybe('view'),
    eventLabel: maybe(pick(LABELS)),
    eventValue: maybe(pick([0, -1.5, 0.1, 42, 1e21, 2 ** 53, Math.floor(random() * 1000) / 10])),
    userId: isAnonymous ? null : `user-${person}`,
    anonymousId: isAnonymous || random() < 0.5 ? `visitor-${person}` : null,
    sessionId: `session-${person}-${Math.floor(random() * 3)}`,
    pageUrl: maybe(`https://app.example${pick(PAGES)}`),
    referrerUrl: maybe('https://search.example/'),
    userAgent: maybe('Mozilla/5.0'),
    ipAddress: maybe(pick(['203.0.113.0', '2001:db8::'])),
    deviceType: maybe(pick(['desktop', 'mobile'])),
    browser: maybe('Firefox'),
    os: maybe('Linux'),
    country: maybe(pick(['DE', 'US'])),
    properties: maybe(sampleProperties(random, pick)),
    schemaVersion: pick([1, 2]),
    eventTimestamp: time,
    receivedTimestamp: time + 20,
    processingTimestamp: time + 25,
  }
}

function sampleProperties(random: () => number, pick: <Item>(items: readonly Item[]) => Item): JsonObject {
  return {
    plan: pick(['free', 'pro', null]),
    amount: pick([0, 9.99, 100, '100']),
    trial: pick([true, false, 'true']),
    nested: pick([{ deep: { level: Math.floor(random() * 3), 'a/b~c': 'x' } }, { deep: [1, 2] }, 'flat']),
    list: pick([[], ['a', { b: 1 }], [null]]),
    ...(random() < 0.5 ? { 'naïve "key"': '\\ud83d' } : {}),
  }
}

/** The events with a number for each person, as a hot store gives them: dense, from 0. */
export function numberEvents(events: readonly StoredEvent[]): NumberedEvent[] {
  const numbers = new Map<string, number>()
  return events.map((event) => {
    const key = event.userId === null ? `a ${event.anonymousId}` : `u ${event.userId}`
    const person = numbers.get(key) ?? numbers.size
    numbers.set(key, person)
    return { ...event, person }
  })
}
