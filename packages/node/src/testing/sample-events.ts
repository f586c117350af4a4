import { DAY_MS, type StoredEvent } from '@analytics/protocol'
import { ulid } from 'ulid'
import { NO_CLIENT } from '../ingest/client.js'

/** A stored event with what tests don't care about filled in. */
export function sampleEvent(event: Partial<StoredEvent> = {}): StoredEvent {
  const eventTimestamp = event.eventTimestamp ?? Date.UTC(2026, 0, 15, 12)
  return {
    // An id that is given is not made: ids know no time before 1970. Secrets are made otherwise; this is several times as fast.
    eventId: event.eventId ?? ulid(eventTimestamp, Math.random),
    eventType: 'page_view',
    eventCategory: null,
    eventAction: null,
    eventLabel: null,
    eventValue: null,
    userId: null,
    anonymousId: event.userId ? null : 'visitor',
    sessionId: 'session',
    pageUrl: null,
    referrerUrl: null,
    ...NO_CLIENT,
    properties: null,
    schemaVersion: 1,
    receivedTimestamp: eventTimestamp,
    processingTimestamp: eventTimestamp,
    ...event,
    eventTimestamp,
  }
}

/** Events of several people over several days, the same for the same arguments. */
export function sampleEvents({
  count,
  days = 3,
  people = 5,
  start = Date.UTC(2026, 0, 10),
}: {
  count: number
  days?: number
  people?: number
  start?: number
}): StoredEvent[] {
  const types = ['page_view', 'click', 'purchase', 'signup']
  return Array.from({ length: count }, (_, i) => {
    const eventTimestamp = start + Math.floor(((i * 7919) % count) * ((days * DAY_MS) / count))
    const person = (i * 31) % people
    return sampleEvent({
      eventTimestamp,
      eventType: types[i % types.length]!,
      eventValue: i % 3 === 0 ? (i % 100) / 4 : null,
      userId: person % 2 === 0 ? `user-${person}` : null,
      anonymousId: `visitor-${person}`,
      sessionId: `session-${person}-${i % 4}`,
      pageUrl: i % 4 === 0 ? `https://shop.example/p/${i % 10}` : null,
      properties:
        i % 2 === 0 ? { plan: i % 4 === 0 ? 'pro' : 'free', amount: i % 50, nested: { deep: i % 5 === 0 } } : null,
    })
  })
}
