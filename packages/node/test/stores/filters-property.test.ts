import type { HotStore } from '@analytics/node'
import { memoryStore } from '@analytics/node/memory'
import type { Filter, StoredEvent } from '@analytics/protocol'
import { matchesFilter } from '@analytics/protocol/filter'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { limitMs, runs } from '../../../../test/support/soak.js'
import { describeStore } from '../support/contract.js'
import { RANDOM_DAY, randomEvent, randomFilter } from '../support/random-events.js'
import { duckdbKind, memoryKind, type OpenStore, postgresKind } from '../support/stores.js'

/** Filters that one scan tells apart. */
const MATCHES = 32

/** The same events in each run, for a store to be filled once; the filters differ. */
const EVENTS = fc.sample(randomEvent, { numRuns: 250, seed: 20260115 })
const RANGE = { from: RANDOM_DAY - 1e9, to: RANDOM_DAY + 1e9 }

/** Ids of the events that each filter finds. */
async function found(store: HotStore, filters: readonly Filter[]): Promise<string[][]> {
  const ids: string[][] = filters.map(() => [])
  const matches = filters.map((where) => ({ where }))
  for await (const batch of store.scan({ ...RANGE, matches, columns: ['eventId'] })) {
    for (let row = 0; row < batch.length; row++)
      for (const [i, list] of ids.entries())
        if (Math.floor(batch.matches[row]! / 2 ** i) % 2 === 1) list.push(String(batch.columns.eventId!.at(row)))
  }
  return ids.map((list) => list.sort())
}

const expected = (events: readonly StoredEvent[], filter: Filter): string[] =>
  events
    .filter((event) => matchesFilter(event, filter))
    .map(({ eventId }) => eventId)
    .sort()

for (const kind of [memoryKind, duckdbKind, postgresKind({ timezone: 'Asia/Kolkata', locale: 'en-US' })]) {
  describeStore(kind, () => {
    let open: OpenStore
    beforeAll(async () => {
      open = await kind.open()
      await open.context.store.insertEvents(EVENTS)
    })
    afterAll(() => open.close())

    it(
      'scans with a random filter what the filter matches, event by event',
      async () => {
        const { store } = open.context
        const some = fc.array(randomFilter, { minLength: MATCHES, maxLength: MATCHES, size: 'max' })
        await fc.assert(
          fc.asyncProperty(some, async (filters) => {
            const ids = await found(store, filters)
            for (const [i, filter] of filters.entries())
              expect(ids[i], JSON.stringify(filter)).toEqual(expected(EVENTS, filter))
          }),
          { numRuns: runs(40), seed: 1 },
        )
      },
      limitMs(60_000),
    )

    it(
      'reads whole events with a random filter, as they were stored',
      async () => {
        const { store } = open.context
        const reference = memoryStore()
        await reference.insertEvents(EVENTS)
        await fc.assert(
          fc.asyncProperty(randomFilter, fc.constantFrom('asc' as const, 'desc' as const), async (where, order) => {
            const request = { ...RANGE, where, order, limit: 60 }
            const lists = await Promise.all(
              [store, reference].map(async (one) => {
                const events: StoredEvent[] = []
                for await (const batch of one.readEvents(request)) events.push(...batch)
                return events
              }),
            )
            expect(lists[0]).toEqual(lists[1])
          }),
          { numRuns: runs(60), seed: 2 },
        )
      },
      limitMs(60_000),
    )
  })
}
