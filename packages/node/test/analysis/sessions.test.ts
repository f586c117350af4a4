import { duckdbStore } from '@analytics/node/duckdb'
import { memoryStore } from '@analytics/node/memory'
import { sampleEvent } from '@analytics/node/testing'
import type { SessionsResult, StoredEvent } from '@analytics/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runs } from '../../../../test/support/soak.js'
import { queryEngine } from '../../src/analysis/query.js'
import type { HotStore } from '../../src/store.js'

const DAY = Date.UTC(2026, 0, 15)
const MINUTE = 60_000
const range = { from: '2026-01-15', to: '2026-01-17' }

async function sessionsOver(open: () => HotStore, events: readonly StoredEvent[], more = {}): Promise<SessionsResult> {
  const store = open()
  await store.setup('auto')
  try {
    await store.insertEvents(events)
    const engine = queryEngine({ store, cold: undefined, now: () => DAY + 1.5 * 86_400_000 })
    return (await engine.run({ kind: 'sessions', range, ...more })).result
  } finally {
    await store.close()
  }
}

const at = (minute: number, more: Partial<StoredEvent>): StoredEvent =>
  sampleEvent({
    eventTimestamp: DAY + minute * MINUTE,
    userId: null,
    anonymousId: null,
    sessionId: 's',
    eventType: 'page_view',
    eventValue: null,
    pageUrl: null,
    properties: null,
    ...more,
  })

describe.each([
  ['memory', () => memoryStore()],
  ['DuckDB', () => duckdbStore({ path: ':memory:' })],
] as const)('sessions over a store in %s', (_name, open) => {
  const ask = (events: readonly StoredEvent[], more = {}) => sessionsOver(open, events, more)

  it('are as long as from their first event to their last, and begin and end with pages', async () => {
    const { total, entryPages, exitPages } = await ask([
      at(0, { anonymousId: 'device', pageUrl: '/a' }),
      at(2, { anonymousId: 'device', pageUrl: '/b' }),
      at(3, {
        anonymousId: 'device',
        userId: 'anna',
        eventType: 'purchase',
        eventValue: 20,
        properties: { $conversion: true },
      }),
      at(10, { userId: 'ben', sessionId: 't', pageUrl: '/a' }),
      at(10, { userId: 'ben', sessionId: 't', eventType: 'web_vital', eventValue: 5 }),
      at(11, { userId: 'anna', sessionId: 'server', eventType: 'renewal' }),
    ])
    expect(total).toEqual({
      sessions: 2,
      users: 2,
      averageSeconds: 90,
      medianSeconds: 90,
      bounceRate: 0.5,
      pagesPerSession: 1.5,
      conversions: 1,
      value: 20,
    })
    expect(entryPages).toEqual([{ page: '/a', sessions: 2 }])
    expect(exitPages).toEqual([
      { page: '/a', sessions: 1 },
      { page: '/b', sessions: 1 },
    ])
  })

  it('are two where two people have one id, and one where a visitor becomes known', async () => {
    const events = [at(0, { userId: 'anna' }), at(1, { userId: 'ben' }), at(2, { userId: 'anna' })]
    expect((await ask(events)).total).toMatchObject({ sessions: 2, users: 2 })
    const known = [
      at(0, { anonymousId: 'device' }),
      at(1, { anonymousId: 'device', userId: 'anna' }),
      at(2, { userId: 'anna' }),
    ]
    expect((await ask(known)).total).toMatchObject({ sessions: 1, users: 1, averageSeconds: 120 })
  })

  it('have no means where there are none, and are counted in the interval in which they begin', async () => {
    const none = await ask([], { interval: 'day' })
    expect(none.total).toMatchObject({ sessions: 0, averageSeconds: null, medianSeconds: null, bounceRate: null })
    const { series = [] } = await ask(
      [at(1439, { userId: 'anna' }), at(1441, { userId: 'anna' }), at(1442, { userId: 'ben', sessionId: 't' })],
      { interval: 'day' },
    )
    expect(series.map(({ start, sessions, users, complete }) => [start, sessions, users, complete])).toEqual([
      ['2026-01-15T00:00:00+00:00', 1, 1, true],
      ['2026-01-16T00:00:00+00:00', 1, 1, false],
    ])
  })

  it('are what a recount says, whatever order their events are stored in', async () => {
    const one = fc.record({
      minute: fc.integer({ min: 0, max: 60 }),
      user: fc.constantFrom('a', 'b', 'c'),
      session: fc.constantFrom('s', 't', 'u'),
      eventType: fc.constantFrom('page_view', 'click', 'web_vital'),
      page: fc.constantFrom('/x', '/y', null),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(one, { maxLength: 20 }), async (list) => {
        const events = list.map(({ minute, user, session, eventType, page }) =>
          at(minute, { userId: user, sessionId: session, eventType, pageUrl: page }),
        )
        const found = await ask(events)
        const sessions = new Map<string, typeof list>()
        for (const event of list) {
          const key = `${event.user} ${event.session}`
          sessions.set(key, [...(sessions.get(key) ?? []), event])
        }
        const own = [...sessions.values()]
        const views = (session: typeof list) => session.filter(({ eventType }) => eventType === 'page_view')
        const bounces = own.filter(
          (session) => views(session).length <= 1 && session.every(({ eventType }) => eventType !== 'click'),
        )
        const minutes = own.map((session) => session.map(({ minute }) => minute))
        const seconds = minutes.reduce((sum, some) => sum + 60 * (Math.max(...some) - Math.min(...some)), 0)
        expect(found.total).toMatchObject({
          sessions: own.length,
          users: new Set(list.map(({ user }) => user)).size,
          averageSeconds: own.length === 0 ? null : expect.closeTo(seconds / own.length),
          bounceRate: own.length === 0 ? null : expect.closeTo(bounces.length / own.length),
        })
        const entries = own.flatMap((session) => {
          const [first] = views(session)
            .filter(({ page }) => page !== null)
            .sort((x, y) => x.minute - y.minute || (x.page! < y.page! ? -1 : 1))
          return first ? [first.page] : []
        })
        for (const { page, sessions: count } of found.entryPages)
          expect(count).toBe(entries.filter((entry) => entry === page).length)
        expect(await ask([...events].reverse())).toEqual(found)
      }),
      { seed: 20_402, numRuns: runs(15) },
    )
  })
})
