import assert from 'node:assert/strict'
import type { EventMatch, Filter, FilterOperator, Json, JsonObject, StoredEvent } from '@analytics/protocol'
import { compareText, matchesEvent, matchesFilter } from '@analytics/protocol/filter'
import type { ContractCase } from '@analytics/protocol/testing'
import type { HotStore } from '../../store.js'
import { sampleEvent, sampleEvents } from '../sample-events.js'
import { SAMPLE_FILTERS } from './sample-filters.js'
import { ALWAYS, collect, type StoreContext, scanRows } from './support.js'

/** As many as one scan tells apart. */
const MATCHES = 32

const COMPARISONS = ['eq', 'neq', 'gt', 'gte', 'lt', 'lte', 'contains'] as const
const LISTS = ['in', 'notIn'] as const

const LONG = `${'long '.repeat(1000)}end`

/** Single values of every type, among them those that databases take for each other. */
const SCALARS: readonly (string | number | boolean)[] = [
  '',
  ' ',
  'a',
  'A',
  'b',
  'é',
  'e\u0301',
  '\uffff',
  '😀',
  '5',
  '05',
  'true',
  'null',
  '50%',
  'a_b',
  LONG,
  5,
  -1,
  0,
  0.1 + 0.2,
  2 ** 53,
  true,
  false,
]

/** What a property may be besides. */
const OTHERS: readonly Json[] = [null, [], ['a'], [5, 'a'], {}, { p: 'a' }, { 0: 'a' }, [{ p: 'a' }], [[{ p: 5 }]]]

/** Every comparison of a property with a value of every type. */
function comparisonsOf(property: string, values: readonly Json[] = SCALARS): Filter[] {
  return [
    { property, op: 'exists' },
    { property, op: 'notExists' },
    ...values.flatMap((value) => COMPARISONS.map((op): Filter => ({ property, op, value }))),
    ...LISTS.flatMap((op): Filter[] => [
      { property, op, value: [] },
      { property, op, value: [null, 'none'] },
      { property, op, value: values.filter((_, i) => i % 2 === 0) },
      { property, op, value: values.filter((_, i) => i % 3 === 0) },
    ]),
    // What makes no sense matches what its meaning says, on every store.
    ...(['eq', 'neq', 'gt', 'contains', 'in', 'notIn'] as const).flatMap((op): Filter[] => [
      { property, op },
      { property, op, value: null },
      { property, op, value: { p: 'a' } },
    ]),
  ]
}

/** Asserts that a scan tells for every event and match what the evaluation of the event itself does. */
async function assertMatches(
  store: HotStore,
  events: readonly StoredEvent[],
  matches: readonly EventMatch[],
): Promise<void> {
  for (let i = 0; i < matches.length; i += MATCHES) {
    const some = matches.slice(i, i + MATCHES)
    const rows = await scanRows(store, { matches: some, columns: ['eventId'] })
    const masks = new Map(rows.map(({ columns, matches: bits }) => [columns.eventId, bits]))
    assert.equal(masks.size, rows.length, 'each event at most once')
    for (const event of events) {
      const bits = masks.get(event.eventId) ?? 0
      for (const [bit, match] of some.entries()) {
        const found = Math.floor(bits / 2 ** bit) % 2 === 1
        if (found !== matchesEvent(event, match)) assert.fail(`${shortened(match)} finds ${found}: ${shortened(event)}`)
      }
    }
  }
}

const shortened = (value: unknown): string => JSON.stringify(value).replaceAll(LONG, '<long>').slice(0, 900)

const matching = (filters: readonly Filter[]): EventMatch[] => filters.map((where) => ({ where }))

/** What a store does with filters: exactly what their evaluation event by event says. */
export const filterCases: ContractCase<StoreContext>[] = [
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
      await assertMatches(
        store,
        events,
        SAMPLE_FILTERS.map((where, i) => (i % 2 === 0 ? { where } : { where, eventTypes: ['click', 'signup'] })),
      )
      await assertMatches(store, events, [{}, { eventTypes: [] }, { eventTypes: ['none'] }, { eventTypes: ['click'] }])
    },
  },
  {
    name: 'compares a property of every type with every type, at the top, within objects and lists',
    async run({ store }) {
      const values = [...SCALARS, ...OTHERS]
      const events = values.map((p) =>
        sampleEvent({ properties: { p, in: { p }, list: [p, { p }], lists: [[{ p }]] } }),
      )
      events.push(sampleEvent({ properties: { other: 1 } }), sampleEvent({ properties: null }))
      await store.insertEvents(events)
      const paths = [
        'p',
        'in.p',
        'list',
        'list.p',
        'list.0',
        'list.1.p',
        'lists.0.0.p',
        'p.p',
        'p.0',
        'p.p.p',
        'none.p',
      ]
      for (const path of paths) {
        const isPlain = path === 'p' || path === 'in.p'
        const filters = comparisonsOf(`properties.${path}`, isPlain ? SCALARS : ['a', 5, '5', true])
        await assertMatches(store, events, matching(filters))
      }
    },
  },
  {
    name: 'compares numbers of properties however large they are',
    requires: 'wideValues',
    async run({ store }) {
      const numbers = [1e300, -1e300, 1e126, 1.7976931348623157e308, 5]
      const events = numbers.map((p) => sampleEvent({ properties: { p } }))
      await store.insertEvents(events)
      await assertMatches(store, events, matching(comparisonsOf('properties.p', numbers)))
    },
  },
  {
    name: 'compares columns of text, numbers and instants with every type',
    async run({ store }) {
      const start = Date.UTC(2026, 0, 15)
      const texts = SCALARS.filter((one): one is string => typeof one === 'string' && one.length > 0 && one !== LONG)
      const numbers = SCALARS.filter((one) => typeof one === 'number')
      const events = [...texts, null].map((text, i) =>
        sampleEvent({
          eventLabel: text,
          userId: text === null || i % 3 === 0 ? null : text,
          eventValue: i % 4 === 3 ? null : numbers[i % numbers.length]!,
          schemaVersion: 1 + (i % 6),
          country: i % 2 === 0 ? 'DE' : null,
          eventTimestamp: start + i * 3_600_000,
          receivedTimestamp: start + i,
        }),
      )
      await store.insertEvents(events)
      for (const column of ['eventLabel', 'userId', 'eventValue', 'schemaVersion', 'country', 'properties', 'person'])
        await assertMatches(store, events, matching(comparisonsOf(column, [...texts, ...numbers, true, 'DE', 3, 2.5])))
      const instants = [
        start,
        start + 3_600_000,
        start + 1.5,
        '2026-01-15T01:00:00.000Z',
        '2026-01-15',
        'no instant',
        true,
      ]
      for (const column of ['eventTimestamp', 'receivedTimestamp'])
        await assertMatches(store, events, matching(comparisonsOf(column, instants)))
    },
  },
  {
    name: 'never steps into lists, whatever the key, and reaches keys that look like places in a list',
    async run({ store }) {
      const list = [{ x: 'a', 0: 'b' }, 'c', ['d']]
      const keys = { 0: 'a', 1: { 0: 'b' }, '-1': 'c', '-': 'd', '01': 'e', '1e0': 'f', length: 'g' }
      const events = [
        sampleEvent({ properties: { list, keys, x: 'a', 0: 'top' } }),
        sampleEvent({ properties: { list: keys, keys: list, x: list } }),
        sampleEvent({ properties: { list: [list], keys: [keys], 0: [0] } }),
      ]
      await store.insertEvents(events)
      const names = ['x', '0', '1', '2', '-1', '-', '01', '1e0', 'length', '0.0', '1.0', '0.x', '2.0', '0.0.x']
      const paths = ['list', 'keys', 'x'].flatMap((first) => names.map((name) => `${first}.${name}`))
      const filters = ['0', '0.0', ...paths].flatMap((path): Filter[] => [
        { property: `properties.${path}`, op: 'exists' },
        { property: `properties.${path}`, op: 'in', value: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 3, 'top', 0] },
        { property: `properties.${path}`, op: 'neq', value: 'a' },
      ])
      await assertMatches(store, events, matching(filters))
    },
  },
  {
    name: 'tells missing from null and both from empty text, and says what NOT says',
    async run({ store }) {
      const events = [{ p: null }, {}, { p: '' }, { p: 0 }, { p: false }, { p: [] }, null].map((properties) =>
        sampleEvent({ properties: properties as JsonObject | null }),
      )
      await store.insertEvents(events)
      const operators: FilterOperator[] = ['eq', 'neq', 'gt', 'lte', 'contains', 'exists', 'notExists', 'in', 'notIn']
      const filters = operators.flatMap((op) =>
        ['', 0, false].map((value): Filter => {
          const isList = op === 'in' || op === 'notIn'
          return { property: 'properties.p', op, value: isList ? [value] : value }
        }),
      )
      await assertMatches(store, events, matching(filters))
      await assertMatches(
        store,
        events,
        filters.map((filter) => ({ where: { not: filter } })),
      )
      await assertMatches(
        store,
        events,
        filters.map((filter) => ({ where: { not: { and: [{ not: filter }, { or: [filter, { and: [] }] }] } } })),
      )
    },
  },
  {
    name: 'finds one of 2,500 values, of text, of numbers and of both',
    async run({ store }) {
      const events = sampleEvents({ count: 120 })
      await store.insertEvents(events)
      const labels = Array.from({ length: 2500 }, (_, i) => `user-${i * 2}`)
      const numbers = Array.from({ length: 2500 }, (_, i) => i / 4)
      const filters: Filter[] = [
        { property: 'userId', op: 'in', value: labels },
        { property: 'userId', op: 'notIn', value: labels.slice(1) },
        { property: 'eventValue', op: 'in', value: numbers },
        { property: 'properties.amount', op: 'notIn', value: numbers.slice(20) },
        { property: 'properties.plan', op: 'in', value: [...labels, 'pro', ...numbers] },
      ]
      for (const where of filters) await assertMatches(store, events, [{ where }, { where: { not: where } }])
      const ids = events.map(({ eventId }) => eventId)
      const many: Filter = { property: 'eventId', op: 'in', value: [...labels, ...ids.slice(0, 60)] }
      assert.equal((await collect(store.readEvents({ ...ALWAYS, where: many }))).length, 60)
    },
  },
  {
    name: 'takes what means something to LIKE for what it is, and looks into long text',
    async run({ store }) {
      const texts = [
        '100%',
        '100',
        'a_b',
        'axb',
        '[a]',
        '\\',
        '%',
        'ABC',
        'abc',
        'x'.repeat(5000),
        `${LONG}%_`,
        'ä',
        'Ä',
      ]
      const events = texts.map((text, i) =>
        sampleEvent({
          eventLabel: text.slice(0, 200),
          pageUrl: text.slice(0, 2048),
          eventValue: i,
          properties: { text },
        }),
      )
      await store.insertEvents(events)
      const parts = [
        '%',
        '_',
        '0%',
        'a_',
        '[',
        '\\',
        'b',
        'B',
        'end',
        'end%_',
        'x'.repeat(4500),
        LONG,
        '',
        'ä',
        'Ä',
        'a\u0308',
      ]
      const filters = ['eventLabel', 'pageUrl', 'properties.text', 'properties.none', 'eventValue'].flatMap(
        (property) => parts.map((value): Filter => ({ property, op: 'contains', value })),
      )
      await assertMatches(store, events, matching(filters))
      const long = ['eq', 'neq', 'gt', 'gte', 'lt', 'lte'] as const
      await assertMatches(
        store,
        events,
        long.flatMap((op) => [
          { where: { property: 'properties.text', op, value: LONG } },
          { where: { property: 'properties.text', op, value: `${'x'.repeat(4999)}y` } },
        ]),
      )
    },
  },
  {
    name: 'orders text by code point, whatever language the database sorts by',
    async run({ store }) {
      const texts = [
        'Z',
        'a',
        'B',
        'z',
        'ä',
        'é',
        'ß',
        '_',
        '-',
        ' ',
        '!',
        '~',
        'ab',
        'a b',
        'a-b',
        '10',
        '9',
        '\u3042',
      ]
      texts.push('\ue000', '\uffff', '\u{1f600}', '\u{10000}', '\u{10ffff}', 'É', 'e\u0301', 'E', 'İ', 'ı')
      const events = texts.map((text) => sampleEvent({ eventLabel: text, userId: text, properties: { text } }))
      await store.insertEvents(events)
      for (const property of ['eventLabel', 'userId', 'properties.text']) {
        const filters = texts.flatMap((value): Filter[] => [
          { property, op: 'gt', value },
          { property, op: 'lte', value },
        ])
        await assertMatches(store, events, matching(filters))
      }
      const sorted = [...texts].sort(compareText)
      for (const [i, value] of sorted.entries()) {
        const where: Filter = { property: 'eventLabel', op: 'lt', value }
        assert.equal((await scanRows(store, { where })).length, i, value)
      }
    },
  },
  {
    name: 'takes filters that are nested deeply or joined widely',
    async run({ store }) {
      const events = sampleEvents({ count: 60 })
      await store.insertEvents(events)
      let deep: Filter = { property: 'properties.plan', op: 'eq', value: 'pro' }
      for (let i = 0; i < 40; i++)
        deep =
          i % 2 === 0
            ? { not: { and: [deep, { property: 'userId', op: 'exists' }] } }
            : { or: [deep, { and: [deep] }].slice(i % 3) }
      const wide: Filter = {
        or: Array.from({ length: 300 }, (_, i): Filter => ({ property: `properties.p${i}`, op: 'eq', value: i })),
      }
      const amounts = Array.from(
        { length: 20 },
        (_, i): Filter => ({ property: 'properties.amount', op: 'eq', value: i }),
      )
      await assertMatches(
        store,
        events,
        matching([deep, wide, { not: wide }, { or: amounts }, { not: { or: amounts } }]),
      )
    },
  },
]
