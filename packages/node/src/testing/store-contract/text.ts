import assert from 'node:assert/strict'
import { COLUMN_LENGTHS, type Filter, type JsonObject, LIMITS, type StoredEvent } from '@analytics/protocol'
import type { ContractCase } from '@analytics/protocol/testing'
import { sampleEvent } from '../sample-events.js'
import { ALWAYS, allEvents, allSessions, collect, numbersOf, type StoreContext } from './support.js'

/** Columns of text that may hold any, with the number of characters that each takes. */
const { eventId: _, ipAddress: _ip, country: _country, ...TEXT_COLUMNS } = COLUMN_LENGTHS

/** An event that has the same text in every column of text, as much of it as each takes. */
function eventOfText(text: (length: number) => string): StoredEvent {
  const columns = Object.entries(TEXT_COLUMNS).map(([column, length]) => [column, text(length)] as const)
  return sampleEvent(Object.fromEntries(columns) as Partial<StoredEvent>)
}

/** So many characters of three bytes are 4,000 bytes. */
const WIDE_CHARACTERS = 1332

/** Text that would mean something to SQL, JSON, a driver or a file, were it not bound. */
const HOSTILE = [
  `it's`,
  `'; DROP TABLE pf_user_events; --`,
  'a "quoted" b',
  'back\\slash \\n \\u0041 \\',
  ':name :1 $1 $x ? ?? @p %s {0}',
  '-- comment /* and */ another',
  '50% _ * [a] ^$',
  'line\nbreak\r\ttab',
  ' leading and trailing ',
  `q'[x]' N'x' $$x$$ E'\\x'`,
  'NULL',
  '\u0001\u001f\u007f',
  '[1,2]',
  '{"a":1}',
  'null',
]

const UNICODE = [
  'Größe',
  '漢字かな交じり文',
  '😀👩‍👩‍👧‍👦🏳️‍🌈',
  '\u{10ffff}\u{1f4a9}',
  'e\u0301 n\u0303',
  'é ñ',
  'עִבְרִית العربية',
  '\u202ereversed\u202c',
  'ﬀ ǆ ß ẞ İ ı',
  'a\ufeffmark\uffff\ue000',
  '\u2028\u2029\u00a0\u200b',
]

async function assertKept({ store }: StoreContext, events: readonly StoredEvent[]): Promise<void> {
  const inOrder = events.map((event, i) => ({ ...event, eventTimestamp: event.eventTimestamp + i }))
  await store.insertEvents(inOrder)
  assert.deepEqual(await allEvents(store), inOrder)
}

/** Asserts that a filter on each of these properties finds its event and no other. */
async function assertFound({ store }: StoreContext, filters: readonly Filter[]): Promise<void> {
  for (const where of filters) {
    const found = await collect(store.readEvents({ ...ALWAYS, where }))
    assert.equal(found.length, 1, JSON.stringify(where))
  }
}

/** What a store does with text of every kind, in columns, names and values. */
export const textCases: ContractCase<StoreContext>[] = [
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
      assert.deepEqual(await allEvents(store), [event])
    },
  },
  {
    name: 'returns null for what is absent, in every column that may be absent',
    async run({ store }) {
      const event = sampleEvent()
      await store.insertEvents([event])
      const [kept] = await allEvents(store)
      assert.deepEqual(kept, event)
      for (const [column, value] of Object.entries(kept!)) assert.notEqual(value, '', column)
      assert.equal(Object.values(kept!).filter((value) => value === null).length, 14)
    },
  },
  {
    name: 'keeps text that fills its column, of letters, of characters of three bytes and of pairs',
    async run(context) {
      const texts = [
        (length: number) => 'x'.repeat(length),
        (length: number) => '漢'.repeat(Math.min(length, WIDE_CHARACTERS)),
        (length: number) => '😀'.repeat(Math.min(length, WIDE_CHARACTERS) / 2),
      ]
      await assertKept(context, texts.map(eventOfText))
      const sessions = await allSessions(context.store)
      assert.deepEqual(sessions.map(({ sessionId }) => sessionId.length).sort(), [64, 64, 64])
      const longId = 'x'.repeat(LIMITS.userId)
      assert.equal(await context.store.ownerOf(longId), longId, 'ids at their limit are linked')
      await assertFound(context, [{ property: 'userId', op: 'eq', value: longId }])
    },
  },
  {
    name: 'keeps addresses of 2,048 characters that take three bytes each',
    requires: 'wideValues',
    async run(context) {
      await assertKept(context, [
        eventOfText((length) => '漢'.repeat(length)),
        eventOfText((length) => '😀'.repeat(length / 2)),
      ])
    },
  },
  {
    name: 'keeps text in columns that means something to SQL, JSON or a driver, and finds it',
    async run(context) {
      const fit = (text: string) => (length: number) => text.slice(0, length)
      await assertKept(
        context,
        HOSTILE.map((text) => eventOfText(fit(text))),
      )
      await assertFound(
        context,
        HOSTILE.map((text) => ({ property: 'eventLabel', op: 'eq', value: text })),
      )
      await assertFound(
        context,
        HOSTILE.map((text) => ({ property: 'userId', op: 'in', value: [text] })),
      )
    },
  },
  {
    name: 'keeps text of every script as it is written, neither normalized nor folded',
    async run(context) {
      await assertKept(
        context,
        UNICODE.map((text) => eventOfText(() => text)),
      )
      await assertFound(
        context,
        UNICODE.map((text) => ({ property: 'pageUrl', op: 'eq', value: text })),
      )
      const alike = ['u:é', 'u:e\u0301', 'u:É', 'u:user', 'u:User', 'u:user ', 'u: user', 'u:ｕｓｅｒ', 'u:u\u200bser']
      assert.equal(new Set(await numbersOf(context.store, ...alike)).size, alike.length, 'ids that only look alike')
    },
  },
  {
    name: 'keeps names and values of properties that mean something to SQL, JSON or a driver, and finds them',
    async run(context) {
      const names = [...HOSTILE, ...UNICODE].filter((name) => !name.includes('.'))
      const events = names.map((name) => sampleEvent({ properties: { [name]: name, beside: { [name]: [name] } } }))
      await assertKept(context, events)
      await assertFound(
        context,
        names.map((name) => ({ property: `properties.${name}`, op: 'eq', value: name })),
      )
      await assertFound(
        context,
        names.map((name) => ({ property: `properties.beside.${name}`, op: 'exists' })),
      )
    },
  },
  {
    name: 'takes any name of a property, also words of SQL, paths, numbers and names of JavaScript',
    async run(context) {
      const names = [
        'select',
        'FROM',
        'order',
        'user',
        'date',
        'level',
        'a.b',
        '$.a',
        '$',
        '@',
        'a[0]',
        '[*]',
        '*',
        '0',
      ]
      const others = ['-1', '1e3', '#', '~', '~1', 'a/b', '/', "'", '"', '`', ' ', 'é', '__proto__', 'constructor']
      const all = [...names, ...others, 'toString', 'hasOwnProperty', 'length', 'null', 'true']
      const text = `{${all.map((name, i) => `${JSON.stringify(name)}:{"is":${i}}`).join(',')}}`
      const event = sampleEvent({ properties: JSON.parse(text) as JsonObject })
      await assertKept(context, [event])
      const [kept] = await allEvents(context.store)
      assert.deepEqual(Object.keys(kept!.properties!).sort(), [...all].sort())
      for (const [i, name] of all.entries()) {
        const isReachable = !name.includes('.')
        const where: Filter = { property: `properties.${name}.is`, op: 'eq', value: i }
        const found = await collect(context.store.readEvents({ ...ALWAYS, where }))
        assert.equal(found.length, isReachable ? 1 : 0, name)
      }
    },
  },
  {
    name: 'keeps every value that JSON can hold: nothing, lists, numbers at their limits, empty text',
    async run({ store }) {
      const numbers = [0.1 + 0.2, 1e300, -1e300, 5e-324, 1.7976931348623157e308, 2 ** 53 + 2, -(2 ** 63), 1e21, 1e23, 0]
      const properties = {
        nothing: null,
        text: '',
        spaces: '  ',
        yes: true,
        no: false,
        numbers,
        apart: Object.fromEntries(numbers.map((number, i) => [`n${i}`, number])),
        lists: [[], [[]], [null], [{}], [1, 'two', [3, { four: [4] }]]],
        object: {},
        deep: { a: { b: { c: { d: null } } } },
      }
      const events = [sampleEvent({ properties }), sampleEvent({ properties: {} }), sampleEvent({ properties: null })]
      await assertKept({ store }, events)
      const columns = numbers.map((_, i) => `properties.apart.n${i}`)
      for await (const batch of store.scan({ ...ALWAYS, matches: [{}], columns }))
        assert.deepEqual(
          columns.map((column) => batch.columns[column]!.at(0)),
          numbers,
        )
    },
  },
  {
    name: 'keeps numbers of events to the last bit, and a zero below zero as zero',
    async run({ store }) {
      const values = [0.1 + 0.2, 1 / 3, -1e-300, 5e-324, 1.7976931348623157e308, 2 ** 53 - 1, -0.5, 123456.789]
      const start = Date.UTC(2026, 0, 15)
      await store.insertEvents(
        values.map((eventValue, i) => sampleEvent({ eventValue, eventTimestamp: start + i, schemaVersion: i + 1 })),
      )
      assert.deepEqual(
        (await allEvents(store)).map(({ eventValue, schemaVersion }) => [eventValue, schemaVersion]),
        values.map((value, i) => [value, i + 1]),
      )
      const zero = sampleEvent({ eventLabel: 'zero', eventValue: -0, properties: { zero: -0 } })
      await store.insertEvents([zero])
      const where: Filter = { property: 'eventLabel', op: 'eq', value: 'zero' }
      const [kept] = await collect(store.readEvents({ ...ALWAYS, where }))
      assert.ok(kept!.eventValue === 0 && kept!.properties!.zero === 0)
    },
  },
  {
    name: 'keeps properties as large as an event may be: one long text, many names, text at the limits of databases',
    async run(context) {
      const long = (length: number) => ({ text: `${'x'.repeat(length - 1)}\u{1f600}` })
      const many = Object.fromEntries(
        Array.from({ length: LIMITS.propertyKeys }, (_, i) => [`name ${i}`, 'y'.repeat(100)]),
      )
      const events = [
        sampleEvent({ properties: long(LIMITS.eventBytes - 50) }),
        sampleEvent({ properties: { text: '漢'.repeat(10_900) } }),
        sampleEvent({ properties: many }),
        ...[1999, 2000, 3999, 4000, 4001, 8000, 16_383, 32_000].map((length) =>
          sampleEvent({ properties: long(length) }),
        ),
      ]
      await assertKept(context, events)
      await assertFound(context, [
        { property: 'properties.text', op: 'eq', value: long(4001).text },
        { property: 'properties.text', op: 'contains', value: '漢'.repeat(2000) },
        { property: 'properties.name 254', op: 'exists' },
      ])
    },
  },
]
