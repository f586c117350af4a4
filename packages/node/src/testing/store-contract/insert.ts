import assert from 'node:assert/strict'
import { DAY_MS } from '@analytics/protocol'
import type { ContractCase } from '@analytics/protocol/testing'
import { sampleEvent, sampleEvents } from '../sample-events.js'
import { ALWAYS, byId, collect, type StoreContext } from './support.js'

/** What a store does when events are inserted. */
export const insertCases: ContractCase<StoreContext>[] = [
  {
    name: 'keeps every column of an event as it was',
    async run({ store }) {
      const event = sampleEvent({
        eventCategory: 'cat',
        eventAction: 'act',
        eventLabel: 'Größe 😀 "quoted" \\ and \n lines',
        eventValue: 0.1 + 0.2,
        userId: 'user',
        anonymousId: 'anon',
        pageUrl: 'https://shop.example/ü?select=1',
        referrerUrl: 'https://ref.example/',
        userAgent: 'agent',
        ipAddress: '192.0.2.0',
        deviceType: 'mobile',
        browser: 'Chrome',
        os: 'Android',
        country: 'DE',
        properties: {
          select: 'from',
          empty: '',
          list: [1, 'two', null, { three: 3 }],
          nested: { 'a.b': 1 },
          big: 'x'.repeat(20_000),
        },
        schemaVersion: 3,
        eventTimestamp: Date.UTC(2026, 2, 29, 1, 30, 0, 123),
        receivedTimestamp: Date.UTC(2026, 2, 29, 1, 30, 5, 7),
        processingTimestamp: Date.UTC(2026, 2, 29, 1, 30, 5, 9),
      })
      await store.insertEvents([event])
      assert.deepEqual(await collect(store.readEvents(ALWAYS)), [event])
    },
  },
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
      assert.equal(
        (await collect(store.readEvents(ALWAYS))).filter(({ eventLabel }) => eventLabel === 'first').length,
        1,
      )
    },
  },
  {
    name: 'stores an event once, however many insert it at the same time',
    async run({ store }) {
      const events = sampleEvents({ count: 50 })
      const outcomes = await Promise.all(Array.from({ length: 8 }, () => store.insertEvents(events)))
      assert.equal(outcomes.flat().filter((outcome) => outcome === 'inserted').length, events.length)
      assert.equal((await collect(store.readEvents(ALWAYS))).length, events.length)
    },
  },
  {
    name: 'takes an empty batch and one larger than its chunks',
    async run({ store }) {
      assert.deepEqual(await store.insertEvents([]), [])
      const events = sampleEvents({ count: 5_000 })
      await store.insertEvents(events)
      assert.deepEqual((await collect(store.readEvents(ALWAYS))).sort(byId), [...events].sort(byId))
    },
  },
]
