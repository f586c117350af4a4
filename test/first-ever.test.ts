import { type Analytics, createAnalytics, type HotStore, type ImportEvent, type Query } from '@analytics/node'
import { DAY_MS } from '@analytics/protocol'
import { createTiering } from '@analytics/tiering'
import { memoryObjectStore } from '@analytics/tiering/memory'
import { parquetFormat } from '@analytics/tiering/parquet'
import fc from 'fast-check'
import { afterAll, expect, it } from 'vitest'
import { describeStore } from '../packages/node/test/support/contract.js'
import { duckdbKind, memoryKind, type StoreKind } from '../packages/node/test/support/stores.js'
import { limitMs, runs } from './support/soak.js'

// Around the night in which Berlin's clocks go from 2 to 3.
const START = Date.UTC(2026, 2, 20)
const HALF_HOUR_MS = 1_800_000
const DAYS = 14

const drawn = fc.record({
  who: fc.constantFrom<Pick<ImportEvent, 'userId' | 'anonymousId'>>(
    { userId: 'anna' },
    { userId: 'ben' },
    { userId: 'cem' },
    { anonymousId: 'phone' },
    { anonymousId: 'tablet' },
    { anonymousId: 'phone', userId: 'anna' },
    { anonymousId: 'tablet', userId: 'ben' },
    { anonymousId: 'stranger' },
  ),
  eventType: fc.constantFrom('view', 'click', 'buy'),
  half: fc.integer({ min: 0, max: DAYS * 48 }),
  plan: fc.constantFrom('free', 'pro'),
})

/** What happens to a data set: events come, whenever they were, days move, somebody is erased. */
const story = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ events: fc.array(drawn, { minLength: 1, maxLength: 25 }) }) },
    { weight: 2, arbitrary: fc.record({ movesUpTo: fc.integer({ min: 1, max: DAYS + 2 }) }) },
    { weight: 1, arbitrary: fc.record({ erases: fc.constantFrom('anna', 'cem') }) },
  ),
  { minLength: 2, maxLength: 7 },
)

const range = { from: '2026-03-27', to: '2026-04-02', timeZone: 'Europe/Berlin' } as const
const noon = { from: '2026-03-27T11:30:00Z', to: '2026-04-01T09:00:00Z', timeZone: 'Europe/Berlin' } as const
const [view, any] = [{ event: 'view' }, { event: '*' }]
const firstTime = { kind: 'retention', mode: 'first-time', startEvent: view, returnEvent: any } as const

const QUERIES: readonly Query[] = [
  { kind: 'lifecycle', range },
  { kind: 'lifecycle', range: noon, event: { event: ['buy', 'click'] } },
  { kind: 'lifecycle', range, event: view, interval: 'week' },
  { kind: 'lifecycle', range, where: { property: 'properties.plan', op: 'eq', value: 'pro' } },
  { ...firstTime, range },
  { ...firstTime, range: noon, minOccurrences: 2, interval: 'day' },
  { ...firstTime, range, startEvent: any, interval: 'hour', periods: 30, bounded: false },
  { ...firstTime, range, startEvent: { ...view, where: { property: 'properties.plan', op: 'eq', value: 'free' } } },
  {
    kind: 'people',
    of: { kind: 'lifecycle', range, event: view },
    cell: { start: '2026-03-29T00:00:00+01:00', state: 'resurrecting' },
  },
]

async function answers(analytics: Analytics): Promise<unknown[]> {
  const results: unknown[] = []
  for (const query of QUERIES) results.push((await analytics.query(query)).result)
  return results
}

/** The same store, which does not say who did what first. */
const untold = (store: HotStore): HotStore => ({
  ...store,
  firstSeen: { ...store.firstSeen, isWhole: async () => false },
})

const toEvent = ({ who, half, plan, eventType }: typeof drawn extends fc.Arbitrary<infer One> ? One : never) => ({
  ...who,
  eventType,
  sessionId: 's',
  timestamp: new Date(START + half * HALF_HOUR_MS).toISOString(),
  properties: { plan },
})

const format = parquetFormat()
afterAll(() => format.close())

/** A data set with two servers: one asks the store who did what first, the other looks through all events. */
async function dataSet(kind: StoreKind, expireAfter?: '30d') {
  const { context, close } = await kind.open()
  let now = START + (DAYS + 1) * DAY_MS
  const clock = () => now
  const cold = memoryObjectStore({ now: clock })
  const policy = { dropAfter: '1d', ...(expireAfter ? { expireAfter } : {}) } as const
  const tiering = createTiering({ hot: context.store, cold, format, policy, now: clock })
  const open = (store: HotStore) => createAnalytics({ store, tiering, jobs: false, now: clock })
  const [told, scanning] = [await open(context.store), await open(untold(context.store))]
  return {
    told,
    scanning,
    tiering,
    setNow(time: number) {
      now = time
    },
    async close() {
      await tiering.close()
      await told.close()
      await close()
    },
  }
}

for (const kind of [memoryKind, duckdbKind]) {
  describeStore(kind, () => {
    it(
      'tells who did something for the first time as a look through all events does, whatever came late, moved or went',
      async () => {
        await fc.assert(
          fc.asyncProperty(story, async (steps) => {
            const { told, scanning, tiering, setNow, close } = await dataSet(kind)
            try {
              for (const step of steps) {
                if ('events' in step) await told.import(step.events.map(toEvent))
                else if ('erases' in step) await told.privacy.erase({ userId: step.erases })
                else {
                  setNow(START + step.movesUpTo * DAY_MS + DAY_MS)
                  expect((await tiering.run()).failed).toEqual([])
                }
                setNow(START + 1000 * DAY_MS)
                expect(await answers(told)).toEqual(await answers(scanning))
              }
            } finally {
              await close()
            }
          }),
          { seed: 20_611, numRuns: runs(kind === memoryKind ? 15 : 6) },
        )
      },
      limitMs(60_000),
    )

    it('still knows who did something before when the days of it have expired', async () => {
      const { told, scanning, tiering, setNow, close } = await dataSet(kind, '30d')
      const at = (day: number, userId: string) =>
        toEvent({ who: { userId }, eventType: 'view', half: day * 48, plan: 'free' })
      try {
        await told.import([at(0, 'anna'), at(1, 'ben'), at(40, 'anna'), at(40, 'cem')])
        setNow(START + 40 * DAY_MS)
        expect((await tiering.run()).failed).toEqual([])
        expect((await tiering.expire({ dryRun: false })).failed).toEqual([])
        const late = { from: '2026-04-29', to: '2026-04-30' }
        const lifecycle = { kind: 'lifecycle', range: late } as const
        expect((await told.query(lifecycle)).result.rows).toMatchObject([{ new: 1, resurrecting: 1 }])
        expect((await scanning.query(lifecycle)).result.rows).toMatchObject([{ new: 2, resurrecting: 0 }])
        const { cohorts } = (await told.query({ ...firstTime, range: late })).result
        expect(cohorts.map(({ size }) => size)).toEqual([1])
      } finally {
        await close()
      }
    })
  })
}
