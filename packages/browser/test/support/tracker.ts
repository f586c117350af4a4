import type { WireEvent } from '@analytics/protocol'
import { vi } from 'vitest'
import { type Analytics, type AnalyticsOptions, createAnalytics, type Fault } from '../../src/index.js'
import { decode } from './decode.js'

/** A tracker with a clock, chance and network of its own, and what it sent. */
export interface TestTracker {
  analytics: Analytics
  clock: { now: number }
  faults: Fault[]
  requests: { url: string; init: RequestInit; events: WireEvent[] }[]
  events(): WireEvent[]
  of(type: string): WireEvent[]
}

/** Creates a tracker whose server takes everything. Captures nothing by itself unless told to. */
export function createTestTracker(options: Partial<AnalyticsOptions> = {}): TestTracker {
  const clock = { now: Date.parse('2026-11-20T12:00:00Z') }
  const faults: Fault[] = []
  const requests: TestTracker['requests'] = []
  let chance = 0
  const fetch = vi.fn(async (url: string, init: RequestInit) => {
    const { events } = decode(Buffer.from(init.body as Uint8Array))
    requests.push({ url, init, events })
    return Response.json({ accepted: events.length, duplicates: 0 })
  })
  const analytics = createAnalytics({
    writeKey: 'wk_test',
    capture: { pageViews: false, clicks: false, errors: false },
    fetch: fetch as unknown as typeof globalThis.fetch,
    now: () => clock.now,
    random: () => {
      chance = (chance + 0.381966) % 1
      return chance
    },
    onError: (fault) => faults.push(fault),
    ...options,
  })
  const events = () => requests.flatMap((request) => request.events)
  return {
    analytics,
    clock,
    faults,
    requests,
    events,
    of: (type) => events().filter((event) => event.eventType === type),
  }
}

/** Events recorded less those that are somewhere: 0 unless some went missing. */
export function unaccounted(analytics: Analytics): number {
  const { recorded, queued, inFlight, delivered, handedOff, dropped } = analytics.stats()
  return (
    recorded - queued - inFlight - delivered - handedOff - Object.values(dropped).reduce((sum, count) => sum + count)
  )
}
