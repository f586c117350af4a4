import assert from 'node:assert/strict'
import { DAY_MS, type StoredEvent } from '@analytics/protocol'
import type { ContractCase } from '@analytics/protocol/testing'
import { type StoredSession, sessionsOf } from '../../sessions/session.js'
import type { HotStore } from '../../store.js'
import { sampleEvent, sampleEvents } from '../sample-events.js'
import { ALWAYS, allSessions, collect, given, numbersOf, type StoreContext } from './support.js'

const START = Date.UTC(2026, 0, 15, 12)

/** The sessions that these events make by themselves, in the order of {@link allSessions}. */
async function expectedSessions(store: HotStore, events: readonly StoredEvent[]): Promise<StoredSession[]> {
  const sessions = sessionsOf(events, await store.personNumbers(events))
  return sessions.sort((a, b) => (a.sessionId < b.sessionId ? -1 : a.sessionId > b.sessionId ? 1 : a.person - b.person))
}

/** Events with everything that a session is made of. Values are sums of halves, so that their order changes no bit. */
function richEvents(count: number): StoredEvent[] {
  return sampleEvents({ count, people: 6 }).map((event, i) => ({
    ...event,
    eventType: ['page_view', 'click', 'page_view', 'purchase'][i % 4]!,
    pageUrl: i % 5 === 0 ? null : `https://shop.example/${i % 7}`,
    deviceType: ['mobile', 'desktop', null][i % 3]!,
    browser: i % 2 === 0 ? 'Chrome' : null,
    os: i % 4 === 0 ? 'Android' : null,
    country: i % 3 === 0 ? 'DE' : null,
    eventValue: i % 6 === 0 ? null : (i % 9) / 2,
    properties: i % 4 === 3 ? { $conversion: true } : i % 8 === 0 ? { $conversion: 'yes' } : null,
  }))
}

/** Sessions that the store keeps from events. */
export const sessionCases: ContractCase<StoreContext>[] = [
  {
    name: 'makes a session of the events of a visit: its time, pages, device, country, conversions and value',
    async run({ store }) {
      const visit = { sessionId: 'visit', anonymousId: 'visitor', country: 'DE', browser: 'Chrome' }
      const buys = { ...visit, eventType: 'purchase', properties: { $conversion: true } }
      await store.insertEvents([
        sampleEvent({
          ...visit,
          eventTimestamp: START + 1000,
          pageUrl: 'https://shop.example/a',
          deviceType: 'mobile',
        }),
        sampleEvent({ ...visit, eventTimestamp: START, eventType: 'session_start', deviceType: 'mobile', os: 'iOS' }),
        sampleEvent({ ...buys, eventTimestamp: START + 61_500, eventValue: 12.5 }),
        sampleEvent({ ...buys, eventTimestamp: START + 61_000, eventValue: null }),
        sampleEvent({ ...buys, eventTimestamp: START + 30_000, eventType: 'signup', eventValue: 1.25 }),
        sampleEvent({ ...visit, eventTimestamp: START + 62_000, eventType: 'purchase', eventValue: 99 }),
        sampleEvent({ ...visit, eventTimestamp: START + 50_000, pageUrl: 'https://shop.example/b' }),
        sampleEvent({ ...visit, eventTimestamp: START + 55_000, pageUrl: null }),
      ])
      const [person] = await numbersOf(store, 'a:visitor')
      const expected: StoredSession = {
        sessionId: 'visit',
        person: person!,
        userId: null,
        anonymousId: 'visitor',
        startedAt: START,
        endedAt: START + 62_000,
        eventCount: 8,
        pageCount: 3,
        entryPage: 'https://shop.example/a',
        entryAt: START + 1000,
        exitPage: 'https://shop.example/b',
        exitAt: START + 50_000,
        device: { deviceType: 'mobile', browser: 'Chrome', os: 'iOS' },
        geo: { country: 'DE' },
        conversions: { purchase: 2, signup: 1 },
        value: 13.75,
      }
      assert.deepEqual(await allSessions(store), [expected])
    },
  },
  {
    name: 'keeps a session for each id of a visitor who identifies on the way, and none for the events of servers',
    async run({ store }) {
      await store.insertEvents([
        sampleEvent({ sessionId: 'visit', anonymousId: 'device', eventTimestamp: START }),
        sampleEvent({ sessionId: 'visit', anonymousId: 'device', userId: 'anna', eventTimestamp: START + 1 }),
        sampleEvent({ sessionId: 'visit', userId: 'anna', eventTimestamp: START + 2 }),
        sampleEvent({ sessionId: 'server', userId: 'anna', eventTimestamp: START + 3 }),
        sampleEvent({ sessionId: 'Server', userId: 'anna', eventTimestamp: START + 4 }),
      ])
      const [device, anna] = await numbersOf(store, 'a:device', 'u:anna')
      const sessions = await collect(store.sessions.read(ALWAYS))
      assert.deepEqual(
        sessions.map(({ sessionId, person, userId, anonymousId, eventCount }) => [
          sessionId,
          person,
          userId,
          anonymousId,
          eventCount,
        ]),
        [
          ['visit', device, null, 'device', 1],
          ['visit', anna, 'anna', 'device', 2],
          ['Server', anna, 'anna', null, 1],
        ],
      )
    },
  },
  {
    name: 'ends in the same sessions, however events are split into batches and in whatever order they come',
    async run({ store }) {
      const events = richEvents(240)
      const expected = await expectedSessions(store, events)
      const shuffled = events.map((_, i) => events[(i * 77) % events.length]!)
      for (let i = 0; i < shuffled.length; ) {
        const size = 1 + ((i * 13) % 40)
        await store.insertEvents(shuffled.slice(i, i + size))
        i += size
      }
      assert.deepEqual(await allSessions(store), expected)
    },
  },
  {
    name: 'loses no event of a session that many batches add to at the same time',
    async run({ store }) {
      const events = richEvents(300).map((event, i) => ({ ...event, sessionId: `session ${i % 3}` }))
      const batches = Array.from({ length: 12 }, (_, i) => events.filter((_event, at) => at % 12 === i))
      await Promise.all(batches.map((batch) => store.insertEvents(batch)))
      assert.deepEqual(await allSessions(store), await expectedSessions(store, events))
    },
  },
  {
    name: 'loses no event of a session that two stores add to',
    requires: 'shared',
    async run({ store, another }) {
      const stores = [store, await given(another, 'another')()]
      const events = richEvents(300).map((event, i) => ({ ...event, sessionId: `session ${i % 3}` }))
      const batches = Array.from({ length: 12 }, (_, i) => events.filter((_event, at) => at % 12 === i))
      await Promise.all(batches.map((batch, i) => stores[i % 2]!.insertEvents(batch)))
      for (const one of stores) assert.deepEqual(await allSessions(one), await expectedSessions(one, events))
    },
  },
  {
    name: 'keeps names of conversions as they are, also those of JavaScript',
    async run({ store }) {
      const types = ['__proto__', 'constructor', 'toString', 'select', 'a.b', '😀 "quoted"', '0']
      const events = types.map((eventType, i) =>
        sampleEvent({ eventType, eventTimestamp: START + i, properties: { $conversion: true } }),
      )
      for (const event of events)
        await store.insertEvents([event, sampleEvent({ ...event, eventId: `${event.eventId.slice(0, 25)}!` })])
      const [session] = await allSessions(store)
      assert.deepEqual(Object.entries(session!.conversions).sort(), types.map((type) => [type, 2]).sort())
    },
  },
  {
    name: 'reads thousands of sessions page by page in order of their beginning, also where it is the same',
    async run({ store }) {
      const events = Array.from({ length: 4500 }, (_, i) =>
        sampleEvent({ sessionId: `s${i % 4100}`, anonymousId: `v${i % 50}`, eventTimestamp: START + (i % 3) * 1000 }),
      )
      await store.insertEvents(events)
      const pages: StoredSession[][] = []
      for await (const page of store.sessions.read({ from: START, to: START + 2001 })) pages.push([...page])
      const sessions = pages.flat()
      const started = sessions.map(({ startedAt }) => startedAt)
      assert.deepEqual(
        started,
        [...started].sort((a, b) => a - b),
      )
      assert.equal(new Set(sessions.map(({ sessionId, person }) => `${sessionId} ${person}`)).size, sessions.length)
      assert.deepEqual(await allSessions(store), await expectedSessions(store, events))
      assert.equal(sessions.length, (await allSessions(store)).length)
      const part = await collect(store.sessions.read({ from: START + 1000, to: START + 2000 }))
      assert.equal(part.length, started.filter((time) => time === START + 1000).length)
      assert.deepEqual(await collect(store.sessions.read({ from: START + 3000, to: START + 2000 })), [])
    },
  },
  {
    name: "reads the sessions of some people's numbers only",
    async run({ store }) {
      await store.insertEvents(sampleEvents({ count: 200, people: 20 }))
      const all = await allSessions(store)
      const numbers = [...new Set(all.map(({ person }) => person))].slice(0, 7)
      const some = await collect(store.sessions.read({ ...ALWAYS, people: numbers }))
      assert.equal(some.length, all.filter(({ person }) => numbers.includes(person)).length)
      assert.ok(some.every(({ person }) => numbers.includes(person)))
      assert.deepEqual(await collect(store.sessions.read({ ...ALWAYS, people: [] })), [])
      assert.deepEqual(await collect(store.sessions.read({ ...ALWAYS, people: [999_999] })), [])
      const many = Array.from({ length: 2500 }, (_, i) => i)
      assert.equal((await collect(store.sessions.read({ ...ALWAYS, people: many }))).length, all.length)
    },
  },
  {
    name: 'ends the read of sessions when its signal aborts, and works on',
    async run({ store }) {
      await store.insertEvents(
        Array.from({ length: 4100 }, (_, i) => sampleEvent({ sessionId: `s${i}`, eventTimestamp: START + i })),
      )
      await assert.rejects(collect(store.sessions.read({ ...ALWAYS, signal: AbortSignal.abort() })))
      assert.equal((await allSessions(store)).length, 4100)
    },
  },
  {
    name: 'deletes sessions that ended before an instant, and begins them anew with late events',
    async run({ store }) {
      const at = (days: number, sessionId: string) => sampleEvent({ sessionId, eventTimestamp: START + days * DAY_MS })
      await store.insertEvents([at(0, 'old'), at(1, 'long'), at(3, 'long'), at(2, 'edge'), at(5, 'new')])
      assert.deepEqual(await store.sessions.expire(START - 1), { rows: 0 })
      assert.deepEqual(await store.sessions.expire(START + 2 * DAY_MS), { rows: 1 })
      assert.deepEqual(await store.sessions.expire(START + 2 * DAY_MS), { rows: 0 })
      assert.deepEqual(
        (await allSessions(store)).map(({ sessionId }) => sessionId),
        ['edge', 'long', 'new'],
      )
      assert.deepEqual(await store.sessions.expire(START + 2 * DAY_MS + 1), { rows: 1 })
      await store.insertEvents([at(1, 'old')])
      const old = (await allSessions(store)).find(({ sessionId }) => sessionId === 'old')
      assert.deepEqual([old?.startedAt, old?.eventCount], [START + DAY_MS, 1])
    },
  },
  {
    name: 'keeps sessions as they are when their rows are sealed and dropped',
    async run({ store }) {
      const events = richEvents(90)
      await store.insertEvents(events)
      const before = await allSessions(store)
      const seal = await store.sealDay('2026-01-11')
      assert.deepEqual(await allSessions(store), before)
      await store.dropSealed(seal)
      assert.deepEqual(await allSessions(store), before)
    },
  },
  {
    name: 'keeps sessions over a reopening, and goes on with them',
    requires: 'durable',
    async run({ store, reopen }) {
      const events = richEvents(200)
      await store.insertEvents(events.slice(0, 120))
      const again = await given(reopen, 'reopen')()
      assert.deepEqual(await allSessions(again), await expectedSessions(again, events.slice(0, 120)))
      await again.insertEvents(events.slice(100))
      assert.deepEqual(await allSessions(again), await expectedSessions(again, events))
    },
  },
]
