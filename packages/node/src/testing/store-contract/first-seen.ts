import assert from 'node:assert/strict'
import { DAY_MS, FIRST_SEEN_RECORD, removeRecord, type StoredEvent } from '@analytics/protocol'
import type { ContractCase } from '@analytics/protocol/testing'
import type { HotStore } from '../../store.js'
import { sampleEvent, sampleEvents } from '../sample-events.js'
import { allEvents, given, numbersOf, type StoreContext } from './support.js'

const START = Date.UTC(2026, 0, 15, 12)

type Request = Parameters<HotStore['firstSeen']['read']>[0]

/** What the store tells, by number. */
async function firstSeen(store: HotStore, request?: Request): Promise<Map<number, number>> {
  const found = new Map<number, number>()
  for await (const { length, person, time } of store.firstSeen.read(request)) {
    for (let row = 0; row < length; row++) {
      const known = found.get(person[row]!) ?? Number.POSITIVE_INFINITY
      found.set(person[row]!, Math.min(known, time[row]!))
    }
  }
  return found
}

/** What it should tell of these events. */
async function expectedOf(store: HotStore, events: readonly StoredEvent[], types?: readonly string[]) {
  const people = await store.personNumbers(events)
  const found = new Map<number, number>()
  for (const [i, { eventType, eventTimestamp }] of events.entries()) {
    if (types && !types.includes(eventType)) continue
    found.set(people[i]!, Math.min(found.get(people[i]!) ?? eventTimestamp, eventTimestamp))
  }
  return found
}

/** Asks for each of these lists of types, and for any type. */
async function assertTells(store: HotStore, events: readonly StoredEvent[], lists: readonly string[][] = []) {
  assert.deepEqual(sorted(await firstSeen(store)), sorted(await expectedOf(store, events)))
  for (const eventTypes of lists) {
    const expected = await expectedOf(store, events, eventTypes)
    assert.deepEqual(sorted(await firstSeen(store, { eventTypes })), sorted(expected), eventTypes.join())
  }
}

const sorted = (found: ReadonlyMap<number, number>): [number, number][] => [...found].sort(([a], [b]) => a - b)

/** As many batches, each of them with every so many event. */
const dealt = (events: readonly StoredEvent[], batches: number): StoredEvent[][] =>
  Array.from({ length: batches }, (_, i) => events.filter((_event, at) => at % batches === i))

const TYPES = ['page_view', 'click', 'purchase', 'signup']

/** When people first did what. */
export const firstSeenCases: ContractCase<StoreContext>[] = [
  {
    name: 'tells when each id first did something of some types, or anything, in whatever order events came',
    async run({ store }) {
      const events = sampleEvents({ count: 240, people: 9 })
      const shuffled = events.map((_, i) => events[(i * 77) % events.length]!)
      for (let i = 0, size = 1; i < shuffled.length; i += size, size = 1 + ((i * 13) % 40)) {
        await store.insertEvents(shuffled.slice(i, i + size))
        // What was asked in between must not be what is told for ever.
        if (i % 3 === 0) await firstSeen(store)
      }
      const lists = [
        ...TYPES.map((type) => [type]),
        ['click', 'purchase'],
        TYPES,
        ['nothing', 'signup'],
        ['nothing'],
        [],
      ]
      await assertTells(store, events, lists)
    },
  },
  {
    name: 'tells of ids as they are, the visitor apart from the user that the visitor became',
    async run({ store }) {
      await store.insertEvents([
        sampleEvent({ anonymousId: 'device', eventTimestamp: START }),
        sampleEvent({ anonymousId: 'device', userId: 'anna', eventTimestamp: START + 5 }),
        sampleEvent({ userId: 'anna', eventTimestamp: START - 7 }),
      ])
      const [device, anna] = await numbersOf(store, 'a:device', 'u:anna')
      assert.deepEqual(
        await firstSeen(store),
        new Map([
          [device!, START],
          [anna!, START - 7],
        ]),
      )
    },
  },
  {
    name: 'keeps types apart that read alike, and times to the millisecond, also before 1970',
    async run({ store }) {
      const types = ['__proto__', 'constructor', 'a', 'A', 'a b', '0 a', '\uffff', '😀', 'select', "it's"]
      const times = [-86_400_001, -1, 0, 1, START + 0.999 * 1000, Date.UTC(2400, 1, 29, 23, 59, 59, 999)]
      const events = types.flatMap((eventType, i) =>
        times.map((time, at) =>
          sampleEvent({
            eventType,
            anonymousId: `v${(i + at) % 3}`,
            eventId: `${String(i * 10 + at).padStart(26, '0')}`,
            eventTimestamp: time + i * 10,
          }),
        ),
      )
      await store.insertEvents(events)
      const lists = types.map((type) => [type])
      await assertTells(store, events, lists)
      const earlier = events.map((event, i) =>
        sampleEvent({
          ...event,
          eventId: `${String(1000 + i).padStart(26, '0')}`,
          eventTimestamp: event.eventTimestamp - 1,
        }),
      )
      await store.insertEvents(earlier)
      await assertTells(store, [...events, ...earlier], lists)
    },
  },
  {
    name: 'learns nothing from duplicates, whatever time and type they claim',
    async run({ store }) {
      const event = sampleEvent({ eventTimestamp: START })
      const claims = [
        { ...event, eventTimestamp: START - 3 },
        { ...event, eventType: 'other' },
      ]
      await store.insertEvents([event, ...claims])
      await store.insertEvents(claims)
      await assertTells(store, [event], [['other'], ['page_view']])
    },
  },
  {
    name: 'loses no first time to many batches at the same time, each with the same people',
    async run({ store }) {
      const events = sampleEvents({ count: 600, people: 7 }).reverse()
      await Promise.all(dealt(events, 12).map((batch) => store.insertEvents(batch)))
      await assertTells(store, events, [['click'], ['signup', 'page_view']])
    },
  },
  {
    name: 'loses no first time to two stores that add at the same time, in different orders',
    requires: 'shared',
    async run({ store, another }) {
      const stores = [store, await given(another, 'another')()]
      const events = sampleEvents({ count: 600, people: 7 })
      await Promise.all(
        dealt(events, 12).map((batch, i) => stores[i % 2]!.insertEvents(i % 2 === 0 ? batch : batch.reverse())),
      )
      for (const one of stores) await assertTells(one, events, [['click'], ['signup', 'page_view']])
    },
  },
  {
    name: 'takes large batches of many people and types, and tells of them batch by batch',
    async run({ store }) {
      const events = Array.from({ length: 12_000 }, (_, i) =>
        sampleEvent({
          anonymousId: `v${(i * 7) % 5003}`,
          eventType: `type ${i % 31}`,
          eventTimestamp: START + ((i * 7919) % 12_000),
        }),
      )
      await store.insertEvents(events.slice(4000))
      await store.insertEvents(events.slice(0, 6000))
      await assertTells(store, events, [['type 3'], Array.from({ length: 1200 }, (_, i) => `type ${i * 2}`)])
    },
  },
  {
    name: 'ends the read of first times when its signal aborts, and works on',
    async run({ store }) {
      const events = sampleEvents({ count: 20 })
      await store.insertEvents(events)
      await assert.rejects(firstSeen(store, { signal: AbortSignal.abort() }))
      await assertTells(store, events)
    },
  },
  {
    name: 'keeps first times when the rows are sealed and dropped, and lowers them by late events',
    async run({ store }) {
      const events = sampleEvents({ count: 90 })
      await store.insertEvents(events)
      for (const day of await store.daysWithRows()) await store.dropSealed(await store.sealDay(day))
      assert.deepEqual(await allEvents(store), [])
      await assertTells(store, events, [['click']])
      const late = events.slice(0, 30).map((event, i) => ({
        ...event,
        eventId: `${event.eventId.slice(0, 22)}LATE`,
        eventTimestamp: event.eventTimestamp + (i % 2 === 0 ? -DAY_MS : DAY_MS),
      }))
      await store.insertEvents(late)
      await assertTells(store, [...events, ...late], [['click']])
    },
  },
  {
    name: 'forgets the first times of erased people, whose ids are like new, and of nobody else',
    async run({ store }) {
      const at = (hours: number, ids: Partial<StoredEvent>, eventType = 'page_view') =>
        sampleEvent({ eventTimestamp: START + hours * 3_600_000, eventType, ...ids })
      const others = [at(0, { userId: 'ben', anonymousId: 'device' }), at(1, { anonymousId: 'anna' })]
      const annas = [at(-5, { anonymousId: 'device' }), at(-4, { userId: 'anna' }), at(-3, { userId: 'anna' }, 'click')]
      await store.insertEvents([...others, ...annas])
      await store.dropSealed(await store.sealDay('2026-01-15'))
      const before = await numbersOf(store, 'a:device', 'u:anna')
      await store.eraseSubject({ userIds: ['anna'], anonymousIds: ['device'] })
      const found = await firstSeen(store)
      assert.deepEqual(sorted(found), sorted(await expectedOf(store, others)))
      for (const number of before) assert.equal(found.has(number), false)
      const again = at(9, { userId: 'anna' })
      await store.insertEvents([again])
      await assertTells(store, [...others, again], [['click']])
    },
  },
  {
    name: 'forgets the first times of ids that it forgets, which keep no id alive',
    async run({ store }) {
      const gone = sampleEvent({ anonymousId: 'gone', sessionId: 'server', eventTimestamp: START - DAY_MS })
      const stays = [
        sampleEvent({ anonymousId: 'stays', eventTimestamp: START - DAY_MS }),
        sampleEvent({ anonymousId: 'stays', eventTimestamp: START }),
      ]
      await store.insertEvents([gone, ...stays])
      await store.dropSealed(await store.sealDay('2026-01-14'))
      await assertTells(store, [gone, ...stays])
      assert.deepEqual(await store.expireIdentities(Date.now() + DAY_MS), { rows: 1 })
      await assertTells(store, stays)
    },
  },
  {
    name: 'says that it has seen all of a new data set, until somebody takes that back',
    async run({ store, reopen }) {
      assert.equal(await store.firstSeen.isWhole(), true)
      await store.insertEvents(sampleEvents({ count: 5 }))
      assert.equal(await store.firstSeen.isWhole(), true)
      await removeRecord(store.records, FIRST_SEEN_RECORD)
      assert.equal(await store.firstSeen.isWhole(), false)
      await store.setup('auto')
      assert.equal(await store.firstSeen.isWhole(), false)
      if (reopen) assert.equal(await (await reopen()).firstSeen.isWhole(), false)
    },
  },
  {
    name: 'keeps first times over a reopening, and goes on with them',
    requires: 'durable',
    async run({ store, reopen }) {
      const events = sampleEvents({ count: 200 })
      await store.insertEvents(events.slice(60, 150))
      const again = await given(reopen, 'reopen')()
      assert.equal(await again.firstSeen.isWhole(), true)
      await assertTells(again, events.slice(60, 150), [['click']])
      await again.insertEvents(events)
      await assertTells(again, events, [['click']])
    },
  },
]
