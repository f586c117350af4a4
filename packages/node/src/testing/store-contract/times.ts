import assert from 'node:assert/strict'
import { dayOf, dayStart, type StoredEvent } from '@analytics/protocol'
import type { ContractCase } from '@analytics/protocol/testing'
import { bucketOf } from '../../rollups/rollup.js'
import { sampleEvent } from '../sample-events.js'
import { allEvents, allMetrics, allSessions, collect, type StoreContext, scanRows } from './support.js'

/**
 * Instants at which a store that let the session's zone into a value would be wrong: both ends of UTC days, both changes of
 * New York's summer time, midnights of New York and of Kolkata, which is half an hour off.
 */
const INSTANTS = [
  '2025-12-31T23:59:59.999Z',
  '2026-01-01T00:00:00.000Z',
  '2026-01-01T00:00:00.001Z',
  '2026-01-01T04:59:59.999Z',
  '2026-01-01T05:00:00.000Z',
  '2026-01-01T18:29:59.999Z',
  '2026-01-01T18:30:00.000Z',
  '2026-02-28T23:59:59.997Z',
  '2026-03-01T00:00:00.000Z',
  '2026-03-08T06:59:59.999Z',
  '2026-03-08T07:00:00.000Z',
  '2026-03-08T07:30:00.123Z',
  '2026-11-01T05:29:59.999Z',
  '2026-11-01T05:30:00.000Z',
  '2026-11-01T05:59:59.999Z',
  '2026-11-01T06:00:00.000Z',
  '2026-11-01T06:29:59.501Z',
  '2026-11-01T06:30:00.000Z',
  '2028-02-29T12:00:00.007Z',
  '2028-12-31T23:59:59.999Z',
].map((text) => Date.parse(text))

const eventsAt = (times: readonly number[]): StoredEvent[] =>
  times.map((eventTimestamp, i) =>
    sampleEvent({
      eventTimestamp,
      receivedTimestamp: eventTimestamp + 1,
      processingTimestamp: eventTimestamp + 3,
      sessionId: `session-${String(i).padStart(2, '0')}`,
    }),
  )

/** What a store does with instants and days, whatever zone its sessions have. */
export const timeCases: ContractCase<StoreContext>[] = [
  {
    name: 'keeps instants to the millisecond, at the ends of days and where clocks change',
    async run({ store }) {
      const events = eventsAt(INSTANTS)
      await store.insertEvents(events)
      assert.deepEqual(await allEvents(store), events)
      const rows = await scanRows(store, { columns: ['eventTimestamp', 'receivedTimestamp', 'processingTimestamp'] })
      assert.deepEqual(
        rows.map(({ time, columns }) => [time, ...Object.values(columns)]),
        INSTANTS.map((time) => [time, time, time + 1, time + 3]),
      )
    },
  },
  {
    name: 'files an event under its UTC day',
    async run({ store }) {
      const events = eventsAt(INSTANTS)
      await store.insertEvents(events)
      const days = [...new Set(INSTANTS.map(dayOf))]
      assert.deepEqual(await store.daysWithRows(), days)
      for (const day of days) {
        const within = { from: dayStart(day), to: dayStart(day) + 86_400_000 }
        const expected = events.filter(({ eventTimestamp }) => dayOf(eventTimestamp) === day)
        assert.deepEqual(await collect(store.readEvents(within)), expected, day)
        const seal = await store.sealDay(day)
        assert.deepEqual(seal.rows, expected.length, day)
      }
    },
  },
  {
    name: 'reads from an instant, it included, to an instant, it excluded',
    async run({ store }) {
      await store.insertEvents(eventsAt(INSTANTS))
      for (const edge of INSTANTS) {
        for (const [from, to] of [
          [edge, edge + 1],
          [edge - 1, edge],
          [edge, edge],
          [edge + 1, edge - 1],
          [edge - 3_600_000, edge + 3_600_000],
        ] as const) {
          const expected = INSTANTS.filter((time) => time >= from && time < to)
          assert.deepEqual(
            (await scanRows(store, { from, to })).map(({ time }) => time),
            expected,
          )
        }
        const [found] = await collect(store.readEvents({ from: edge, to: edge + 1 }))
        assert.equal(found?.eventTimestamp, edge)
      }
    },
  },
  {
    name: 'compares instants given as numbers and as ISO text of any zone',
    async run({ store }) {
      await store.insertEvents(eventsAt(INSTANTS))
      const at = Date.parse('2026-11-01T06:00:00.000Z')
      for (const value of [at, '2026-11-01T06:00:00.000Z', '2026-11-01T01:00:00-05:00', '2026-11-01T11:30:00+05:30']) {
        const rows = await scanRows(store, {
          matches: [
            { where: { property: 'eventTimestamp', op: 'eq', value } },
            { where: { property: 'eventTimestamp', op: 'gte', value } },
            { where: { property: 'eventTimestamp', op: 'in', value: ['no instant', value] } },
          ],
        })
        assert.deepEqual(
          rows.map(({ time, matches }) => [time, matches]),
          INSTANTS.filter((time) => time >= at).map((time) => [time, time === at ? 7 : 2]),
        )
      }
    },
  },
  {
    name: 'counts sessions, hours, days and weeks in UTC',
    async run({ store }) {
      await store.insertEvents(eventsAt(INSTANTS))
      assert.deepEqual(
        (await allSessions(store)).map(({ startedAt, endedAt }) => [startedAt, endedAt]),
        INSTANTS.map((time) => [time, time]),
      )
      const { hours } = await store.rollups.marks(100)
      const expected = [...new Set(INSTANTS.map((time) => bucketOf('hour', time).start))]
      assert.deepEqual(
        [...hours].sort((a, b) => a - b),
        expected,
      )
      for (const grain of ['hour', 'day', 'week'] as const) {
        const starts = [...new Set(INSTANTS.map((time) => bucketOf(grain, time).start))]
        for (const start of starts) await store.rollups.compute({ grain, start })
        const found = (await allMetrics(store, grain)).map(({ bucket, totalEvents }) => [bucket, totalEvents])
        const counts = starts.map((start) => INSTANTS.filter((time) => bucketOf(grain, time).start === start).length)
        assert.deepEqual(
          found,
          starts.map((start, i) => [start, counts[i]]),
          grain,
        )
      }
    },
  },
  {
    name: 'keeps instants before 1970 and far from now',
    async run({ store }) {
      const times = [-86_400_001, -1, 0, 1, Date.UTC(2099, 11, 31, 23, 59, 59, 999)]
      const events = times.map((eventTimestamp, i) =>
        sampleEvent({ eventTimestamp, eventId: `0000000000000000000000000${i}` }),
      )
      await store.insertEvents(events)
      const always = { from: -1e12, to: Date.UTC(2200, 0) }
      assert.deepEqual(await collect(store.readEvents(always)), events)
      assert.deepEqual(
        (await scanRows(store, always)).map(({ time }) => time),
        times,
      )
      assert.deepEqual(await store.daysWithRows(), ['1969-12-30', '1969-12-31', '1970-01-01', '2099-12-31'])
    },
  },
]
