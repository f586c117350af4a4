// @vitest-environment jsdom
import { parseEvent } from '@analytics/protocol'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createAnalytics } from '../src/index.js'
import { createTestTracker, type TestTracker, unaccounted } from './support/tracker.js'

const trackers: TestTracker[] = []
function create(...options: Parameters<typeof createTestTracker>): TestTracker {
  const tracker = createTestTracker(...options)
  trackers.push(tracker)
  return tracker
}

beforeEach(() => {
  localStorage.clear()
  sessionStorage.clear()
  document.title = 'Shop'
})
afterEach(async () => {
  for (const { analytics } of trackers.splice(0)) {
    await analytics.shutdown()
    expect(unaccounted(analytics)).toBe(0)
  }
  vi.restoreAllMocks()
  Reflect.deleteProperty(navigator, 'globalPrivacyControl')
})

describe('events', () => {
  it('are what the server takes, the session first', async () => {
    const { analytics, events } = create()
    analytics.track('signup', { plan: 'pro' }, { eventValue: 3, schemaVersion: 2 })
    analytics.trackFeatureUsage('export', 'csv')
    analytics.trackTiming('checkout', 'pay', 12.5)
    await analytics.flush()
    expect(events().map((event) => parseEvent(event).ok)).toEqual([true, true, true, true])
    expect(events().map(({ eventType, seq }) => [eventType, seq])).toEqual([
      ['session_start', 0],
      ['signup', 1],
      ['feature_usage', 2],
      ['timing', 3],
    ])
    expect(events()[1]).toMatchObject({
      properties: { plan: 'pro' },
      eventValue: 3,
      schemaVersion: 2,
      timestamp: '2026-11-20T12:00:00.000Z',
      consent: 'granted',
      context: { page: { path: '/', title: 'Shop' } },
    })
    expect(events()[2]).toMatchObject({ eventCategory: 'feature_usage', eventLabel: 'export', eventAction: 'csv' })
    expect(events()[3]).toMatchObject({ eventCategory: 'checkout', eventLabel: 'pay', eventValue: 12.5 })
  })

  it('have ids of their own, whose time is that of the event', async () => {
    const { analytics, events } = create()
    for (let n = 0; n < 20; n++) analytics.track('same')
    await analytics.flush()
    const ids = events().map((event) => event.eventId)
    expect(new Set(ids).size).toBe(21)
    expect(new Set(ids.map((id) => id.slice(0, 10))).size).toBe(1)
  })

  it('keep the properties as they were at the call', async () => {
    const { analytics, of } = create()
    const properties = { step: 1 }
    analytics.track('moved', properties)
    properties.step = 2
    await analytics.flush()
    expect(of('moved')[0]?.properties).toEqual({ step: 1 })
  })

  it('survive working crypto being absent', async () => {
    vi.spyOn(crypto, 'getRandomValues').mockImplementation(() => {
      throw new Error('no entropy')
    })
    const { analytics, events } = create({ random: undefined } as never)
    analytics.track('a')
    await analytics.flush()
    expect(events()).toHaveLength(2)
  })

  it.each([
    [
      'a cycle',
      () =>
        Object.assign(
          { self: {} },
          {
            get self() {
              return this
            },
          },
        ),
      'invalid_properties',
    ],
    ['a BigInt', () => ({ n: 1n }), 'invalid_properties'],
    [
      'a getter that throws',
      () => ({
        get x() {
          throw new Error('no')
        },
      }),
      'invalid_properties',
    ],
    ['more than 32 KiB', () => ({ text: 'ü'.repeat(20_000) }), 'event_too_large'],
    ['megabytes', () => ({ text: 'x'.repeat(10_000_000) }), 'event_too_large'],
  ])('are dropped and reported where they hold %s', async (_, make, code) => {
    const { analytics, faults, of } = create()
    expect(() => analytics.track('bad', make() as never)).not.toThrow()
    analytics.track('good')
    await analytics.flush()
    expect(of('bad')).toEqual([])
    expect(of('good')).toHaveLength(1)
    expect(faults.map((fault) => fault.code)).toEqual([code])
  })
})

describe('the page', () => {
  it('is told nothing by a fault handler that throws', () => {
    const { analytics } = create({
      onError: () => {
        throw new Error('host')
      },
    })
    expect(() => analytics.track('bad', { n: 1n } as never)).not.toThrow()
    expect(() => analytics.identify('')).not.toThrow()
  })

  it('works where storage throws', async () => {
    vi.spyOn(window, 'localStorage', 'get').mockImplementation(() => {
      throw new DOMException('denied', 'SecurityError')
    })
    vi.spyOn(Storage.prototype, 'setItem').mockImplementation(() => {
      throw new DOMException('full', 'QuotaExceededError')
    })
    const { analytics, events } = create()
    analytics.track('a')
    analytics.track('b')
    await analytics.flush()
    expect(new Set(events().map((event) => event.anonymousId)).size).toBe(1)
    expect(events().map((event) => event.seq)).toEqual([0, 1, 2])
  })

  it('starts anew where storage holds nonsense', async () => {
    localStorage.setItem('analytics:wk_test', '{"anonymousId":7,"userId":{}}')
    sessionStorage.setItem('analytics:wk_test', '["x"]')
    const { analytics, events } = create()
    analytics.track('a')
    await analytics.flush()
    expect(events().every((event) => parseEvent(event).ok && event.userId === undefined)).toBe(true)
  })

  it('gets a tracker that does nothing, and is told, where the key is missing', () => {
    const onError = vi.fn()
    const analytics = createAnalytics({ writeKey: '', onError })
    analytics.track('a')
    expect(analytics.stats().recorded).toBe(0)
    expect(onError.mock.calls[0]?.[0].code).toBe('invalid_options')
  })

  it('gets the default for a number that cannot work', async () => {
    const { analytics, faults, requests } = create({ maxBatchEvents: Number.NaN, sessionTimeoutMs: -1 })
    for (let n = 0; n < 60; n++) analytics.track('a')
    await analytics.flush()
    expect(faults.map((fault) => fault.code)).toEqual(['invalid_options', 'invalid_options'])
    expect(requests.map((request) => request.events.length)).toEqual([50, 11])
  })
})

describe('identity', () => {
  it('is kept over page loads, the anonymous id beside the user', async () => {
    const first = create()
    first.analytics.track('before')
    first.analytics.identify('u1', { plan: 'pro' })
    await first.analytics.flush()
    const second = create()
    second.analytics.track('after')
    await second.analytics.flush()
    const [start] = first.of('session_start')
    expect(start?.userId).toBeUndefined()
    expect(first.of('identify')[0]).toMatchObject({
      userId: 'u1',
      anonymousId: start?.anonymousId,
      properties: { plan: 'pro' },
    })
    expect(second.of('after')[0]).toMatchObject({
      userId: 'u1',
      anonymousId: start?.anonymousId,
      sessionId: start?.sessionId,
    })
    expect(second.of('session_start')).toEqual([])
  })

  it('is sent once for the same user without traits', async () => {
    const { analytics, of } = create()
    analytics.identify('u1')
    analytics.identify('u1')
    analytics.identify('u1', { plan: 'pro' })
    await analytics.flush()
    expect(of('identify')).toHaveLength(2)
  })

  it('never joins two users of one browser', async () => {
    const { analytics, of } = create()
    analytics.identify('u1')
    analytics.identify('u2')
    await analytics.flush()
    const [first, second] = of('identify')
    expect(first?.anonymousId).not.toBe(second?.anonymousId)
    expect(first?.sessionId).not.toBe(second?.sessionId)
    expect(of('session_start')).toHaveLength(2)
  })

  it('is new after a reset', async () => {
    const { analytics, of } = create()
    analytics.identify('u1')
    analytics.reset()
    analytics.track('after')
    await analytics.flush()
    expect(of('after')[0]?.userId).toBeUndefined()
    expect(of('after')[0]?.anonymousId).not.toBe(of('identify')[0]?.anonymousId)
    expect(of('after')[0]?.seq).toBe(1)
  })

  it.each(['', 'x'.repeat(129), 7])('refuses %s, which would spoil every later event', async (userId) => {
    const { analytics, faults, of } = create()
    analytics.identify(userId as string)
    analytics.track('a')
    await analytics.flush()
    expect(faults[0]?.code).toBe('invalid_identity')
    expect(of('a')[0]?.userId).toBeUndefined()
  })
})

describe('sessions', () => {
  it('end by idleness alone', async () => {
    const { analytics, clock, events } = create({ sessionTimeoutMs: 1000 })
    for (const pause of [0, 1000, 1000, 1001]) {
      clock.now += pause
      analytics.track('a')
    }
    await analytics.flush()
    expect(events().map((event) => event.seq)).toEqual([0, 1, 2, 3, 0, 1])
    expect(new Set(events().map((event) => event.sessionId)).size).toBe(2)
  })

  it('do not outlast a clock that was set back', async () => {
    const { analytics, clock, of } = create()
    analytics.track('a')
    clock.now -= 86_400_000
    analytics.track('a')
    await analytics.flush()
    expect(of('session_start')).toHaveLength(2)
  })
})

describe('consent', () => {
  it('lets events wait and go with the time when they happened', async () => {
    const { analytics, clock, of, requests } = create({ consent: 'pending' })
    analytics.track('early')
    analytics.identify('u1')
    expect(analytics.stats().queued).toBe(2)
    clock.now += 60_000
    await analytics.flush()
    expect(requests).toEqual([])
    analytics.consent.grant()
    await analytics.flush()
    expect(of('early')[0]?.timestamp).toBe('2026-11-20T12:00:00.000Z')
    expect(of('identify')[0]?.userId).toBe('u1')
  })

  it('drops what waited when it is denied, and goes on after a grant', async () => {
    const { analytics, events } = create({ consent: 'pending' })
    const statuses: string[] = []
    const stop = analytics.consent.subscribe(() => statuses.push(analytics.consent.status))
    analytics.track('early')
    analytics.consent.deny()
    analytics.track('denied')
    analytics.consent.grant()
    stop()
    analytics.track('granted')
    await analytics.flush()
    expect(events().map((event) => event.eventType)).toEqual(['session_start', 'granted'])
    expect(analytics.stats().dropped.consent).toBe(2)
    expect(statuses).toEqual(['denied', 'granted'])
  })

  it('bounds what waits', () => {
    const { analytics } = create({ consent: 'pending' })
    for (let n = 0; n < 1500; n++) analytics.track('a')
    expect(analytics.stats()).toMatchObject({ queued: 1000, dropped: { overflow: 500 } })
  })

  it('is denied by Global Privacy Control, unless the visitor grants it', async () => {
    Object.defineProperty(navigator, 'globalPrivacyControl', { value: true, configurable: true })
    const { analytics, of } = create()
    analytics.track('a')
    expect([analytics.consent.status, analytics.consent.initial]).toEqual(['denied', 'granted'])
    analytics.consent.grant()
    analytics.track('b')
    await analytics.flush()
    expect([of('a').length, of('b').length]).toEqual([0, 1])
  })
})

describe('shutdown', () => {
  it('sends what is queued, then records no more', async () => {
    const { analytics, of } = create({ capture: { errors: true } })
    analytics.track('last')
    await analytics.shutdown()
    await analytics.shutdown()
    analytics.track('after')
    window.dispatchEvent(new ErrorEvent('error', { message: 'after' }))
    analytics.consent.deny()
    analytics.consent.grant()
    await analytics.flush()
    expect([of('last').length, of('after').length, of('error').length]).toEqual([1, 0, 0])
    expect(analytics.stats().dropped.closed).toBe(1)
  })
})
