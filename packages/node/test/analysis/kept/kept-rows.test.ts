import { duckdbStore } from '@analytics/node/duckdb'
import { memoryStore } from '@analytics/node/memory'
import { sampleEvent } from '@analytics/node/testing'
import { DAY_MS, type EventMatch } from '@analytics/protocol'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type KeptRows, keptRows } from '../../../src/analysis/kept/kept-rows.js'
import { openTiers } from '../../../src/analysis/tiers.js'
import type { HotStore } from '../../../src/store.js'

const DAY = Date.UTC(2026, 0, 15)
const DAYS = 4
const MATCHES: EventMatch[] = [
  { eventTypes: ['a'] },
  { eventTypes: ['b'] },
  { eventTypes: ['b'], where: { property: 'browser', op: 'eq', value: 'Firefox' } },
  { eventTypes: ['c', 'd'] },
  { eventTypes: ['d'] },
  {},
]

interface Asked {
  from?: number
  to?: number
  matches?: EventMatch[]
  intervals?: Float64Array
}

/** Rows of a scan, sorted, and how many had been kept. Of rows with intervals, how many events there are of each person, interval and matches. */
async function scan(
  store: HotStore,
  kept: KeptRows | undefined,
  { from = DAY, to = DAY + DAYS * DAY_MS, matches = MATCHES.slice(0, 2), intervals }: Asked = {},
): Promise<{ rows: string[]; read: number; fromMemory: number }> {
  const options = { from, to, tiers: 'all', onArchived: 'error' } as const
  const reader = await openTiers({ store, cold: undefined, ...(kept ? { kept } : {}) }, options)
  const found = new Map<string, number>()
  let last = Number.NEGATIVE_INFINITY
  for await (const batch of reader.scan({ matches, ...(intervals ? { intervals } : {}) })) {
    const { length, time, person, matches: masks, counts } = batch
    for (const column of [time, person, masks, counts ?? time]) expect(column.length).toBe(length)
    for (let row = 0; row < length; row++) {
      expect(time[row]!).toBeGreaterThanOrEqual(last)
      last = time[row]!
      const interval = intervals ? intervals.findLastIndex((start) => start <= last) : last
      const key = `${interval} ${person[row]} ${masks[row]}`
      found.set(key, (found.get(key) ?? 0) + (counts?.[row] ?? 1))
    }
  }
  reader.release()
  const { hotRows, keptRows: fromMemory } = reader.stats()
  return { rows: [...found].map(([key, count]) => `${key} ${count}`).sort(), read: hotRows, fromMemory }
}

const HOUR_MS = 3_600_000
/** Days that begin at an hour of UTC. */
const daysFrom = (hour: number) =>
  Float64Array.from({ length: DAYS + 1 }, (_, day) => DAY + (day - 1) * DAY_MS + hour * HOUR_MS)

describe.each([
  ['memory', () => memoryStore()],
  ['DuckDB', () => duckdbStore({ path: ':memory:' })],
])('rows that are kept of a store in %s', (_name, open: () => HotStore) => {
  let store: HotStore
  const insert = (...times: number[]) =>
    store.insertEvents(times.map((eventTimestamp, i) => sampleEvent({ eventTimestamp, eventType: 'ab'[i % 2]! })))

  beforeEach(async () => {
    store = open()
    await store.setup('auto')
    await insert(DAY, DAY + 5, DAY + DAY_MS, DAY + 2 * DAY_MS + 7)
  })
  afterEach(() => store.close())

  it('are read once, as long as their days are the same', async () => {
    const kept = keptRows(1e6)
    expect(await scan(store, kept)).toMatchObject({ read: 4, fromMemory: 0 })
    expect(await scan(store, kept)).toMatchObject({ read: 0, fromMemory: 4 })
    await insert(DAY + DAY_MS + 1)
    expect(await scan(store, kept)).toMatchObject({ read: 2, fromMemory: 3 })
  })

  it('stay when ids are linked, and go when a person is erased', async () => {
    const kept = keptRows(1e6)
    await store.insertEvents([sampleEvent({ eventTimestamp: DAY + 9, eventType: 'a', userId: 'anna' })])
    await scan(store, kept)
    await store.linkIdentities([{ anonymousId: 'her phone', userId: 'anna' }])
    expect(await scan(store, kept)).toMatchObject({ read: 0, fromMemory: 5 })
    await store.eraseSubject({ userIds: ['anna'], anonymousIds: ['her phone'] })
    expect(await scan(store, kept)).toMatchObject({ read: 4, fromMemory: 0 })
  })

  it('are those of whole days, of which parts can be read', async () => {
    const kept = keptRows(1e6)
    const partly = { from: DAY + 3, to: DAY + 2 * DAY_MS + 5 }
    expect(await scan(store, kept, partly)).toMatchObject({ read: 2, fromMemory: 0 })
    expect(await scan(store, kept, partly)).toMatchObject({ read: 1, fromMemory: 1 })
    await scan(store, kept)
    expect(await scan(store, kept, partly)).toMatchObject({ read: 0, fromMemory: 2 })
  })

  it('are shared by questions that have matches in common', async () => {
    const kept = keptRows(1e6)
    const [a, b, c] = [MATCHES[0]!, MATCHES[1]!, MATCHES[3]!]
    await scan(store, kept, { matches: [b] })
    await scan(store, kept, { matches: [a, c] })
    await scan(store, kept, { matches: [{ eventTypes: ['e'] }, a] })
    for (const matches of [[b, a, b], [c], [c, b, a]]) {
      const found = await scan(store, kept, { matches })
      expect(found.read).toBe(0)
      expect(found.rows).toEqual((await scan(store, undefined, { matches })).rows)
    }
  })

  it('stay together where one event may fit several matches', async () => {
    const kept = keptRows(1e6)
    for (const matches of [[{}, MATCHES[0]!], MATCHES.slice(1, 3), [MATCHES[0]!, {}]]) {
      expect(await scan(store, kept, { matches })).toMatchObject({ fromMemory: 0 })
      const found = await scan(store, kept, { matches })
      expect(found.read).toBe(0)
      expect(found.rows).toEqual((await scan(store, undefined, { matches })).rows)
    }
  })

  it('stand for the events of a part of a day where intervals are asked for', async () => {
    const kept = keptRows(1e6)
    await insert(DAY + 6, DAY + 6 * HOUR_MS, DAY + 6 * HOUR_MS + 1, DAY + DAY_MS + HOUR_MS)
    const isSame = async (asked: Asked) => {
      const found = await scan(store, kept, asked)
      expect(found.rows).toEqual((await scan(store, undefined, asked)).rows)
      return found
    }
    for (const intervals of [daysFrom(0), daysFrom(5), undefined]) {
      const asked = intervals ? { intervals } : {}
      const { read } = await isSame(asked)
      expect(await isSame(asked)).toMatchObject({ read: 0, fromMemory: read })
      await isSame({ ...asked, to: DAY + 6 * HOUR_MS })
      await insert(DAY + DAY_MS + 2 * HOUR_MS)
      await isSame(asked)
    }
  })

  it('are none of intervals that are longer than a day', async () => {
    const kept = keptRows(1e6)
    const intervals = Float64Array.of(DAY, DAY + 2 * DAY_MS)
    await scan(store, kept, { intervals })
    expect(await scan(store, kept, { intervals })).toMatchObject({ fromMemory: 0 })
  })

  it('take no more memory than they may: the first days of a long range stay', async () => {
    const kept = keptRows(2 * 1020)
    await scan(store, kept)
    const { read, fromMemory } = await scan(store, kept)
    expect({ read, fromMemory }).toEqual({ read: 1, fromMemory: 3 })
    const oneMatch = keptRows(1010)
    for (const matches of [[MATCHES[0]!], [MATCHES[1]!]]) await scan(store, oneMatch, { matches })
    expect(await scan(store, oneMatch, { matches: [MATCHES[1]!] })).toMatchObject({ fromMemory: 1 })
    const none = keptRows(0)
    await scan(store, none)
    expect(await scan(store, none)).toMatchObject({ read: 4, fromMemory: 0 })
  })

  it('are not those of a day that changes while they are read', async () => {
    const kept = keptRows(1e6)
    const options = { from: DAY, to: DAY + DAYS * DAY_MS, tiers: 'all', onArchived: 'error' } as const
    const reader = await openTiers({ store, cold: undefined, kept }, options)
    let rows = 0
    for await (const { length } of reader.scan({ matches: MATCHES.slice(0, 2) })) {
      if (rows === 0) await insert(DAY + 2)
      rows += length
    }
    reader.release()
    expect(rows).toBe(4)
    const second = await scan(store, kept)
    expect(second.rows).toEqual((await scan(store, undefined)).rows)
    expect(second).toMatchObject({ read: 3, fromMemory: 2 })
  })

  it('are not joined to what another scan kept that had begun before a change', async () => {
    const kept = keptRows(1e6)
    const options = { from: DAY, to: DAY + DAYS * DAY_MS, tiers: 'all', onArchived: 'error' } as const
    const begin = async (match: EventMatch) => {
      const reader = await openTiers({ store, cold: undefined, kept }, options)
      const batches = reader.scan({ matches: [match] })[Symbol.asyncIterator]()
      let { done } = await batches.next()
      return async () => {
        while (!done) ({ done } = await batches.next())
        reader.release()
      }
    }
    const endFirst = await begin(MATCHES[0]!)
    await insert(DAY + 2)
    const endSecond = await begin(MATCHES[1]!)
    await endFirst()
    await endSecond()
    expect((await scan(store, kept)).rows).toEqual((await scan(store, undefined)).rows)
  })

  it('are joined only to what is as new', async () => {
    const kept = keptRows(1e6)
    await scan(store, kept, { matches: [MATCHES[0]!] })
    await insert(DAY + 3)
    await scan(store, kept, { matches: [MATCHES[1]!] })
    const found = await scan(store, kept)
    expect(found.rows).toEqual((await scan(store, undefined)).rows)
    expect(found).toMatchObject({ read: 3, fromMemory: 2 })
  })
})

it('answers that are made while events are stored do not spoil later ones', async () => {
  const store = duckdbStore({ path: ':memory:' })
  await store.setup('auto')
  const kept = keptRows(1e6)
  const asked: Asked[] = [{}, { intervals: daysFrom(0) }, { matches: MATCHES.slice(1, 3) }]
  try {
    for (let round = 0; round < 30; round++) {
      const events = Array.from({ length: 40 }, (_, i) =>
        sampleEvent({
          eventTimestamp: DAY + ((round * 7 + i) % (DAYS * 4)) * 6 * HOUR_MS + round,
          eventType: 'ab'[i % 2]!,
          userId: `user ${i % 5}`,
        }),
      )
      const inserts = [events.slice(0, 20), events.slice(20)].map((some) => store.insertEvents(some))
      await Promise.all([...inserts, ...asked.map((one) => scan(store, kept, one))])
      for (const one of asked)
        expect((await scan(store, kept, one)).rows).toEqual((await scan(store, undefined, one)).rows)
    }
  } finally {
    await store.close()
  }
})

it('what is kept of all tiers is not what the hot tier has', async () => {
  const kept = keptRows(1e6)
  const scope = { from: DAY, to: DAY + DAY_MS, asOf: 1, lastChange: () => 1 }
  const ofTiers = (tiers: string) => kept.of({ matches: MATCHES.slice(0, 1) }, { ...scope, tiers })!
  const noRows = async function* () {}
  for await (const _ of ofTiers('all').keep(['2026-01-15'], noRows()));
  expect([ofTiers('all').has('2026-01-15'), ofTiers('hot').has('2026-01-15')]).toEqual([true, false])
})

const change = fc.oneof(
  fc.record({
    insert: fc.array(
      fc.record({
        at: fc.integer({ min: -1, max: DAYS * 6 }),
        type: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
        browser: fc.constantFrom('Firefox', 'Chrome'),
      }),
      { maxLength: 8 },
    ),
  }),
  fc.record({
    matches: fc.oneof(
      // What can be kept, mostly.
      { weight: 4, arbitrary: fc.subarray([MATCHES[0]!, MATCHES[1]!, MATCHES[3]!], { minLength: 1 }) },
      { weight: 1, arbitrary: fc.subarray(MATCHES, { minLength: 1 }) },
    ),
    from: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: DAYS * 2 })),
    hours: fc.oneof(fc.constant(DAYS * 24), fc.integer({ min: 1, max: DAYS * 24 })),
    daysFrom: fc.option(fc.constantFrom(0, 5, 22)),
  }),
)

describe.each([
  ['memory', () => memoryStore(), 100],
  ['DuckDB', () => duckdbStore({ path: ':memory:' }), 10],
])('scans of a store in %s with kept rows', (_name, open: () => HotStore, numRuns) => {
  it('give the same as without, whatever was asked and stored before', async () => {
    const bytes = fc.constantFrom(1000, 2100, 3100, 1e6)
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 25 }), bytes, async (changes, maxBytes) => {
        const store = open()
        await store.setup('auto')
        const kept = keptRows(maxBytes)
        for (const one of changes) {
          if ('insert' in one) {
            const events = one.insert.map(({ at, type, browser }) =>
              // On the edges of days, too, and some at the same instant.
              sampleEvent({ eventTimestamp: DAY + at * 4 * HOUR_MS, eventType: type, browser, userId: browser }),
            )
            await store.insertEvents(events)
          } else {
            const from = DAY + one.from * 12 * HOUR_MS
            const intervals = one.daysFrom === null ? {} : { intervals: daysFrom(one.daysFrom) }
            const asked = { from, to: from + one.hours * HOUR_MS, matches: one.matches, ...intervals }
            expect((await scan(store, kept, asked)).rows).toEqual((await scan(store, undefined, asked)).rows)
          }
        }
        await store.close()
      }),
      { numRuns },
    )
  })
})
