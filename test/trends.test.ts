import type { ImportEvent } from '@analytics/node'
import { parquetFormat } from '@analytics/tiering/parquet'
import { seededRandom } from '@analytics/tiering/testing'
import fc from 'fast-check'
import { afterAll, expect, it } from 'vitest'
import {
  bruteTrend,
  COUNTED_METRICS,
  dateOfPoint,
  PARTS,
  type TrendQuestion,
  type TrendRow,
} from '../packages/node/test/support/brute-trend.js'
import { describeStore } from '../packages/node/test/support/contract.js'
import { duckdbKind, memoryKind } from '../packages/node/test/support/stores.js'
import { limitMs, runs } from './support/soak.js'
import { type Tiers, withEvents } from './vectors/place.js'

// Around the night in which Berlin's clocks go from 2 to 3.
const START = Date.UTC(2026, 2, 20)
const HOUR_MS = 3_600_000

/** The visitor is Anna before she identified. */
const identity = fc.constantFrom({ userId: 'anna' }, { userId: 'ben' }, { userId: 'cem' }, { anonymousId: 'visitor' })
const history = fc.array(
  fc.record({
    identity,
    session: fc.constantFrom('s1', 's2', 's3'),
    type: fc.constantFrom('a', 'b', 'c'),
    time: fc.integer({ min: 0, max: 15 * 24 * 2 }).map((half) => START + half * (HOUR_MS / 2)),
    value: fc.option(fc.integer({ min: -4, max: 9 }), { nil: null }),
    label: fc.constantFrom('x', 'y', 'Other', '', '__proto__', 7, '7', true, null),
  }),
  { minLength: 1, maxLength: 60 },
)

const ranges = fc.constantFrom(
  { from: '2026-03-28', to: '2026-04-02' },
  { from: '2026-03-29', to: '2026-03-30' },
  { from: '2026-03-25', to: '2026-03-29' },
  { from: '2026-04-01', to: '2026-05-01' },
)
const questions: fc.Arbitrary<TrendQuestion> = fc
  .record({
    range: ranges,
    timeZone: fc.constantFrom('Europe/Berlin', 'UTC', 'America/New_York'),
    interval: fc.constantFrom('day', 'week', 'month'),
    limit: fc.integer({ min: 1, max: 5 }),
  })
  .map(({ range, ...rest }) => ({ ...range, ...rest }))

const metricsAsked = fc.shuffledSubarray([...COUNTED_METRICS], { minLength: 1, maxLength: 5 })

const format = parquetFormat()
afterAll(() => format.close())

/** An event that counts, or one that `where` leaves out. */
const eventOf = ({ identity: who, session, type, time, value, label }: Drawn, counts: boolean): ImportEvent => ({
  ...who,
  sessionId: session,
  eventType: type,
  timestamp: new Date(time).toISOString(),
  properties: { label, counts },
  ...(value === null ? {} : { eventValue: value }),
})

type Drawn = (typeof history extends fc.Arbitrary<infer Rows extends readonly unknown[]> ? Rows : never)[number]

const rowOf = ({ identity: who, ...row }: Drawn): TrendRow => ({
  ...row,
  person: 'userId' in who ? who.userId : 'anna',
})

for (const kind of [memoryKind, duckdbKind]) {
  describeStore(kind, () => {
    it(
      'gives the lines that a recount gives, whichever days have moved and in whatever order events came',
      async () => {
        const cases = fc.tuple(
          history,
          history,
          metricsAsked,
          questions,
          fc.constantFrom<Tiers>('hot', 'cold', 'split'),
          fc.integer({ min: 1, max: 1e6 }),
        )
        await fc.assert(
          fc.asyncProperty(cases, async ([drawn, noise, metrics, question, tiers, seed]) => {
            const { from, to, timeZone, interval, limit } = question
            const identified = { userId: 'anna', anonymousId: 'visitor' }
            const link = eventOf({ ...drawn[0]!, identity: identified as never }, false)
            const events = [link, ...drawn.map((one) => eventOf(one, true)), ...noise.map((one) => eventOf(one, false))]
            const { context, close } = await kind.open()
            try {
              const place = { store: context.store, tiers, format, random: seededRandom(seed) }
              const { result } = await withEvents(shuffled(events, seed), place, async (analytics) => {
                for (const part of PARTS) await analytics.metrics.define(part)
                return analytics.query({
                  kind: 'trend',
                  range: { from, to, timeZone },
                  where: { property: 'properties.counts', op: 'eq', value: true },
                  interval,
                  metrics: metrics.map(({ definition }) => definition),
                  breakdown: { property: 'properties.label', limit },
                  compare: 'previous',
                })
              })
              const expected = bruteTrend(drawn.map(rowOf), metrics, question)
              expect(
                result.series.map(({ metric, breakdown, isOther = false, compare, points }) => ({
                  metric,
                  breakdown,
                  isOther,
                  compare: compare !== undefined,
                  points: points.map((point) => [dateOfPoint(point), point.value]),
                })),
              ).toEqual(
                expected.map(({ valueAt, ...line }, i) => ({
                  ...line,
                  points: result.series[i]?.points.map((point) => [dateOfPoint(point), valueAt(dateOfPoint(point))]),
                })),
              )
            } finally {
              await close()
            }
          }),
          { seed: 20_270, numRuns: runs(kind === memoryKind ? 40 : 10) },
        )
      },
      limitMs(120_000),
    )
  })
}

function shuffled<Item>(items: readonly Item[], seed: number): Item[] {
  const random = seededRandom(seed)
  return items
    .map((item) => ({ item, place: random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item)
}
