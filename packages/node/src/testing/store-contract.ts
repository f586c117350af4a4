import assert from 'node:assert/strict'
import {
  DAY_MS,
  dayOf,
  dayStart,
  type EventBatch,
  type Filter,
  type ScanRequest,
  type StoredEvent,
} from '@analytics/protocol'
import { matchesEvent, matchesFilter } from '@analytics/protocol/filter'
import type { ContractCase } from '@analytics/protocol/testing'
import { brokenAuditLink } from '../records/audit.js'
import type { HotRead, HotStore, NumberedEvent } from '../store.js'
import { sampleEvent, sampleEvents } from './sample-events.js'

/** What a store's test gives the contract: an empty store, set up, and its end. */
export interface StoreContext {
  store: HotStore
  /** Closes the store and opens the same data again; only for stores that are durable. */
  reopen?: () => Promise<HotStore>
}

const ALWAYS = { from: 0, to: dayStart('2100-01-01') }

async function collect<Item>(batches: AsyncIterable<readonly Item[]>): Promise<Item[]> {
  const items: Item[] = []
  for await (const batch of batches) items.push(...batch)
  return items
}

type ScannedRow = { time: number; person: number; matches: number; columns: Record<string, unknown> }

async function scanRows(store: HotStore, request: Partial<ScanRequest> & HotRead = {}): Promise<ScannedRow[]> {
  const rows: ScannedRow[] = []
  for await (const batch of store.scan({ ...ALWAYS, matches: [{}], ...request })) rows.push(...batchRows(batch))
  return rows
}

function batchRows({ length, time, person, matches, columns }: EventBatch): ScannedRow[] {
  return Array.from({ length }, (_, i) => ({
    time: time[i]!,
    person: person[i]!,
    matches: matches[i]!,
    columns: Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, values[i]])),
  }))
}

const byId = (a: StoredEvent, b: StoredEvent) => (a.eventId < b.eventId ? -1 : 1)
const withoutPerson = ({ person: _person, ...event }: NumberedEvent): StoredEvent => event

/** Filters of every operator and type, over columns and properties. */
export const SAMPLE_FILTERS: readonly Filter[] = [
  { property: 'eventType', op: 'eq', value: 'click' },
  { property: 'eventType', op: 'neq', value: 'click' },
  { property: 'eventValue', op: 'gt', value: 10 },
  { property: 'eventValue', op: 'lte', value: 5.25 },
  { property: 'eventValue', op: 'notExists' },
  { property: 'eventValue', op: 'eq', value: '5' },
  { property: 'pageUrl', op: 'contains', value: '/p/' },
  { property: 'pageUrl', op: 'neq', value: 'x' },
  { property: 'userId', op: 'in', value: ['user-0', 'user-2', 7] },
  { property: 'userId', op: 'notIn', value: ['user-0'] },
  { property: 'eventTimestamp', op: 'gte', value: '2026-01-11T06:00:00.000Z' },
  { property: 'properties.plan', op: 'eq', value: 'pro' },
  { property: 'properties.plan', op: 'gt', value: 'g' },
  { property: 'properties.amount', op: 'gte', value: 25 },
  { property: 'properties.amount', op: 'eq', value: '4' },
  { property: 'properties.nested.deep', op: 'eq', value: true },
  { property: 'properties.nested', op: 'exists' },
  { property: 'properties.missing.deep', op: 'notExists' },
  { not: { property: 'properties.plan', op: 'eq', value: 'pro' } },
  { and: [] },
  { or: [] },
  {
    or: [
      { property: 'eventType', op: 'eq', value: 'signup' },
      { and: [{ property: 'properties.amount', op: 'lt', value: 10 }, { not: { property: 'userId', op: 'exists' } }] },
    ],
  },
]

const insertCases: ContractCase<StoreContext>[] = [
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
      const moved = {
        ...event,
        eventLabel: 'third',
        userId: 'someone',
        eventTimestamp: event.eventTimestamp + 3 * DAY_MS,
      }
      assert.deepEqual(await store.insertEvents([moved, sampleEvent()]), ['duplicate', 'inserted'])
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

const readCases: ContractCase<StoreContext>[] = [
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

const peopleCases: ContractCase<StoreContext>[] = [
  {
    name: 'numbers people densely, the same id always the same',
    async run({ store }) {
      await store.insertEvents([
        sampleEvent({ userId: 'u', anonymousId: 'a' }),
        sampleEvent({ anonymousId: 'a' }),
        sampleEvent({ userId: 'u' }),
      ])
      const [user, visitor, stranger] = await store.personNumbers([
        { userId: 'u', anonymousId: 'a' },
        { userId: null, anonymousId: 'a' },
        { userId: null, anonymousId: 'u' },
      ])
      const numbers = (await scanRows(store)).map(({ person }) => person).sort()
      assert.deepEqual(numbers, [user, user, visitor].sort())
      assert.equal(new Set([user, visitor, stranger]).size, 3)
      assert.ok((await store.people()).count >= 3)
    },
  },
  {
    name: "makes an anonymous visitor's number the user's, past events included, and keeps the first owner",
    async run({ store }) {
      await store.insertEvents([sampleEvent({ anonymousId: 'device' })])
      await store.linkIdentities([{ anonymousId: 'device', userId: 'anna' }])
      await store.linkIdentities([
        { anonymousId: 'device', userId: 'ben' },
        { anonymousId: 'phone', userId: 'anna' },
      ])
      const [device, anna, ben, phone] = await store.personNumbers([
        { userId: null, anonymousId: 'device' },
        { userId: 'anna', anonymousId: null },
        { userId: 'ben', anonymousId: null },
        { userId: null, anonymousId: 'phone' },
      ])
      const { canonical } = await store.people()
      assert.equal(canonical[device!], anna)
      assert.equal(canonical[phone!], anna)
      assert.equal(canonical[ben!], ben)
      assert.deepEqual(await store.anonymousIdsOf('anna'), ['device', 'phone'])
      assert.deepEqual(await store.anonymousIdsOf('ben'), [])
    },
  },
]

const tierCases: ContractCase<StoreContext>[] = [
  {
    name: 'lists days with their rows, without those of given seals',
    async run({ store }) {
      await store.insertEvents(sampleEvents({ count: 90, days: 3 }))
      const days = await store.listDays()
      assert.deepEqual(
        days.map(({ day }) => day),
        ['2026-01-10', '2026-01-11', '2026-01-12'],
      )
      assert.equal(
        days.reduce((sum, { rows }) => sum + rows, 0),
        90,
      )
      const seal = await store.sealDay('2026-01-11')
      assert.deepEqual(
        (await store.listDays({ except: [seal] })).map(({ day }) => day),
        ['2026-01-10', '2026-01-12'],
      )
    },
  },
  {
    name: 'seals what a day has; later arrivals are outside the seal and survive its drop',
    async run({ store }) {
      const events = sampleEvents({ count: 90, days: 3 })
      await store.insertEvents(events)
      const seal = await store.sealDay('2026-01-11')
      const late = sampleEvent({ eventTimestamp: Date.UTC(2026, 0, 11, 5), eventLabel: 'late' })
      await store.insertEvents([late])
      assert.deepEqual(await store.sealDay('2026-01-11'), seal)

      const sealed = (await collect(store.readSealed(seal))).map(withoutPerson)
      const expected = events.filter((event) => dayOf(event.eventTimestamp) === '2026-01-11')
      assert.equal(seal.rows, expected.length)
      assert.deepEqual(sealed.sort(byId), expected.sort(byId))
      assert.equal((await scanRows(store)).length, 91, 'sealed rows stay readable')
      assert.equal((await scanRows(store, { except: [seal] })).length, 91 - expected.length)

      assert.equal((await store.dropSealed(seal)).rows, expected.length)
      assert.equal((await store.dropSealed(seal)).rows, 0)
      const left = await collect(store.readEvents({ from: dayStart('2026-01-11'), to: dayStart('2026-01-12') }))
      assert.deepEqual(left, [late])
      assert.notEqual((await store.sealDay('2026-01-11')).id, seal.id)
    },
  },
  {
    name: 'reads sealed rows with the numbers of their people',
    async run({ store }) {
      await store.insertEvents([sampleEvent({ userId: 'u' })])
      const [row] = await collect(store.readSealed(await store.sealDay('2026-01-15')))
      assert.equal(row!.person, (await store.personNumbers([{ userId: 'u', anonymousId: null }]))[0])
    },
  },
  {
    name: 'changes records by compare-and-set',
    async run({ store: { records } }) {
      assert.equal(await records.put('tier', '2026-01-01', { tierName: 'cold', n: 1 }, 0), 1)
      assert.equal(await records.put('tier', '2026-01-01', { n: 2 }, 0), undefined)
      assert.equal(await records.put('tier', '2026-01-01', { n: 2 }, 1), 2)
      assert.equal(await records.put('tier', '2026-01-01', { n: 3 }, 1), undefined)
      assert.deepEqual(await records.get('tier', '2026-01-01'), { key: '2026-01-01', version: 2, value: { n: 2 } })
      await records.put('tier', '2026-01-02', {}, 0)
      await records.put('tier', '2025-12-31', {}, 0)
      const keys = async (options: Parameters<typeof records.list>[1]) =>
        (await records.list('tier', options)).map(({ key }) => key)
      assert.deepEqual(await keys({}), ['2025-12-31', '2026-01-01', '2026-01-02'])
      assert.deepEqual(await keys({ prefix: '2026', after: '2026-01-01' }), ['2026-01-02'])
      assert.deepEqual(await keys({ limit: 1 }), ['2025-12-31'])
      assert.equal(await records.delete('tier', '2026-01-01', 1), false)
      assert.equal(await records.delete('tier', '2026-01-01', 2), true)
      assert.equal(await records.get('tier', '2026-01-01'), undefined)
    },
  },
  {
    name: 'lets one of many contenders win a record',
    async run({ store: { records } }) {
      const tries = await Promise.all(Array.from({ length: 8 }, (_, i) => records.put('meta', 'contended', { i }, 0)))
      assert.equal(tries.filter((version) => version !== undefined).length, 1)
    },
  },
  {
    name: 'gives a lease to one owner at a time, renews it, and raises its epoch with each new owner',
    async run({ store }) {
      const first = await store.acquireLease('work', { owner: 'a', ttlMs: 60_000 })
      assert.equal(first?.epoch, 1)
      assert.equal(await store.acquireLease('work', { owner: 'b', ttlMs: 60_000 }), undefined)
      assert.equal((await store.acquireLease('work', { owner: 'a', ttlMs: 60_000 }))?.epoch, 1)
      await store.releaseLease(first!)
      const second = await store.acquireLease('work', { owner: 'b', ttlMs: 60_000 })
      assert.equal(second?.epoch, 2)
      await store.releaseLease(first!)
      assert.equal(await store.acquireLease('work', { owner: 'a', ttlMs: 60_000 }), undefined)
    },
  },
  {
    name: 'keeps an audit chain that verifies',
    async run({ store }) {
      await store.audit({ action: 'move', target: '2026-01-01', details: { rows: 3 } })
      await Promise.all([
        store.audit({ action: 'move', target: '2026-01-02' }),
        store.audit({ action: 'move', target: '2026-01-03' }),
      ])
      assert.equal((await store.records.list('audit')).length, 3)
      assert.equal(await brokenAuditLink(store.records), undefined)
      const second = (await store.records.list<{ target: string }>('audit'))[1]!
      await store.records.put('audit', second.key, { ...second.value, target: 'forged' }, second.version)
      assert.equal(await brokenAuditLink(store.records), 2)
    },
  },
  {
    name: 'keeps everything over a reopening',
    requires: 'durable',
    async run({ store, reopen }) {
      const events = sampleEvents({ count: 200 })
      await store.insertEvents(events)
      await store.linkIdentities([{ anonymousId: 'visitor-1', userId: 'late-user' }])
      const seal = await store.sealDay('2026-01-10')
      const before = {
        dictionary: await store.dictionaryId(),
        people: await store.people(),
        rows: await scanRows(store),
      }
      const again = await reopen!()
      assert.equal(await again.dictionaryId(), before.dictionary)
      assert.deepEqual(await again.people(), before.people)
      assert.deepEqual(await scanRows(again), before.rows)
      assert.deepEqual(await again.sealDay('2026-01-10'), seal)
      assert.deepEqual(await again.insertEvents(events.slice(0, 5)), Array(5).fill('duplicate'))
    },
  },
  {
    name: 'never takes late arrivals into a dropped seal, also after a reopening',
    requires: 'durable',
    async run({ store, reopen }) {
      await store.insertEvents([sampleEvent({ eventTimestamp: Date.UTC(2026, 0, 10) })])
      const seal = await store.sealDay('2026-01-10')
      await store.dropSealed(seal)
      const again = await reopen!()
      await again.insertEvents([sampleEvent({ eventTimestamp: Date.UTC(2026, 0, 10, 1) })])
      assert.equal((await again.dropSealed(seal)).rows, 0)
      assert.equal((await scanRows(again, { except: [seal] })).length, 1)
    },
  },
]

/** What every hot store does. Each case gets a fresh store; `requires` names a capability. */
export const storeContract: readonly ContractCase<StoreContext>[] = [
  ...insertCases,
  ...readCases,
  ...peopleCases,
  ...tierCases,
]
