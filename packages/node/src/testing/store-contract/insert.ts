import assert from 'node:assert/strict'
import { DAY_MS, dayOf, type StoredEvent } from '@analytics/protocol'
import type { ContractCase } from '@analytics/protocol/testing'
import { sampleEvent, sampleEvents } from '../sample-events.js'
import { allEvents, allSessions, assertSameEvents, given, numbersOf, type StoreContext, scanRows } from './support.js'

const insertedOf = (outcomes: readonly (readonly string[])[]): number =>
  outcomes.flat().filter((outcome) => outcome === 'inserted').length

/** Batches of overlapping parts of the events, each in an order of its own. */
function overlapping(events: readonly StoredEvent[], callers: number): StoredEvent[][] {
  return Array.from({ length: callers }, (_, caller) => {
    const part = events.filter((_event, i) => (i + caller) % 3 !== 0)
    return caller % 2 === 0 ? part : part.reverse()
  })
}

/** What a store does when events are inserted. */
export const insertCases: ContractCase<StoreContext>[] = [
  {
    name: 'tells new events from those it has, in the batch and before it, and keeps the first',
    async run({ store }) {
      const event = sampleEvent({ eventLabel: 'first' })
      assert.deepEqual(await store.insertEvents([event, { ...event, eventLabel: 'second' }]), ['inserted', 'duplicate'])
      const beside = {
        ...event,
        eventLabel: 'third',
        userId: 'someone',
        eventTimestamp: event.eventTimestamp + DAY_MS,
      }
      assert.deepEqual(await store.insertEvents([beside, sampleEvent()]), ['duplicate', 'inserted'])
      const filedLater = {
        ...event,
        eventTimestamp: event.eventTimestamp + 7 * DAY_MS,
        properties: { $flags: ['time:receipt'] },
      }
      assert.deepEqual(await store.insertEvents([filedLater]), ['duplicate'])
      assert.equal((await allEvents(store)).filter(({ eventLabel }) => eventLabel === 'first').length, 1)
    },
  },
  {
    name: 'answers with one outcome for each event, in their order, whatever is new and whatever is not',
    async run({ store }) {
      const events = sampleEvents({ count: 40 })
      await store.insertEvents(events.filter((_, i) => i % 4 === 1))
      const twice = events.flatMap((event, i) => (i % 5 === 0 ? [event, event] : [event])).reverse()
      const seen = new Set(events.filter((_, i) => i % 4 === 1).map(({ eventId }) => eventId))
      const expected = twice.map(({ eventId }) => {
        const outcome = seen.has(eventId) ? 'duplicate' : 'inserted'
        seen.add(eventId)
        return outcome
      })
      assert.deepEqual(await store.insertEvents(twice), expected)
      assertSameEvents(await allEvents(store), events)
    },
  },
  {
    name: 'lets a duplicate change nothing, whatever it holds: no row, session, mark or link',
    async run({ store }) {
      const event = sampleEvent({ anonymousId: 'device', pageUrl: 'https://shop.example/' })
      await store.insertEvents([event, sampleEvent({ userId: 'anna' })])
      await store.rollups.clearMarks(await store.rollups.marks(100))
      const before = { events: await allEvents(store), sessions: await allSessions(store) }
      const forged: StoredEvent = {
        ...event,
        userId: 'anna',
        sessionId: 'another session',
        eventTimestamp: event.eventTimestamp + 3_600_000,
        pageUrl: 'https://elsewhere.example/',
      }
      assert.deepEqual(await store.insertEvents([event, forged]), ['duplicate', 'duplicate'])
      assert.deepEqual(await store.insertEvents([forged]), ['duplicate'])
      assert.deepEqual({ events: await allEvents(store), sessions: await allSessions(store) }, before)
      const { hours, people } = await store.rollups.marks(100)
      assert.deepEqual({ hours, people }, { hours: [], people: [] })
      assert.equal(await store.ownerOf('device'), undefined)
      const [device] = await numbersOf(store, 'a:device')
      assert.equal((await store.people()).canonical[device!], device)
    },
  },
  {
    name: 'stores an event once, however many insert it at the same time',
    async run({ store }) {
      const events = sampleEvents({ count: 50 })
      const outcomes = await Promise.all(Array.from({ length: 8 }, () => store.insertEvents(events)))
      assert.equal(insertedOf(outcomes), events.length)
      assertSameEvents(await allEvents(store), events)
      const counted = (await allSessions(store)).reduce((sum, { eventCount }) => sum + eventCount, 0)
      assert.equal(counted, events.length, 'sessions count each event once')
    },
  },
  {
    name: 'stores overlapping batches once, in whatever order callers send them',
    async run({ store }) {
      const events = sampleEvents({ count: 300, people: 9 })
      const batches = overlapping(events, 7)
      const outcomes = await Promise.all(batches.map((batch) => store.insertEvents(batch)))
      assert.equal(insertedOf(outcomes), events.length)
      for (const [caller, batch] of batches.entries()) assert.equal(outcomes[caller]!.length, batch.length)
      assertSameEvents(await allEvents(store), events)
    },
  },
  {
    name: 'stores overlapping batches once, when two stores over the same data take them',
    requires: 'shared',
    async run({ store, another }) {
      const stores = [store, await given(another, 'another')()]
      const events = sampleEvents({ count: 300, people: 9 })
      const outcomes = await Promise.all(
        overlapping(events, 8).map((batch, caller) => stores[caller % 2]!.insertEvents(batch)),
      )
      assert.equal(insertedOf(outcomes), events.length)
      for (const one of stores) {
        assertSameEvents(await allEvents(one), events)
        assert.deepEqual(await one.insertEvents(events), Array(events.length).fill('duplicate'))
      }
      const counted = (await allSessions(store)).reduce((sum, { eventCount }) => sum + eventCount, 0)
      assert.equal(counted, events.length, 'sessions count each event once')
    },
  },
  {
    name: 'takes an empty batch and one larger than its chunks',
    async run({ store }) {
      assert.deepEqual(await store.insertEvents([]), [])
      const events = sampleEvents({ count: 5_000 })
      await store.insertEvents(events)
      assertSameEvents(await allEvents(store), events)
    },
  },
  {
    name: 'stores all of a batch or nothing of it',
    async run({ store }) {
      const events = sampleEvents({ count: 5_200 })
      const impossible = sampleEvent({
        userId: 'nobody',
        anonymousId: 'nothing',
        properties: {
          get broken(): string {
            throw new Error('cannot be read')
          },
        },
      })
      const batch = [...events.slice(0, 5_100), impossible, ...events.slice(5_100)]
      await assert.rejects(store.insertEvents(batch), /cannot be read/)
      assert.equal((await allEvents(store)).length, 0)
      assert.equal((await allSessions(store)).length, 0)
      assert.deepEqual((await store.rollups.marks(100)).hours, [])
      assert.equal(insertedOf([await store.insertEvents(events)]), events.length)
      assertSameEvents(await allEvents(store), events)
    },
  },
  {
    name: 'goes on after a batch that failed: later events are stored, and numbers stay those of their people',
    async run({ store }) {
      const broken = {
        get x(): string {
          throw new Error('cannot be read')
        },
      }
      await assert.rejects(
        store.insertEvents([sampleEvent({ anonymousId: 'first' }), sampleEvent({ properties: broken })]),
      )
      await store.insertEvents([sampleEvent({ anonymousId: 'second' }), sampleEvent({ anonymousId: 'first' })])
      const [first, second] = await numbersOf(store, 'a:first', 'a:second')
      const scanned = await scanRows(store, { columns: ['anonymousId'] })
      assert.deepEqual(
        new Map(scanned.map(({ person, columns }) => [columns.anonymousId, person])),
        new Map([
          ['second', second],
          ['first', first],
        ]),
      )
    },
  },
  {
    name: 'files an event by its own time, in whatever order and days events come',
    async run({ store }) {
      const events = sampleEvents({ count: 120, days: 12 })
      for (const part of [events.slice(80), events.slice(0, 40), events.slice(40, 80)]) await store.insertEvents(part)
      const days = new Map<string, number>()
      for (const { eventTimestamp } of events)
        days.set(dayOf(eventTimestamp), (days.get(dayOf(eventTimestamp)) ?? 0) + 1)
      assert.deepEqual(
        await store.listDays(),
        [...days].sort().map(([day, rows]) => ({ day, rows })),
      )
    },
  },
]
