import { sampleEvent } from '@analytics/node/testing'
import type { StoredEvent } from '@analytics/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runs } from '../../../../test/support/soak.js'
import { mergeSessions, type StoredSession, sessionKey, sessionsOf } from '../../src/sessions/session.js'

const START = Date.UTC(2026, 0, 15, 12)

const oneOf = (event: Partial<StoredEvent>): StoredSession =>
  sessionsOf([sampleEvent({ eventTimestamp: START, ...event })], Int32Array.of(1))[0]!

/** Few values of each, so that times and texts meet. */
const part = fc
  .record({
    anonymousId: fc.constantFrom(null, 'd1', '\uffff', '😀'),
    at: fc.integer({ min: 0, max: 2 }),
    eventType: fc.constantFrom('page_view', 'purchase', '__proto__'),
    pageUrl: fc.constantFrom(null, 'https://a.example/', '\uffff', '😀'),
    deviceType: fc.constantFrom(null, 'mobile'),
    browser: fc.constantFrom(null, 'Chrome', '\uffff', '😀'),
    os: fc.constantFrom(null, 'Android'),
    country: fc.constantFrom(null, 'DE'),
    eventValue: fc.constantFrom(null, 0.5, -2),
    isConversion: fc.boolean(),
  })
  .map(({ at, isConversion, ...event }) =>
    oneOf({ ...event, userId: 'anna', eventTimestamp: START + at, properties: { $conversion: isConversion } }),
  )

/** The same session as a database may give it back: the names of its objects in another order. */
const stored = (session: StoredSession): StoredSession => ({
  ...session,
  device: Object.fromEntries(Object.entries(session.device).reverse()),
  conversions: Object.fromEntries(Object.entries(session.conversions).reverse()),
})

describe('mergeSessions', () => {
  it('gives the same session in whatever order parts are merged, and through a database on the way', () => {
    fc.assert(
      fc.property(part, part, part, (a, b, c) => {
        const merged = mergeSessions(mergeSessions(a, b), c)
        expect(mergeSessions(a, mergeSessions(b, c))).toEqual(merged)
        expect(mergeSessions(c, mergeSessions(b, a))).toEqual(merged)
        expect(mergeSessions(stored(mergeSessions(c, a)), b)).toEqual(merged)
        expect(mergeSessions(b, stored(mergeSessions(a, c)))).toEqual(merged)
      }),
      { numRuns: runs(2000), seed: 5 },
    )
  })

  it('changes neither part', () => {
    const [a, b] = [oneOf({ pageUrl: 'https://a.example/' }), oneOf({ eventTimestamp: START + 1 })]
    const before = structuredClone([a, b])
    mergeSessions(a, b)
    expect([a, b]).toEqual(before)
  })

  it('takes the device of the first event, the pages of the first and the last page view', () => {
    const merged = [
      oneOf({ eventTimestamp: START + 20, pageUrl: 'https://b.example/', deviceType: 'desktop' }),
      oneOf({ eventTimestamp: START + 10, pageUrl: 'https://a.example/', deviceType: 'desktop', country: 'US' }),
      oneOf({ eventTimestamp: START, eventType: 'click', pageUrl: 'https://c.example/', deviceType: 'mobile' }),
    ].reduce(mergeSessions)
    expect(merged).toMatchObject({
      device: { deviceType: 'mobile' },
      geo: {},
      entryPage: 'https://a.example/',
      exitPage: 'https://b.example/',
      pageCount: 2,
      eventCount: 3,
    })
  })
})

describe('sessionsOf', () => {
  it('makes one session for each session id and person, in order of their keys', () => {
    const events = ['b', 'a', 'b', 'server'].map((sessionId) => sampleEvent({ sessionId }))
    const sessions = sessionsOf(events, Int32Array.of(1, 1, 2, 1))
    expect(sessions.map((session) => [sessionKey(session), session.eventCount])).toEqual([
      ['a\n1', 1],
      ['b\n1', 1],
      ['b\n2', 1],
    ])
  })

  it('counts as conversions what the server marked, and nothing else', () => {
    const values = [true, false, 'true', 1, null, { x: true }]
    const events = values.map((value, i) =>
      sampleEvent({ eventType: `type ${i}`, eventValue: 2, properties: { $conversion: value } }),
    )
    const [session] = sessionsOf(events, new Int32Array(events.length))
    expect(session).toMatchObject({ conversions: { 'type 0': 1 }, value: 2 })
  })
})
