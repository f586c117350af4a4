import type { Analytics, EventTimeOptions } from '@analytics/node'
import type { VectorCase } from './case.js'
import { type Place, withFilled } from './place.js'

/** Tells the times under which the events of a case are stored. */
type Correction = (vector: VectorCase, place: Place) => Promise<Record<string, unknown>>

/** An event as a client sends it. */
interface SentEvent {
  timestamp: string
  sentAt?: string
  /** Its true time, however old; it is then imported. */
  trueTime?: string
}

interface Profile {
  eventTimes: EventTimeOptions
  /** What a client of ours sends that knows as much. */
  sent(given: Given): SentEvent
  /** How the profile writes an instant. */
  write(instant: string): string
}

/** A case of the vectors, its instants as they are written there. */
interface Given {
  [name: string]: string | number | null | undefined
  received: string
}

const HOUR_MS = 3_600_000

const WRITE_KEY = 'wk_corrections'

/** An id of the form that clients give. */
const idOf = (place: number): string => String(place).padStart(26, '0')

const toIso = (text: string): string => new Date(text.includes('T') ? text : `${text.replace(' ', 'T')}Z`).toISOString()

/** Every time is corrected, none is behind its receipt. What was sent at an unknown time is as if it had been sent when it was made. */
const snowplow: Profile = {
  eventTimes: { maxSkewMs: 0, maxAheadMs: 0, maxAgeMs: false },
  sent({ created, sent, received, true_time }) {
    const timestamp = toIso(String(created ?? sent ?? received))
    const sentAt = toIso(String((created && sent) ?? timestamp))
    return { timestamp, sentAt, ...(true_time ? { trueTime: toIso(String(true_time)) } : {}) }
  },
  write: (instant) => instant.replace('T', ' ').replace('Z', ''),
}

/** Every time is corrected. An offset is the time between the event and the batch. */
const posthog: Profile = {
  eventTimes: { maxSkewMs: 0, maxAheadMs: 23 * HOUR_MS, maxAgeMs: false },
  sent({ timestamp, sent_at, offset_ms, received }) {
    if (offset_ms === undefined)
      return { timestamp: String(timestamp), ...(sent_at ? { sentAt: String(sent_at) } : {}) }
    const sentAt = toIso(String(sent_at ?? received))
    return { timestamp: new Date(Date.parse(sentAt) - Number(offset_ms)).toISOString(), sentAt }
  },
  write: (instant) => instant,
}

/** By kind and profile. */
export const CORRECTIONS: Readonly<Record<string, Correction>> = {
  'timestamp_correction snowplow-derived_tstamp': correction(snowplow),
  'timestamp_correction posthog': correction(posthog),
}

function correction({ eventTimes, sent, write }: Profile): Correction {
  return async ({ expected }, place) => {
    const cases = expected.cases as Given[]
    const fill = async (analytics: Analytics, setNow: (time: number) => void) => {
      for (const [i, one] of cases.entries()) {
        setNow(Date.parse(toIso(one.received)))
        await store(analytics, idOf(i), sent(one))
      }
      return cases.map(({ event_time }) => Date.parse(toIso(String(event_time))))
    }
    const ask = async (analytics: Analytics) => {
      const { result } = await analytics.query({
        kind: 'events',
        range: { from: '1970-01-01', to: '2100-01-01' },
        limit: 1000,
      })
      const times = new Map(result.events.map(({ eventId, eventTimestamp }) => [eventId, eventTimestamp]))
      return {
        cases: cases.map((one, i) => ({ ...one, event_time: write(times.get(idOf(i)) ?? 'is not stored') })),
      }
    }
    return withFilled(place, { keys: [{ key: WRITE_KEY, scope: 'write' }], eventTimes, fill, ask })
  }
}

/** Sends an event to the handler, alone in its batch; one whose time is known for certain is imported. */
async function store(analytics: Analytics, eventId: string, { timestamp, sentAt, trueTime }: SentEvent): Promise<void> {
  const event = { eventId, eventType: 'corrected', userId: 'anna', sessionId: 'a session', timestamp }
  if (trueTime !== undefined) {
    await analytics.import([{ ...event, timestamp: trueTime }])
    return
  }
  const body = JSON.stringify({ sentAt, events: [event] })
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${WRITE_KEY}` }
  const response = await analytics.handler(new Request('http://localhost/events', { method: 'POST', headers, body }))
  if (response.status !== 200)
    throw new Error(`The event was answered with ${response.status}: ${await response.text()}`)
}
