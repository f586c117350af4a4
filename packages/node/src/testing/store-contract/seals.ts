import assert from 'node:assert/strict'
import { DAY_MS, dayOf, dayStart, type Seal, type StoredEvent } from '@analytics/protocol'
import type { ContractCase } from '@analytics/protocol/testing'
import type { HotStore } from '../../store.js'
import { sampleEvent, sampleEvents } from '../sample-events.js'
import {
  ALWAYS,
  allEvents,
  assertSameEvents,
  collect,
  given,
  type StoreContext,
  scanRows,
  withoutPerson,
} from './support.js'

const DAY = '2026-01-11'
const WITHIN = { from: dayStart(DAY), to: dayStart(DAY) + DAY_MS }

const onDay = (events: readonly StoredEvent[], day = DAY): StoredEvent[] =>
  events.filter(({ eventTimestamp }) => dayOf(eventTimestamp) === day)

const eventsOfDay = (count: number): StoredEvent[] => sampleEvents({ count, days: 1, start: dayStart(DAY) })

const sealedEvents = async (store: HotStore, seal: Seal): Promise<StoredEvent[]> =>
  (await collect(store.readSealed(seal))).map(withoutPerson)

/** What a store does with days: lists, freezes and drops them. */
export const sealCases: ContractCase<StoreContext>[] = [
  {
    name: 'lists days with their rows, without those of given seals',
    async run({ store }) {
      await store.insertEvents(sampleEvents({ count: 90, days: 3 }))
      const days = await store.listDays()
      assert.deepEqual(
        days.map(({ day }) => day),
        ['2026-01-10', DAY, '2026-01-12'],
      )
      assert.equal(
        days.reduce((sum, { rows }) => sum + rows, 0),
        90,
      )
      const within = { from: dayStart('2026-01-10') + DAY_MS - 1, to: dayStart('2026-01-12') }
      assert.deepEqual(await store.listDays(within), days.slice(0, 2))
      const seal = await store.sealDay(DAY)
      assert.deepEqual(
        (await store.listDays({ except: [seal] })).map(({ day }) => day),
        ['2026-01-10', '2026-01-12'],
      )
    },
  },
  {
    name: 'names the same days whether it counts their rows or not, through seals, late rows and drops',
    async run({ store }) {
      assert.deepEqual([await store.listDays(), await store.daysWithRows()], [[], []])
      const events = sampleEvents({ count: 60, days: 5 })
      await store.insertEvents(events)
      const seals: Seal[] = []
      const assertSame = async () => {
        for (const read of [
          undefined,
          { except: seals },
          { except: seals.slice(1) },
          { from: dayStart(DAY) + 1, to: dayStart(DAY) + 2 },
          { from: dayStart(DAY), to: dayStart('2026-01-13'), except: seals },
          { from: dayStart('2026-01-12') },
          { to: dayStart(DAY) },
          { from: dayStart('2030-01-01') },
        ]) {
          const days = await store.listDays(read)
          assert.deepEqual(
            await store.daysWithRows(read),
            days.map(({ day }) => day),
          )
          assert.ok(days.every(({ rows }) => rows > 0))
          const kept = await collect(store.readEvents({ ...ALWAYS, ...read }))
          if (!read?.from && !read?.to) assert.equal(sumOf(days), kept.length)
        }
      }
      await assertSame()
      seals.push(await store.sealDay(DAY), await store.sealDay('2026-01-13'))
      await assertSame()
      await store.insertEvents([sampleEvent({ eventTimestamp: dayStart(DAY) + 5 })])
      await assertSame()
      await store.dropSealed(seals[0]!)
      await assertSame()
      assert.equal(sumOf(await store.listDays()), 61 - onDay(events).length)
    },
  },
  {
    name: 'seals what a day has; later arrivals are outside the seal and survive its drop',
    async run({ store }) {
      const events = sampleEvents({ count: 90, days: 3 })
      await store.insertEvents(events)
      const seal = await store.sealDay(DAY)
      const late = sampleEvent({ eventTimestamp: Date.UTC(2026, 0, 11, 5), eventLabel: 'late' })
      await store.insertEvents([late])
      assert.deepEqual(await store.sealDay(DAY), seal)

      const expected = onDay(events)
      assert.equal(seal.rows, expected.length)
      assertSameEvents(await sealedEvents(store, seal), expected)
      assert.equal((await scanRows(store)).length, 91, 'sealed rows stay readable')
      assert.equal((await scanRows(store, { except: [seal] })).length, 91 - expected.length)

      assert.equal((await store.dropSealed(seal)).rows, expected.length)
      assert.equal((await store.dropSealed(seal)).rows, 0)
      assert.deepEqual(await collect(store.readEvents(WITHIN)), [late])
      assert.notEqual((await store.sealDay(DAY)).id, seal.id)
    },
  },
  {
    name: 'takes an event of a sealed day for a duplicate while the seal stands, on its own day and beside it',
    async run({ store }) {
      const events = eventsOfDay(30)
      await store.insertEvents(events)
      await store.sealDay(DAY)
      await store.sealDay('2026-01-10')
      await store.sealDay('2026-01-12')
      const [first, second, third] = events
      const again = [
        first!,
        { ...first!, eventLabel: 'changed' },
        { ...second!, eventTimestamp: second!.eventTimestamp + DAY_MS },
        { ...third!, eventTimestamp: third!.eventTimestamp - DAY_MS },
        { ...third!, eventTimestamp: third!.eventTimestamp + 8 * DAY_MS, properties: { $flags: ['time:receipt'] } },
      ]
      assert.deepEqual(await store.insertEvents(again), Array(5).fill('duplicate'))
      assert.deepEqual(await store.insertEvents([...events, sampleEvent()]), [
        ...Array(30).fill('duplicate'),
        'inserted',
      ])
      assertSameEvents((await allEvents(store)).slice(0, 30), events)
    },
  },
  {
    name: 'reads sealed rows once, mixed with late ones, in order, until they are dropped or left out',
    async run({ store }) {
      const events = sampleEvents({ count: 400, days: 3 })
      const late = events.filter((_, i) => i % 3 === 0)
      await store.insertEvents(events.filter((_, i) => i % 3 !== 0))
      const seal = await store.sealDay(DAY)
      await store.insertEvents(late)
      const other = await store.sealDay('2026-01-12')
      const sorted = await allEvents(store)
      assertSameEvents(sorted, events)
      assert.deepEqual(
        (await scanRows(store)).map(({ time }) => time),
        sorted.map(({ eventTimestamp }) => eventTimestamp),
      )
      assert.deepEqual(
        sorted.map(({ eventTimestamp }) => eventTimestamp),
        events.map(({ eventTimestamp }) => eventTimestamp).sort((a, b) => a - b),
      )
      const page = await collect(store.readEvents({ ...WITHIN, order: 'desc', limit: 9 }))
      assert.deepEqual(
        page,
        sorted
          .filter((event) => onDay([event]).length > 0)
          .slice(-9)
          .reverse(),
      )
      const left = await allEvents(store, { except: [seal, other] })
      const sealed = [...(await sealedEvents(store, seal)), ...(await sealedEvents(store, other))]
      assertSameEvents([...left, ...sealed], events)
      await store.dropSealed(seal)
      assertSameEvents(await allEvents(store, { except: [other] }), left)
    },
  },
  {
    name: 'gives each seal of a day an id of its own, and drops none but the one that it is given',
    async run({ store }) {
      const ids = new Set<string>()
      const seals: Seal[] = []
      for (let round = 0; round < 4; round++) {
        const events = eventsOfDay(5)
        await store.insertEvents(events)
        const seal = await store.sealDay(DAY)
        ids.add(seal.id)
        for (const dropped of seals) assert.equal((await store.dropSealed(dropped)).rows, 0, 'a seal that is no more')
        assertSameEvents(await sealedEvents(store, seal), events)
        for (const dropped of seals) assert.deepEqual(await sealedEvents(store, dropped), [])
        assert.equal((await store.dropSealed(seal)).rows, 5)
        const empty = await store.sealDay(DAY)
        assert.equal(empty.rows, 0)
        ids.add(empty.id)
        await store.dropSealed(empty)
        seals.push(seal, empty)
      }
      assert.equal(ids.size, 8)
      assert.deepEqual(await store.listDays(), [])
    },
  },
  {
    name: 'deletes nothing for a seal that it never made, or that names another day',
    async run({ store }) {
      const events = sampleEvents({ count: 30, days: 3 })
      await store.insertEvents(events)
      const unmade: Seal = { day: DAY, id: '999999', rows: 10 }
      assert.equal((await store.dropSealed(unmade)).rows, 0)
      const seal = await store.sealDay(DAY)
      assert.equal((await store.dropSealed({ ...seal, day: '2026-01-12' })).rows, 0)
      assert.equal((await store.dropSealed(unmade)).rows, 0)
      assertSameEvents(await allEvents(store), events)
      assert.deepEqual(await store.sealDay(DAY), seal, 'the seal still stands')
    },
  },
  {
    name: 'seals a day without rows, and takes late rows beside that seal',
    async run({ store }) {
      const seal = await store.sealDay(DAY)
      assert.equal(seal.rows, 0)
      assert.deepEqual(await sealedEvents(store, seal), [])
      assert.deepEqual([await store.listDays(), await store.daysWithRows(), await scanRows(store)], [[], [], []])
      const late = eventsOfDay(3)
      await store.insertEvents(late)
      assert.deepEqual(await store.sealDay(DAY), seal)
      assertSameEvents(await allEvents(store, { except: [seal] }), late)
      assert.equal((await store.dropSealed(seal)).rows, 0)
      assert.equal((await store.sealDay(DAY)).rows, 3)
    },
  },
  {
    name: 'gives everybody who seals a day at the same time the same seal',
    async run({ store }) {
      const events = eventsOfDay(40)
      const calls = events.map((event, i) => (i % 4 === 0 ? store.sealDay(DAY) : store.insertEvents([event])))
      const seals = (await Promise.all(calls)).filter((one): one is Seal => 'id' in one)
      for (const seal of seals) assert.deepEqual(seal, seals[0])
      const drops = await Promise.all([1, 2, 3].map(() => store.dropSealed(seals[0]!)))
      assert.equal(
        drops.reduce((sum, { rows }) => sum + rows, 0),
        seals[0]!.rows,
      )
    },
  },
  {
    name: 'loses and doubles nothing while days are sealed under inserts',
    async run({ store }) {
      const events = sampleEvents({ count: 600, days: 2, start: dayStart(DAY) })
      const batches = Array.from({ length: 30 }, (_, i) => events.filter((_event, at) => at % 30 === i))
      const [first, second] = [DAY, '2026-01-12']
      const seals: Seal[] = []
      const sealing = async () => {
        for (const day of [first, second]) seals.push(await store.sealDay(day!))
      }
      const inserting = batches.map((batch) => store.insertEvents(batch))
      const [outcomes] = await Promise.all([Promise.all(inserting), sealing()])
      assert.ok(outcomes.flat().every((outcome) => outcome === 'inserted'))
      const sealed = (await Promise.all(seals.map((seal) => sealedEvents(store, seal)))).flat()
      assert.deepEqual(
        sealed.length,
        seals.reduce((sum, { rows }) => sum + rows, 0),
      )
      assertSameEvents([...sealed, ...(await allEvents(store, { except: seals }))], events)
      assertSameEvents(await allEvents(store), events)
      assert.deepEqual(await store.insertEvents(events), Array(events.length).fill('duplicate'))
    },
  },
  {
    name: 'counts every row once while days are sealed and dropped',
    async run({ store }) {
      const events = sampleEvents({ count: 200, days: 4, start: dayStart(DAY) })
      await store.insertEvents(events)
      const changing = async () => {
        for (const { day } of await store.listDays()) {
          const seal = await store.sealDay(day)
          await store.insertEvents([sampleEvent({ eventTimestamp: dayStart(day) + 1, eventType: 'late' })])
          await store.dropSealed(seal)
        }
        return true
      }
      let isOver = false
      const done = changing().finally(() => {
        isOver = true
      })
      while (!isOver) {
        assert.ok(sumOf(await store.listDays()) <= 204, 'no row is counted twice')
        const ids = (await allEvents(store)).map(({ eventId }) => eventId)
        assert.equal(new Set(ids).size, ids.length, 'no row is read twice')
        await store.daysWithRows()
        await scanRows(store)
      }
      await done
      assert.equal((await allEvents(store)).length, 4)
    },
  },
  {
    name: 'lets a scan that streams end while its day is sealed',
    async run({ store }) {
      const events = eventsOfDay(5_000)
      await store.insertEvents(events)
      let sealing: Promise<Seal> | undefined
      const times: number[] = []
      for await (const batch of store.scan({ ...ALWAYS, matches: [{}] })) {
        sealing ??= store.sealDay(DAY)
        times.push(...batch.time)
      }
      assert.equal(times.length, events.length)
      assert.equal((await sealing!).rows, events.length)
      assertSameEvents(await allEvents(store), events)
    },
  },
  {
    name: 'shows the seals and drops of one store to another over the same data',
    requires: 'shared',
    async run({ store, another }) {
      const other = await given(another, 'another')()
      const events = eventsOfDay(60)
      await store.insertEvents(events.slice(0, 20))
      await other.insertEvents(events.slice(20, 40))
      const seal = await store.sealDay(DAY)
      assert.deepEqual(await other.sealDay(DAY), seal)
      assert.deepEqual(await other.insertEvents(events.slice(10, 30)), Array(20).fill('duplicate'))
      const late = await Promise.all([store.insertEvents(events.slice(35)), other.insertEvents(events.slice(35))])
      assert.equal(late.flat().filter((outcome) => outcome === 'inserted').length, 20)
      for (const one of [store, other]) {
        assertSameEvents(await allEvents(one), events)
        assertSameEvents(await allEvents(one, { except: [seal] }), events.slice(40))
      }
      const drops = await Promise.all([store.dropSealed(seal), other.dropSealed(seal)])
      assert.deepEqual(drops.map(({ rows }) => rows).sort(), [0, 40])
      const next = await other.sealDay(DAY)
      assert.notEqual(next.id, seal.id)
      assertSameEvents(await sealedEvents(store, next), events.slice(40))
    },
  },
  {
    name: 'reads sealed rows with the numbers of their people',
    async run({ store }) {
      await store.insertEvents([sampleEvent({ userId: 'u' }), sampleEvent({ anonymousId: 'a' })])
      const rows = await collect(store.readSealed(await store.sealDay('2026-01-15')))
      const [user, visitor] = await store.personNumbers([
        { userId: 'u', anonymousId: null },
        { userId: null, anonymousId: 'a' },
      ])
      assert.deepEqual(
        new Map(rows.map(({ userId, person }) => [userId, person])),
        new Map([
          ['u', user],
          [null, visitor],
        ]),
      )
    },
  },
]

const sumOf = (days: readonly { rows: number }[]): number => days.reduce((sum, { rows }) => sum + rows, 0)
