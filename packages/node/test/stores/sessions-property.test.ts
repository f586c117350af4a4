import { sampleEvent } from '@analytics/node/testing'
import type { StoredEvent } from '@analytics/protocol'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { limitMs, runs } from '../../../../test/support/soak.js'
import { type StoredSession, sessionsOf } from '../../src/sessions/session.js'
import { describeStore } from '../support/contract.js'
import { duckdbKind, memoryKind, type OpenStore, postgresKind } from '../support/stores.js'

const START = Date.UTC(2026, 0, 15, 23, 59)

/** Few values of each, so that sessions, times and texts meet. */
const visit = fc.record({
  sessionId: fc.constantFrom('s1', 's2', 'server', "it's 😀"),
  user: fc.constantFrom(null, 'anna', 'ben'),
  visitor: fc.constantFrom('d1', 'd2', '\uffff', '😀'),
  at: fc.integer({ min: 0, max: 3 }).map((step) => step * 40_000),
  eventType: fc.constantFrom('page_view', 'click', 'purchase', '__proto__'),
  pageUrl: fc.constantFrom(null, 'https://a.example/', 'https://b.example/\uffff', 'https://b.example/😀'),
  deviceType: fc.constantFrom(null, 'mobile', 'desktop'),
  browser: fc.constantFrom(null, 'Chrome', '\uffff', '😀 "x"'),
  os: fc.constantFrom(null, 'Android'),
  country: fc.constantFrom(null, 'DE', 'US'),
  // Halves, so that sums know no order.
  eventValue: fc.constantFrom(null, 0.5, 2, -1.5),
  conversion: fc.constantFrom(undefined, true, false, 'yes'),
})

/** Events, and batches of them: each event's batch and place is drawn. */
const story = fc.array(fc.tuple(visit, fc.integer({ min: 0, max: 4 }), fc.nat()), { minLength: 1, maxLength: 40 })

const bySession = (a: StoredSession, b: StoredSession): number =>
  a.sessionId === b.sessionId ? a.person - b.person : a.sessionId < b.sessionId ? -1 : 1

for (const kind of [memoryKind, duckdbKind, postgresKind({ timezone: 'America/New_York', locale: 'en-US' })]) {
  describeStore(kind, () => {
    let open: OpenStore
    beforeAll(async () => {
      open = await kind.open()
    })
    afterAll(() => open.close())

    it(
      'ends in the sessions that all events make together, however they are split, ordered and sent',
      async () => {
        const { store } = open.context
        let run = 0
        await fc.assert(
          fc.asyncProperty(story, fc.boolean(), async (drawn, isParallel) => {
            // Each run has days of its own; ids may meet those of earlier runs.
            const start = START + ++run * 3 * 86_400_000
            const events = drawn.map(
              ([{ user, visitor, at, conversion, ...event }]): StoredEvent =>
                sampleEvent({
                  ...event,
                  userId: user,
                  anonymousId: visitor,
                  eventTimestamp: start + at,
                  sessionId: event.sessionId === 'server' ? 'server' : `${event.sessionId} ${run}`,
                  properties:
                    conversion === undefined ? null : { $conversion: conversion, other: '"$conversion":true' },
                }),
            )
            const batches = [0, 1, 2, 3, 4].map((batch) => [...drawn.keys()].filter((i) => drawn[i]![1] === batch))
            const sent = batches.map((batch) =>
              batch.sort((a, b) => drawn[a]![2] - drawn[b]![2]).map((i) => events[i]!),
            )
            if (isParallel) await Promise.all(sent.map((batch) => store.insertEvents(batch)))
            else for (const batch of sent) await store.insertEvents(batch)

            const sessions: StoredSession[] = []
            for await (const page of store.sessions.read({ from: start, to: start + 86_400_000 }))
              sessions.push(...page)
            const expected = sessionsOf(events, await store.personNumbers(events))
            expect(sessions.sort(bySession)).toEqual(expected.sort(bySession))
          }),
          { numRuns: runs(60), seed: 3 },
        )
      },
      limitMs(60_000),
    )
  })
}
