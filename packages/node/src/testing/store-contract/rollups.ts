import assert from 'node:assert/strict'
import { DAY_MS, dayStart, type StoredEvent } from '@analytics/protocol'
import type { ContractCase } from '@analytics/protocol/testing'
import { type PersonMetrics, recount } from '../../rollups/recount.js'
import { bucketEnd, bucketOf, GRAINS, type Grain, type RollupBucket, type UserMetrics } from '../../rollups/rollup.js'
import type { HotStore } from '../../store.js'
import { sampleEvent, sampleEvents } from '../sample-events.js'
import { ALWAYS, allEvents, allMetrics, collect, given, numbersOf, type StoreContext } from './support.js'

const MONDAY = dayStart('2026-01-12')
const HOUR_MS = 3_600_000

/** A computation costs embedded databases some milliseconds, however few rows it has. */
const MOST_BUCKETS = 25

/** The buckets that events lie in, of every grain; of many hours some. */
function bucketsOf(events: readonly StoredEvent[]): RollupBucket[] {
  return GRAINS.flatMap((grain) => {
    const starts = [...new Set(events.map(({ eventTimestamp }) => bucketOf(grain, eventTimestamp).start))]
    const step = Math.ceil(starts.length / MOST_BUCKETS)
    const some = starts.sort((a, b) => a - b).filter((_, i) => i % step === 0)
    return some.map((start) => ({ grain, start }))
  })
}

/** What a bucket must hold, counted event by event over the people that numbers stand for now. */
export async function recounted(
  store: HotStore,
  bucket: RollupBucket,
  events: readonly StoredEvent[],
): Promise<PersonMetrics[]> {
  const numbers = await store.personNumbers(events)
  const { canonical } = await store.people()
  const counting = recount(bucket.start)
  for (const [i, event] of events.entries()) {
    if (event.eventTimestamp < bucket.start || event.eventTimestamp >= bucketEnd(bucket)) continue
    counting.add({ ...event, person: canonical[numbers[i]!]! })
  }
  return counting.rows()
}

/** Asserts that rows are those of a recount; means may differ in their last bits, for sums of doubles know no order. */
export function assertSameMetrics(actual: readonly UserMetrics[], expected: readonly PersonMetrics[]): void {
  assert.deepEqual(
    actual.map(({ userId: _userId, anonymousId: _anonymousId, avgPageLoadTime: _mean, ...row }) => row),
    expected.map(({ avgPageLoadTime: _mean, ...row }) => row),
  )
  for (const [i, { avgPageLoadTime }] of actual.entries()) {
    const mean = expected[i]!.avgPageLoadTime
    if (mean === null || avgPageLoadTime === null) assert.equal(avgPageLoadTime, mean)
    else assert.ok(Math.abs(avgPageLoadTime - mean) <= 1e-9 * Math.abs(mean), `${avgPageLoadTime} is not ${mean}`)
  }
}

/** The rows of one bucket. */
const rowsOf = ({ rollups }: HotStore, { grain, start }: RollupBucket): Promise<UserMetrics[]> =>
  collect(rollups.read({ grain, from: start, to: start + 1 }))

async function assertRecounted(store: HotStore, events: readonly StoredEvent[]): Promise<void> {
  for (const bucket of bucketsOf(events)) {
    const expected = await recounted(store, bucket, events)
    assert.deepEqual(await store.rollups.compute(bucket), { people: expected.length })
    assertSameMetrics(await rowsOf(store, bucket), expected)
  }
}

/** Events with everything that metrics are made of. */
function richEvents(count: number, days = 3): StoredEvent[] {
  const types = ['page_view', 'click', 'page_load', 'error', 'feature_usage', 'page_view']
  return sampleEvents({ count, days, people: 7, start: MONDAY - DAY_MS }).map((event, i) => ({
    ...event,
    eventType: types[i % types.length]!,
    eventCategory: i % 4 === 0 ? 'feature_usage' : i % 4 === 1 ? 'Feature_usage' : null,
    eventAction: i % 3 === 0 ? null : ['save', '__proto__', 'a "b"', '😀', 'Z'][i % 5]!,
    eventLabel: i % 5 === 0 ? null : ['\uffff', '😀', 'b', 'B', 'ä', 'constructor'][i % 6]!,
    eventValue: i % 7 === 0 ? null : i / 3,
    sessionId: i % 11 === 0 ? 'server' : event.sessionId,
    pageUrl: i % 5 === 0 ? null : `https://shop.example/${i % 4}`,
  }))
}

const hoursOf = (events: readonly StoredEvent[]): number[] =>
  [...new Set(events.map(({ eventTimestamp }) => bucketOf('hour', eventTimestamp).start))].sort((a, b) => a - b)

const ascending = (numbers: readonly number[]): number[] => [...numbers].sort((a, b) => a - b)

/** Metrics that the store computes from its rows, and the marks of what changed. */
export const rollupCases: ContractCase<StoreContext>[] = [
  {
    name: 'computes what a recount of the events gives, of every hour, day and week',
    async run({ store }) {
      const events = richEvents(400)
      await store.insertEvents(events)
      await assertRecounted(store, events)
    },
  },
  {
    name: 'counts what a person did under all ids that were linked, before and after',
    async run({ store }) {
      const visit = { sessionId: 'visit', pageUrl: 'https://shop.example/' }
      const events = [
        sampleEvent({ ...visit, anonymousId: 'device', eventTimestamp: MONDAY }),
        sampleEvent({ ...visit, anonymousId: 'device', userId: 'anna', eventTimestamp: MONDAY + 1500 }),
        sampleEvent({ ...visit, anonymousId: 'phone', eventTimestamp: MONDAY + 2000 }),
      ]
      const bucket: RollupBucket = { grain: 'day', start: MONDAY }
      await store.insertEvents(events)
      await assertRecounted(store, events)
      assert.equal((await rowsOf(store, bucket)).length, 2)
      await store.linkIdentities([{ anonymousId: 'phone', userId: 'anna' }])
      await assertRecounted(store, events)
      const [row, ...others] = await rowsOf(store, bucket)
      const [anna] = await numbersOf(store, 'u:anna')
      assert.deepEqual(others, [])
      assert.deepEqual(row, {
        bucket: MONDAY,
        person: anna,
        userId: 'anna',
        anonymousId: null,
        totalEvents: 3,
        totalSessions: 1,
        totalDurationSeconds: 2,
        pageViews: 3,
        uniquePages: 1,
        actionsPerformed: {},
        featuresUsed: [],
        avgPageLoadTime: null,
        errorCount: 0,
      })
    },
  },
  {
    name: 'counts distinct things of a week once, where its days each count them',
    async run({ store }) {
      const events = Array.from({ length: 7 }, (_, day) =>
        sampleEvent({
          eventTimestamp: MONDAY + day * DAY_MS + 1,
          sessionId: 'one visit',
          pageUrl: 'https://shop.example/',
          eventCategory: 'feature_usage',
          eventLabel: 'search',
        }),
      )
      await store.insertEvents([...events, sampleEvent({ eventTimestamp: MONDAY + 7 * DAY_MS })])
      await assertRecounted(store, events)
      const [week] = await rowsOf(store, { grain: 'week', start: MONDAY })
      assert.deepEqual(
        [week!.totalEvents, week!.totalSessions, week!.uniquePages, week!.featuresUsed, week!.totalDurationSeconds],
        [7, 1, 1, ['search'], (6 * DAY_MS) / 1000],
      )
      const days = await allMetrics(store, 'day')
      assert.equal(
        days.reduce((sum, { totalSessions }) => sum + totalSessions, 0),
        7,
      )
    },
  },
  {
    name: 'replaces a bucket with each computation, and empties it where no rows are left',
    async run({ store }) {
      const events = sampleEvents({ count: 60, days: 1, start: MONDAY })
      await store.insertEvents(events)
      const bucket: RollupBucket = { grain: 'day', start: MONDAY }
      const first = await store.rollups.compute(bucket)
      const rows = await rowsOf(store, bucket)
      assert.deepEqual(await store.rollups.compute(bucket), first)
      assert.deepEqual(await rowsOf(store, bucket), rows)
      await Promise.all([store.rollups.compute(bucket), store.rollups.compute({ grain: 'week', start: MONDAY })])
      assert.deepEqual(await rowsOf(store, bucket), rows)
      await store.dropSealed(await store.sealDay('2026-01-12'))
      assert.deepEqual(await store.rollups.compute(bucket), { people: 0 })
      assert.deepEqual(await allMetrics(store, 'day'), [])
      assert.deepEqual(await store.rollups.compute({ grain: 'hour', start: MONDAY }), { people: 0 })
    },
  },
  {
    name: 'counts sealed rows and late ones, until they are dropped',
    async run({ store }) {
      const events = richEvents(90, 2)
      await store.insertEvents(events.slice(50))
      const seal = await store.sealDay('2026-01-12')
      await store.insertEvents(events.slice(0, 50))
      await assertRecounted(store, events)
      await store.dropSealed(seal)
      await assertRecounted(store, await allEvents(store))
    },
  },
  {
    name: 'writes rows that it is given in place of a bucket, as they are',
    async run({ store }) {
      const [anna, device] = await numbersOf(store, 'u:anna', 'a:device')
      const row = (person: number): PersonMetrics => ({
        bucket: MONDAY,
        person,
        totalEvents: 3,
        totalSessions: 2,
        totalDurationSeconds: 1.5,
        pageViews: 1,
        uniquePages: 1,
        actionsPerformed: { 'a "b"': 2, '😀': 1 },
        featuresUsed: ['b', '😀'],
        avgPageLoadTime: 1 / 3,
        errorCount: 0,
      })
      for (const grain of GRAINS) {
        const bucket = { grain, start: MONDAY }
        await store.rollups.replace(bucket, [row(anna!), row(device!)])
        const expected = [
          { ...row(anna!), userId: 'anna', anonymousId: null },
          { ...row(device!), userId: null, anonymousId: 'device' },
        ].sort((a, b) => a.person - b.person)
        assert.deepEqual(await rowsOf(store, bucket), expected)
        await store.rollups.replace(bucket, [row(device!)])
        assert.deepEqual(
          await rowsOf(store, bucket),
          expected.filter(({ person }) => person === device),
        )
        await store.rollups.replace(bucket, [])
        assert.deepEqual(await rowsOf(store, bucket), [])
      }
    },
  },
  {
    name: 'writes buckets of thousands of people',
    async run({ store }) {
      const people = Array.from({ length: 2300 }, (_, i) => ({ userId: `u${i}`, anonymousId: null }))
      const numbers = [...(await store.personNumbers(people))].sort((a, b) => a - b)
      const empty = recount(MONDAY)
      for (const person of numbers) empty.add({ ...sampleEvent(), person })
      const bucket: RollupBucket = { grain: 'hour', start: MONDAY }
      await store.rollups.replace(bucket, empty.rows())
      assertSameMetrics(await rowsOf(store, bucket), empty.rows())
    },
  },
  {
    name: 'reads the buckets that begin within a range, in their order, of some people where asked',
    async run({ store }) {
      const events = richEvents(60, 20)
      await store.insertEvents(events)
      for (const bucket of bucketsOf(events)) await store.rollups.compute(bucket)
      for (const grain of GRAINS) {
        const all = await allMetrics(store, grain)
        assert.deepEqual(
          all.map(({ bucket, person }) => [bucket, person]),
          [...all]
            .sort((a, b) => a.bucket - b.bucket || a.person - b.person)
            .map(({ bucket, person }) => [bucket, person]),
        )
        for (const [from, to] of [
          [MONDAY, MONDAY + 3 * DAY_MS],
          [MONDAY + 1, MONDAY + 7 * DAY_MS + 1],
          [MONDAY - 1, MONDAY + 1],
          [MONDAY, MONDAY],
        ] as const) {
          const expected = all.filter(({ bucket }) => bucket >= from && bucket < to)
          assert.deepEqual(await collect(store.rollups.read({ grain, from, to })), expected)
        }
        const people = [...new Set(all.map(({ person }) => person))].slice(0, 2)
        const some = await collect(store.rollups.read({ grain, ...ALWAYS, people }))
        assert.deepEqual(
          some,
          all.filter(({ person }) => people.includes(person)),
        )
        assert.deepEqual(await collect(store.rollups.read({ grain, ...ALWAYS, people: [] })), [])
      }
      const [first] = await allMetrics(store, 'week')
      const expected = (await Promise.all(GRAINS.map((grain) => mine(store, grain, first!.person)))).flat()
      assert.deepEqual(await store.rollups.bucketsOf([first!.person]), expected)
      assert.deepEqual(await store.rollups.bucketsOf([]), [])
      assert.deepEqual(await store.rollups.bucketsOf([999_999]), [])
    },
  },
  {
    name: 'deletes buckets that ended before an instant',
    async run({ store }) {
      const events = sampleEvents({ count: 40, days: 20, people: 1, start: MONDAY })
      await store.insertEvents(events)
      for (const bucket of bucketsOf(events)) await store.rollups.compute(bucket)
      for (const grain of GRAINS) {
        const all = await allMetrics(store, grain)
        const end = bucketEnd({ grain, start: all[1]!.bucket })
        assert.deepEqual(await store.rollups.expire(grain, end - 1), { rows: 1 })
        assert.deepEqual(await store.rollups.expire(grain, end), { rows: 1 })
        assert.deepEqual(await store.rollups.expire(grain, end), { rows: 0 })
        assert.deepEqual(await allMetrics(store, grain), all.slice(2))
      }
    },
  },
  {
    name: 'marks exactly the hours of new events, and people who were linked',
    async run({ store }) {
      assert.deepEqual(await store.rollups.marks(10), { hours: [], people: [], ids: [] })
      const events = sampleEvents({ count: 50, people: 1, days: 2 }).map((event) => ({ ...event, userId: null }))
      await store.insertEvents(events)
      const first = await store.rollups.marks(1000)
      assert.deepEqual([ascending(first.hours), first.people], [hoursOf(events), []])
      await store.rollups.clearMarks(first)
      assert.deepEqual(await store.rollups.marks(1000), { hours: [], people: [], ids: [] })
      await store.insertEvents(events)
      assert.deepEqual((await store.rollups.marks(1000)).hours, [], 'duplicates mark nothing')
      const links = [{ anonymousId: 'visitor-0', userId: 'anna' }]
      await store.linkIdentities(links)
      await store.linkIdentities(links)
      const [visitor] = await numbersOf(store, 'a:visitor-0')
      const linked = await store.rollups.marks(1000)
      assert.deepEqual([linked.hours, linked.people], [[], [visitor]])
      await store.rollups.clearMarks(linked)
      await store.linkIdentities(links)
      assert.deepEqual((await store.rollups.marks(1000)).people, [])
      await store.rollups.clearMarks(linked)
      await store.rollups.clearMarks({ hours: [], people: [], ids: [] })
    },
  },
  {
    name: 'forgets exactly the marks that were read: those of rows that came after stay',
    async run({ store }) {
      const at = (hour: number) => sampleEvent({ eventTimestamp: MONDAY + hour * HOUR_MS })
      await store.insertEvents([at(0), at(1)])
      const read = await store.rollups.marks(1000)
      await store.insertEvents([at(0), at(5)])
      await store.rollups.clearMarks(read)
      assert.deepEqual(ascending((await store.rollups.marks(1000)).hours), [MONDAY, MONDAY + 5 * HOUR_MS])
      await store.insertEvents(Array.from({ length: 30 }, (_, hour) => at(hour)))
      const all = new Set<number>()
      for (;;) {
        const some = await store.rollups.marks(7)
        assert.ok(some.ids.length <= 7)
        if (some.ids.length === 0) break
        for (const hour of some.hours) all.add(hour)
        await store.rollups.clearMarks(some)
      }
      assert.equal(all.size, 30)
    },
  },
  {
    name: 'misses no event between its mark and a computation, while batches are stored',
    async run({ store }) {
      const events = sampleEvents({ count: 400, days: 1, start: MONDAY })
      let isOver = false
      const inserting = Promise.all(
        Array.from({ length: 20 }, (_, i) => store.insertEvents(events.filter((_event, at) => at % 20 === i))),
      ).finally(() => {
        isOver = true
      })
      const follow = async () => {
        const marks = await store.rollups.marks(1000)
        for (const start of marks.hours) await store.rollups.compute({ grain: 'hour', start })
        await store.rollups.clearMarks(marks)
      }
      while (!isOver) await follow()
      await inserting
      await follow()
      for (const start of hoursOf(events)) {
        const bucket: RollupBucket = { grain: 'hour', start }
        assertSameMetrics(await rowsOf(store, bucket), await recounted(store, bucket, events))
      }
    },
  },
  {
    name: 'keeps metrics and marks over a reopening',
    requires: 'durable',
    async run({ store, reopen }) {
      const events = richEvents(60, 2)
      await store.insertEvents(events)
      await store.rollups.compute({ grain: 'week', start: MONDAY })
      const before = await allMetrics(store, 'week')
      const again = await given(reopen, 'reopen')()
      assert.deepEqual(await allMetrics(again, 'week'), before)
      assert.deepEqual(ascending((await again.rollups.marks(1000)).hours), hoursOf(events))
      await assertRecounted(again, events)
    },
  },
]

const mine = async (store: HotStore, grain: Grain, person: number): Promise<RollupBucket[]> =>
  (await collect(store.rollups.read({ grain, ...ALWAYS, people: [person] }))).map(({ bucket }) => ({
    grain,
    start: bucket,
  }))
