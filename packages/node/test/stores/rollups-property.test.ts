import type { HotStore } from '@analytics/node'
import { sampleEvent } from '@analytics/node/testing'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { limitMs, runs } from '../../../../test/support/soak.js'
import { bucketOf, GRAINS, type RollupBucket, type UserMetrics } from '../../src/rollups/rollup.js'
import { assertSameMetrics, recounted } from '../../src/testing/store-contract/rollups.js'
import { describeStore } from '../support/contract.js'
import { duckdbKind, memoryKind, type OpenStore, postgresKind } from '../support/stores.js'

const WEEK_MS = 7 * 86_400_000
const MONDAY = Date.UTC(2026, 0, 12)

const HOURS = [0, 1, 23, 24, 47, 167].map((hour) => hour * 3_600_000)

/** Few values of each, so that people, sessions, pages and names meet. */
const action = fc.record({
  user: fc.constantFrom(null, 'anna', 'ben'),
  visitor: fc.constantFrom('d1', 'd2', 'd3'),
  sessionId: fc.constantFrom('s1', 's2', 'server'),
  at: fc.tuple(fc.constantFrom(...HOURS), fc.constantFrom(0, 1, 59_999, 3_599_999)).map(([hour, ms]) => hour + ms),
  eventType: fc.constantFrom('page_view', 'page_load', 'error', 'click', 'feature_usage'),
  eventCategory: fc.constantFrom(null, 'feature_usage', 'other'),
  eventAction: fc.constantFrom(null, 'save', '__proto__', '😀', '"'),
  eventLabel: fc.constantFrom(null, 'b', 'B', '\uffff', '😀', 'ä'),
  eventValue: fc.constantFrom(null, 0, 0.1, 1 / 3, 1e6, -2.5),
  pageUrl: fc.constantFrom(null, 'https://a.example/', 'https://b.example/'),
})

const week = fc.record({
  actions: fc.array(action, { maxLength: 50 }),
  links: fc.array(
    fc.record({ anonymousId: fc.constantFrom('d1', 'd2', 'd3'), userId: fc.constantFrom('anna', 'ben') }),
    {
      maxLength: 2,
    },
  ),
  isSealed: fc.boolean(),
})

async function rowsOf(store: HotStore, { grain, start }: RollupBucket): Promise<UserMetrics[]> {
  const rows: UserMetrics[] = []
  for await (const page of store.rollups.read({ grain, from: start, to: start + 1 })) rows.push(...page)
  return rows
}

for (const kind of [memoryKind, duckdbKind, postgresKind({ timezone: 'Asia/Kolkata', locale: 'en-US' })]) {
  describeStore(kind, () => {
    let open: OpenStore
    beforeAll(async () => {
      open = await kind.open()
    })
    afterAll(() => open.close())

    it(
      'computes hours, days and weeks that equal a recount, event by event',
      async () => {
        const { store } = open.context
        let run = 0
        await fc.assert(
          fc.asyncProperty(week, async ({ actions, links, isSealed }) => {
            // Each run has a week and people of its own.
            const start = MONDAY + ++run * WEEK_MS
            const events = actions.map(({ user, visitor, at, ...event }) =>
              sampleEvent({
                ...event,
                userId: user && `${user} ${run}`,
                anonymousId: `${visitor} ${run}`,
                eventTimestamp: start + at,
              }),
            )
            await store.insertEvents(events.filter((_, i) => i % 2 === 0))
            if (isSealed) await store.sealDay(new Date(start).toISOString().slice(0, 10))
            await store.insertEvents(events.filter((_, i) => i % 2 === 1))
            await store.linkIdentities(
              links.map(({ anonymousId, userId }) => ({
                anonymousId: `${anonymousId} ${run}`,
                userId: `${userId} ${run}`,
              })),
            )
            for (const grain of GRAINS) {
              const starts = new Set(events.map(({ eventTimestamp }) => bucketOf(grain, eventTimestamp).start))
              for (const bucketStart of [...starts, start]) {
                const bucket = { grain, start: bucketStart }
                const expected = await recounted(store, bucket, events)
                expect(await store.rollups.compute(bucket)).toEqual({ people: expected.length })
                const actual = await rowsOf(store, bucket)
                assertSameMetrics(actual, expected)
                // A user's number has the user's id, a visitor's the visitor's.
                for (const { userId, anonymousId } of actual)
                  expect((userId === null) !== (anonymousId === null)).toBe(true)
              }
            }
          }),
          { numRuns: runs(12), seed: 4 },
        )
      },
      limitMs(60_000),
    )
  })
}
