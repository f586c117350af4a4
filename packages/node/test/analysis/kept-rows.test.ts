import { duckdbStore } from '@analytics/node/duckdb'
import { memoryStore } from '@analytics/node/memory'
import { sampleEvent } from '@analytics/node/testing'
import { DAY_MS, type EventMatch } from '@analytics/protocol'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type KeptRows, keptRows } from '../../src/analysis/kept-rows.js'
import { openTiers } from '../../src/analysis/tiers.js'
import type { HotStore } from '../../src/store.js'

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

/** Rows of a scan and how many of them had been kept, each row as text, sorted within its instant. */
async function scan(
  store: HotStore,
  kept: KeptRows | undefined,
  { from = DAY, to = DAY + DAYS * DAY_MS, matches = MATCHES.slice(0, 2) } = {},
): Promise<{ rows: string[]; read: number; fromMemory: number }> {
  const options = { from, to, tiers: 'all', onArchived: 'error' } as const
  const reader = await openTiers({ store, cold: undefined, ...(kept ? { kept } : {}) }, options)
  const rows: string[] = []
  let last = Number.NEGATIVE_INFINITY
  for await (const { length, time, person, matches: masks } of reader.scan({ matches })) {
    expect([time.length, person.length, masks.length]).toEqual([length, length, length])
    for (let row = 0; row < length; row++) {
      expect(time[row]!).toBeGreaterThanOrEqual(last)
      last = time[row]!
      rows.push(`${time[row]} ${person[row]} ${masks[row]}`)
    }
  }
  reader.release()
  const { hotRows, keptRows: fromMemory } = reader.stats()
  return { rows: rows.sort(), read: hotRows, fromMemory }
}

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

  it('are none where one event may fit several matches in part', async () => {
    const kept = keptRows(1e6)
    for (const matches of [[{}, MATCHES[0]!], [MATCHES[1]!, MATCHES[2]!], MATCHES.slice(3, 5)]) {
      await scan(store, kept, { matches })
      expect(await scan(store, kept, { matches })).toMatchObject({ fromMemory: 0 })
    }
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
  }),
)

describe('scans with kept rows', () => {
  it('give the same as without, whatever was asked and stored before', async () => {
    const bytes = fc.constantFrom(1000, 2100, 3100, 1e6)
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 25 }), bytes, async (changes, maxBytes) => {
        const store = memoryStore()
        const kept = keptRows(maxBytes)
        for (const one of changes) {
          if ('insert' in one) {
            const events = one.insert.map(({ at, type, browser }) =>
              // On the edges of days, too, and some at the same instant.
              sampleEvent({ eventTimestamp: DAY + at * 4 * 3_600_000, eventType: type, browser }),
            )
            await store.insertEvents(events)
          } else {
            const from = DAY + one.from * 12 * 3_600_000
            const asked = { from, to: from + one.hours * 3_600_000, matches: one.matches }
            expect((await scan(store, kept, asked)).rows).toEqual((await scan(store, undefined, asked)).rows)
          }
        }
      }),
    )
  })
})
