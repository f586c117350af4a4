import assert from 'node:assert/strict'
import { EVENT_COLUMNS, type EventColumn, type StoredEvent } from '@analytics/protocol'
import { propertyValue } from '@analytics/protocol/filter'
import type { ContractCase } from '@analytics/protocol/testing'
import type { HotStore } from '../../store.js'
import { sampleEvent, sampleEvents } from '../sample-events.js'
import { ALWAYS, allEvents, assertSameEvents, byId, collect, type StoreContext, scanRows } from './support.js'

/** Reads page by page until there are no more. */
async function pagesOf(store: HotStore, order: 'asc' | 'desc', limit: number): Promise<StoredEvent[]> {
  const pages: StoredEvent[] = []
  for (;;) {
    const last = pages.at(-1)
    const after = last && { time: last.eventTimestamp, eventId: last.eventId }
    const page = await collect(store.readEvents({ ...ALWAYS, order, limit, ...(after ? { after } : {}) }))
    assert.ok(page.length <= limit, `${page.length} events where ${limit} were asked for`)
    if (page.length === 0) return pages
    pages.push(...page)
  }
}

/** More ends of streams than any pool has connections. */
const MANY = 30

/** What a store does when it is read. */
export const readCases: ContractCase<StoreContext>[] = [
  {
    name: 'scans in order of time, within [from, to), across days',
    async run({ store }) {
      const events = sampleEvents({ count: 3_000 })
      await store.insertEvents(events)
      const from = Date.UTC(2026, 0, 10, 18)
      const to = Date.UTC(2026, 0, 12, 3)
      const rows = await scanRows(store, { from, to })
      const times = rows.map(({ time }) => time)
      assert.deepEqual(
        times,
        events
          .map((event) => event.eventTimestamp)
          .filter((time) => time >= from && time < to)
          .sort((a, b) => a - b),
      )
    },
  },
  {
    name: 'returns the columns asked for: text, numbers, instants and properties of any type',
    async run({ store }) {
      const event = sampleEvent({ eventValue: 2.5, properties: { plan: 'pro', n: 3, ok: false, list: [1] } })
      await store.insertEvents([event])
      const expected = {
        eventType: 'page_view',
        eventValue: 2.5,
        country: null,
        eventTimestamp: event.eventTimestamp,
        'properties.plan': 'pro',
        'properties.n': 3,
        'properties.ok': false,
        'properties.list': null,
        'properties.none': null,
        // Neither is a single value: the first is a whole object, the others are no properties at all.
        properties: null,
        'properties.': null,
        'properties..a': null,
        unknown: null,
        event_type: null,
        person: null,
      }
      const [row] = await scanRows(store, { columns: Object.keys(expected) })
      assert.deepEqual(row!.columns, expected)
    },
  },
  {
    name: 'returns every column of an event in a scan as it was stored',
    async run({ store }) {
      const events = sampleEvents({ count: 60 }).map((event, i) =>
        i % 3 === 0
          ? event
          : {
              ...event,
              eventCategory: `category ${i}`,
              eventAction: 'act',
              eventLabel: '😀',
              referrerUrl: 'https://ref.example/',
              userAgent: 'agent',
              ipAddress: '192.0.2.0',
              deviceType: 'mobile',
              browser: 'Chrome',
              os: 'Android',
              country: 'DE',
              schemaVersion: i,
              receivedTimestamp: event.eventTimestamp + 1,
              processingTimestamp: event.eventTimestamp + 2,
            },
      )
      await store.insertEvents(events)
      const columns = [
        ...(Object.keys(EVENT_COLUMNS) as EventColumn[]),
        'properties.plan',
        'properties.amount',
        'properties.nested.deep',
        'properties.nested',
      ]
      const rows = await scanRows(store, { columns })
      const byEvent = new Map(rows.map((row) => [row.columns.eventId, row]))
      assert.equal(byEvent.size, events.length)
      for (const event of events) {
        const expected = Object.fromEntries(columns.map((column) => [column, propertyValue(event, column)]))
        assert.deepEqual(byEvent.get(event.eventId)!.columns, expected)
        assert.equal(byEvent.get(event.eventId)!.time, event.eventTimestamp)
      }
    },
  },
  {
    name: 'tells 32 matches apart, and returns no row that meets none',
    async run({ store }) {
      const events = sampleEvents({ count: 64 }).map((event, i) => ({ ...event, eventType: `type ${i % 40}` }))
      await store.insertEvents(events)
      const matches = Array.from({ length: 32 }, (_, i) => ({ eventTypes: [`type ${i}`] }))
      const rows = await scanRows(store, { matches, columns: ['eventType'] })
      assert.equal(rows.length, events.filter((_, i) => i % 40 < 32).length)
      for (const { columns, matches: bits } of rows) assert.equal(bits, 2 ** Number(String(columns.eventType).slice(5)))
      const [all] = await scanRows(store, { matches: Array(32).fill({}) })
      assert.equal(all!.matches, 2 ** 32 - 1)
      assert.deepEqual(await scanRows(store, { matches: [{ eventTypes: ['none'] }] }), [])
      assert.deepEqual(await scanRows(store, { matches: [{ eventTypes: [] }] }), [])
    },
  },
  {
    name: 'reads whole events in either order, page by page, without gap or repeat, also where times are equal',
    async run({ store }) {
      const events = sampleEvents({ count: 300, days: 4 }).map((event, i) => ({
        ...event,
        eventTimestamp: event.eventTimestamp - (event.eventTimestamp % 7_200_000) - (i % 3),
      }))
      await store.insertEvents(events)
      const sorted = [...events].sort((a, b) => a.eventTimestamp - b.eventTimestamp || byId(a, b))
      for (const limit of [70, 7, 300, 1000]) {
        assert.deepEqual(await pagesOf(store, 'asc', limit), sorted)
        assert.deepEqual(await pagesOf(store, 'desc', limit), [...sorted].reverse())
      }
      const few = sorted.slice(0, 12)
      const one = { ...ALWAYS, to: few.at(-1)!.eventTimestamp + 1 }
      for (const [i, { eventTimestamp: time, eventId }] of few.entries()) {
        const [next] = await collect(store.readEvents({ ...ALWAYS, limit: 1, after: { time, eventId } }))
        assert.deepEqual(next, sorted[i + 1])
        const earlier = await collect(store.readEvents({ ...one, order: 'desc', after: { time, eventId } }))
        assert.deepEqual(earlier, sorted.slice(0, i).reverse())
      }
      assert.deepEqual(await collect(store.readEvents({ ...ALWAYS, limit: 0 })), [])
    },
  },
  {
    name: 'reads pages of what a filter finds',
    async run({ store }) {
      const events = sampleEvents({ count: 200 })
      await store.insertEvents(events)
      const where = { property: 'properties.plan', op: 'eq', value: 'pro' } as const
      const expected = events
        .filter(({ properties }) => properties?.plan === 'pro')
        .sort((a, b) => b.eventTimestamp - a.eventTimestamp || byId(b, a))
      const first = await collect(store.readEvents({ ...ALWAYS, where, order: 'desc', limit: 11 }))
      assert.deepEqual(first, expected.slice(0, 11))
      const { eventTimestamp: time, eventId } = first.at(-1)!
      const rest = await collect(store.readEvents({ ...ALWAYS, where, order: 'desc', after: { time, eventId } }))
      assert.deepEqual(rest, expected.slice(11))
    },
  },
  {
    name: 'ends a read when the signal aborts, before it begins or while it streams, and works on',
    async run({ store }) {
      const events = sampleEvents({ count: 6_000, days: 2 })
      await store.insertEvents(events)
      const ended = AbortSignal.abort()
      await assert.rejects(scanRows(store, { signal: ended }))
      await assert.rejects(collect(store.readEvents({ ...ALWAYS, signal: ended })))
      const seal = await store.sealDay('2026-01-10')
      for (let i = 0; i < MANY; i++) {
        const controller = new AbortController()
        const { signal } = controller
        const streams = [
          store.scan({ ...ALWAYS, matches: [{}], signal }),
          store.readEvents({ ...ALWAYS, signal }),
          store.readSealed(seal, { signal }),
        ]
        const read = async () => {
          for await (const _batch of streams[i % 3]!) controller.abort(new Error('enough'))
        }
        await assert.rejects(read(), /enough/)
      }
      assertSameEvents(await allEvents(store), events)
      assert.deepEqual(await store.insertEvents(events.slice(0, 2)), ['duplicate', 'duplicate'])
    },
  },
  {
    name: 'frees what a read holds when its reader stops early or fails',
    async run({ store }) {
      await store.insertEvents(sampleEvents({ count: 3_000, days: 1 }))
      for (let i = 0; i < MANY; i++) {
        for await (const batch of store.scan({ ...ALWAYS, matches: [{}] })) if (batch.length > 0) break
        await assert.rejects(async () => {
          for await (const _events of store.readEvents(ALWAYS)) throw new Error('the reader failed')
        }, /the reader failed/)
      }
      assert.equal((await scanRows(store)).length, 3_000)
    },
  },
  {
    name: 'lets its reader call the store while it streams, and ends although rows are added',
    async run({ store }) {
      const events = sampleEvents({ count: 1_500, days: 3 })
      await store.insertEvents(events)
      const seen = new Set<string>()
      for await (const batch of store.readEvents(ALWAYS)) {
        for (const { eventId } of batch) seen.add(eventId)
        const added = sampleEvents({ count: 20, days: 3 })
        await store.insertEvents(added)
        assert.equal((await collect(store.readEvents({ ...ALWAYS, limit: 5 }))).length, 5)
      }
      for (const { eventId } of events) assert.ok(seen.has(eventId), 'every event that was there is read')
    },
  },
  {
    name: 'serves many readers at once',
    async run({ store }) {
      const events = sampleEvents({ count: 1_000 })
      await store.insertEvents(events)
      const reads = Array.from({ length: MANY }, (_, i) =>
        i % 2 === 0 ? scanRows(store).then((rows) => rows.length) : allEvents(store).then((all) => all.length),
      )
      assert.deepEqual(await Promise.all(reads), Array(MANY).fill(events.length))
    },
  },
]
