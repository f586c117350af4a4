import assert from 'node:assert/strict'
import type { StoredEvent } from '@analytics/protocol'
import { matchesEvent, matchesFilter } from '@analytics/protocol/filter'
import type { ContractCase } from '@analytics/protocol/testing'
import { sampleEvent, sampleEvents } from '../sample-events.js'
import { ALWAYS, byId, collect, SAMPLE_FILTERS, type StoreContext, scanRows } from './support.js'

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
    name: 'scans the same rows and bits as every filter evaluated event by event',
    async run({ store }) {
      const events = sampleEvents({ count: 400 })
      await store.insertEvents(events)
      for (const where of SAMPLE_FILTERS) {
        const rows = await scanRows(store, { where, columns: ['eventId'] })
        const expected = events.filter((event) => matchesFilter(event, where)).map(({ eventId }) => eventId)
        assert.deepEqual(rows.map(({ columns }) => columns.eventId).sort(), expected.sort(), JSON.stringify(where))
      }
      const matches = SAMPLE_FILTERS.slice(0, 20).map((where, i) =>
        i % 2 === 0 ? { where } : { where, eventTypes: ['click', 'signup'] },
      )
      const masks = new Map(
        (await scanRows(store, { matches, columns: ['eventId'] })).map((row) => [row.columns.eventId, row.matches]),
      )
      for (const event of events) {
        const mask = matches.reduce((bits, match, i) => (matchesEvent(event, match) ? bits | (1 << i) : bits), 0)
        assert.equal(masks.get(event.eventId) ?? 0, mask >>> 0)
      }
    },
  },
  {
    name: 'returns the columns asked for: text, numbers, instants and properties of any type',
    async run({ store }) {
      const event = sampleEvent({ eventValue: 2.5, properties: { plan: 'pro', n: 3, ok: false, list: [1] } })
      await store.insertEvents([event])
      const columns = [
        'eventType',
        'eventValue',
        'country',
        'eventTimestamp',
        'properties.plan',
        'properties.n',
        'properties.ok',
        'properties.list',
        'properties.none',
      ]
      const [row] = await scanRows(store, { columns })
      assert.deepEqual(Object.values(row!.columns), [
        'page_view',
        2.5,
        null,
        event.eventTimestamp,
        'pro',
        3,
        false,
        null,
        null,
      ])
    },
  },
  {
    name: 'reads whole events in either order, page by page, without gap or repeat',
    async run({ store }) {
      const events = sampleEvents({ count: 300, days: 4 }).map((event, i) => ({
        ...event,
        eventTimestamp: event.eventTimestamp - (i % 3),
      }))
      await store.insertEvents(events)
      const sorted = [...events].sort((a, b) => a.eventTimestamp - b.eventTimestamp || byId(a, b))
      for (const order of ['asc', 'desc'] as const) {
        const pages: StoredEvent[] = []
        for (;;) {
          const last = pages.at(-1)
          const after = last && { time: last.eventTimestamp, eventId: last.eventId }
          const page = await collect(store.readEvents({ ...ALWAYS, order, limit: 70, ...(after ? { after } : {}) }))
          if (page.length === 0) break
          pages.push(...page)
        }
        assert.deepEqual(pages, order === 'asc' ? sorted : sorted.reverse())
      }
    },
  },
  {
    name: 'ends a scan when the signal aborts',
    async run({ store }) {
      await store.insertEvents(sampleEvents({ count: 3_000 }))
      const ended = AbortSignal.abort()
      await assert.rejects(scanRows(store, { signal: ended }))
    },
  },
]
