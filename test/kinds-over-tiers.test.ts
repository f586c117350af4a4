import type { Analytics, ImportEvent, Query } from '@analytics/node'
import { parquetFormat } from '@analytics/tiering/parquet'
import { seededRandom } from '@analytics/tiering/testing'
import fc from 'fast-check'
import { afterAll, expect, it } from 'vitest'
import { describeStore } from '../packages/node/test/support/contract.js'
import { duckdbKind, memoryKind } from '../packages/node/test/support/stores.js'
import { limitMs, runs } from './support/soak.js'
import { type Tiers, withEvents } from './vectors/place.js'

// Around the night in which Berlin's clocks go from 2 to 3.
const START = Date.UTC(2026, 2, 27)
const HALF_HOUR_MS = 1_800_000

const drawn = fc.record({
  who: fc.constantFrom<Pick<ImportEvent, 'userId' | 'anonymousId'>>(
    { userId: 'anna' },
    { userId: 'ben' },
    { anonymousId: 'visitor' },
    { anonymousId: 'visitor', userId: 'anna' },
  ),
  sessionId: fc.constantFrom('s1', 's2'),
  eventType: fc.constantFrom('page_view', 'click', 'error', 'web_vital'),
  half: fc.integer({ min: 0, max: 5 * 48 }),
  eventLabel: fc.constantFrom('LCP', 'CLS'),
  eventValue: fc.integer({ min: 0, max: 5000 }),
  message: fc.constantFrom('x', 'y'),
})

const range = { from: '2026-03-28', to: '2026-04-01', timeZone: 'Europe/Berlin' } as const
const [view, click] = [{ event: 'page_view' }, { event: 'click' }]

/** A query of each kind that reads events by the row, by the interval, or with columns. */
const QUERIES: readonly Query[] = [
  { kind: 'funnel', range, steps: [view, click, { event: 'error' }], window: '2d', interval: 'day' },
  {
    kind: 'funnel',
    range,
    steps: [view, click],
    breakdown: { property: 'properties.message', attribution: { step: 1 } },
  },
  { kind: 'retention', range, startEvent: view, returnEvent: { event: '*' }, minOccurrences: 2 },
  { kind: 'retention', range, startEvent: view, returnEvent: click, mode: 'first-time', interval: 'hour', periods: 6 },
  { kind: 'retention', range, startEvent: view, returnEvent: click, window: '24h' },
  { kind: 'lifecycle', range },
  { kind: 'stickiness', range, event: click, minOccurrences: 1, maxOccurrences: 2 },
  { kind: 'active-users', range, window: 'week' },
  { kind: 'journeys', range, by: 'eventType' },
  { kind: 'trend', range, metrics: ['events', 'users', 'errors'], compare: 'previous' },
  { kind: 'trend', range, metrics: ['users'], interval: 'hour' },
  {
    ...{ kind: 'trend', range, breakdown: 'properties.message' },
    metrics: [
      'events',
      'sessions',
      { name: 'sum', event: '*', aggregate: 'sum', property: 'properties.size' },
      { name: 'mean', event: '*', aggregate: 'average', property: 'properties.size' },
      { name: 'median', event: 'click', aggregate: 'p50', property: 'properties.size' },
      { name: 'value', event: '*', aggregate: 'p90', property: 'eventValue' },
    ],
  },
  {
    // Many events of a person have the same in these columns: the database joins them.
    ...{ kind: 'trend', range, interval: 'week', breakdown: { property: 'properties.message', limit: 1 } },
    metrics: ['sum', 'average', 'p50'].map((aggregate) => ({
      ...{ name: aggregate, event: '*', property: 'properties.size' },
      aggregate: aggregate as 'sum' | 'average' | 'p50',
    })),
  },
  { kind: 'sessions', range, interval: 'day' },
  { kind: 'performance', range, by: 'properties.message' },
  { kind: 'errors', range },
]

async function answers(analytics: Pick<Analytics, 'query'>): Promise<unknown[]> {
  const results: unknown[] = []
  for (const query of QUERIES) results.push((await analytics.query(query)).result)
  return results
}

const format = parquetFormat()
afterAll(() => format.close())

for (const kind of [memoryKind, duckdbKind]) {
  describeStore(kind, () => {
    it(
      'answers every kind of query the same, whichever days have moved and in whatever order events came',
      async () => {
        const cases = fc.tuple(
          fc.array(drawn, { minLength: 1, maxLength: 60 }),
          fc.constantFrom<Tiers>('cold', 'split'),
          fc.integer({ min: 1, max: 1e6 }),
        )
        const over = async (events: ImportEvent[], tiers: Tiers, seed: number) => {
          const { context, close } = await kind.open()
          try {
            return await withEvents(
              events,
              { store: context.store, tiers, format, random: seededRandom(seed) },
              answers,
            )
          } finally {
            await close()
          }
        }
        await fc.assert(
          fc.asyncProperty(cases, async ([rows, tiers, seed]) => {
            const events = rows.map(
              ({ who, half, message, ...row }): ImportEvent => ({
                ...who,
                ...row,
                timestamp: new Date(START + half * HALF_HOUR_MS).toISOString(),
                properties: { message, size: row.eventValue % 3 },
              }),
            )
            // Whose the visitor is must not depend on the order of the links.
            const hot = await over(events, 'hot', seed)
            expect(await over([...events].reverse(), tiers, seed)).toEqual(hot)
          }),
          { seed: 20_501, numRuns: runs(5) },
        )
      },
      limitMs(60_000),
    )
  })
}
