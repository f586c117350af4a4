import { duckdbStore } from '@analytics/node/duckdb'
import { memoryStore } from '@analytics/node/memory'
import { sampleEvent } from '@analytics/node/testing'
import type { ErrorsResult, PerformanceResult, StoredEvent } from '@analytics/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runs } from '../../../../test/support/soak.js'
import { queryEngine } from '../../src/analysis/query.js'
import type { HotStore } from '../../src/store.js'

const DAY = Date.UTC(2026, 0, 15)
const range = { from: '2026-01-15', to: '2026-01-17', timeZone: 'Europe/Berlin' }

const STORES: readonly [string, () => HotStore][] = [
  ['memory', () => memoryStore()],
  ['DuckDB', () => duckdbStore({ path: ':memory:' })],
]

async function within<Result>(
  open: () => HotStore,
  events: readonly StoredEvent[],
  ask: (engine: ReturnType<typeof queryEngine>) => Promise<Result>,
): Promise<Result> {
  const store = open()
  await store.setup('auto')
  try {
    await store.insertEvents(events)
    return await ask(queryEngine({ store, cold: undefined, now: () => DAY + 1e9 }))
  } finally {
    await store.close()
  }
}

const error = (minute: number, userId: string, properties: Record<string, string>, more: Partial<StoredEvent> = {}) =>
  sampleEvent({
    eventType: 'error',
    eventTimestamp: DAY + minute * 60_000,
    userId,
    sessionId: userId,
    properties,
    ...more,
  })

const vital = (
  eventLabel: string,
  eventValue: number | null,
  pageUrl: string | null = '/',
  more: Partial<StoredEvent> = {},
) => sampleEvent({ eventType: 'web_vital', eventTimestamp: DAY + 3_600_000, eventLabel, eventValue, pageUrl, ...more })

describe.each(STORES)('errors over a store in %s', (_name, open) => {
  const errors = (events: readonly StoredEvent[], more = {}): Promise<ErrorsResult> =>
    within(open, events, async (engine) => (await engine.run({ kind: 'errors', range, ...more })).result)

  it('are together by fingerprint, or without one by name and message', async () => {
    const result = await errors([
      error(1, 'anna', { fingerprint: 'f', name: 'TypeError', message: 'a is undefined' }),
      error(2, 'ben', { fingerprint: 'f', name: 'TypeError', message: 'b is undefined', severity: 'high' }),
      error(3, 'anna', { name: 'Error', message: 'no fingerprint' }),
      error(4, 'anna', { name: 'Error', message: 'no fingerprint' }, { sessionId: 'another' }),
      error(5, 'anna', { name: 'Error', message: 'no fingerprint' }),
      error(6, 'cara', { message: 'another one' }, { eventType: 'click' }),
    ])
    expect(result).toEqual({
      total: { events: 5, users: 2, sessions: 3 },
      groups: [
        {
          fingerprint: null,
          name: 'Error',
          message: 'no fingerprint',
          severity: null,
          events: 3,
          users: 1,
          sessions: 2,
          firstSeen: '2026-01-15T01:03:00+01:00',
          lastSeen: '2026-01-15T01:05:00+01:00',
        },
        {
          fingerprint: 'f',
          name: 'TypeError',
          message: 'b is undefined',
          severity: 'high',
          events: 2,
          users: 2,
          sessions: 2,
          firstSeen: '2026-01-15T01:01:00+01:00',
          lastSeen: '2026-01-15T01:02:00+01:00',
        },
      ],
    })
  })

  it('count as a recount does, whatever order they are stored in', async () => {
    const one = fc.record({
      minute: fc.integer({ min: 0, max: 5 }),
      user: fc.constantFrom('a', 'b', 'c'),
      message: fc.constantFrom('x', 'y', '__proto__'),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(one, { maxLength: 15 }), async (list) => {
        const events = list.map(({ minute, user, message }) => error(minute, user, { message }))
        const { total, groups } = await errors(events)
        expect(total.events).toBe(list.length)
        expect(total.users).toBe(new Set(list.map(({ user }) => user)).size)
        for (const { message, events: count, users } of groups) {
          const same = list.filter((event) => event.message === message)
          expect([count, users]).toEqual([same.length, new Set(same.map(({ user }) => user)).size])
        }
        expect(await errors([...events].reverse())).toEqual({ total, groups })
      }),
      { seed: 20_401, numRuns: runs(15) },
    )
  })

  it('are as many as asked for, those with the most events', async () => {
    const events = ['x', 'x', 'y', 'y', 'y', 'z'].map((message, i) => error(i, 'anna', { message }))
    const { groups, total } = await errors(events, { limit: 2 })
    expect(groups.map(({ message }) => message)).toEqual(['y', 'x'])
    expect(total.events).toBe(6)
  })
})

describe.each(STORES)('performance over a store in %s', (_name, open) => {
  const performance = (events: readonly StoredEvent[], more = {}): Promise<PerformanceResult> =>
    within(open, events, async (engine) => (await engine.run({ kind: 'performance', range, ...more })).result)

  it('rates web vitals by the thresholds of web.dev, both ends included', async () => {
    const { metrics } = await performance([
      ...[100, 2500, 2501, 4000, 4001].map((value) => vital('LCP', value)),
      ...[0.1, 0.25, 0.3].map((value) => vital('CLS', value)),
      sampleEvent({ eventType: 'page_load', eventTimestamp: DAY + 3_600_000, eventLabel: 'LCP', eventValue: 700 }),
      vital('FID', 10),
      vital('LCP', null),
    ])
    expect(metrics).toEqual([
      {
        metric: 'LCP',
        count: 5,
        p50: 2501,
        p75: 4000,
        p95: 4000.8,
        rating: { good: 0.4, needsImprovement: 0.4, poor: 0.2 },
      },
      {
        metric: 'CLS',
        count: 3,
        p50: 0.25,
        p75: 0.275,
        p95: expect.closeTo(0.295),
        rating: { good: 1 / 3, needsImprovement: 1 / 3, poor: 1 / 3 },
      },
      { metric: 'page_load', count: 1, p50: 700, p75: 700, p95: 700 },
    ])
  })

  it('tells pages apart by a property, those with the most events first', async () => {
    const events = [
      vital('INP', 100, '/a'),
      vital('INP', 200, '/b', { properties: { route: 'r' } }),
      vital('LCP', 300, '/b', { properties: { route: 'r' } }),
      vital('INP', 400, null),
    ]
    const { metrics, pages } = await performance(events)
    expect(metrics.map(({ metric, count }) => [metric, count])).toEqual([
      ['LCP', 1],
      ['INP', 3],
    ])
    expect(pages.map(({ value, count }) => [value, count])).toEqual([
      ['/b', 2],
      ['/a', 1],
    ])
    const byRoute = await performance(events, { by: 'properties.route', limit: 1 })
    expect(byRoute.pages.map(({ value, count }) => [value, count])).toEqual([['r', 2]])
  })
})
