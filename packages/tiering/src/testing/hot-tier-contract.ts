import assert from 'node:assert/strict'
import { createPublicKey, verify } from 'node:crypto'
import type { Seal, StoredEvent } from '@analytics/protocol'
import { compareText } from '@analytics/protocol/filter'
import type { ContractCase } from '@analytics/protocol/testing'
import type { HotTier } from '../hot-tier.js'
import { sampleEvents } from './sample-events.js'

/** What a case of {@link hotTierContract} gets: an empty tier of its own. */
export interface HotTierContext {
  hot: HotTier
  /** Stores events in the tier. */
  insert(events: readonly StoredEvent[]): Promise<void>
  /** Lets that much time pass for the tier's leases. */
  advance?(ms: number): Promise<void>
}

const DAY = '2026-08-01'
const NEXT_DAY = '2026-08-02'

async function idsOf(hot: HotTier, seal: Seal): Promise<string[]> {
  const ids: string[] = []
  for await (const rows of hot.readSealed(seal)) ids.push(...rows.map(({ eventId }) => eventId))
  return ids.sort()
}

const sortedIds = (events: readonly StoredEvent[]): string[] => events.map(({ eventId }) => eventId).sort()

/** What every hot tier does. Cases that require `advance` need that of the context. */
export const hotTierContract: readonly ContractCase<HotTierContext>[] = [
  {
    name: 'lists days with rows, oldest first',
    async run({ hot, insert }) {
      await insert(sampleEvents({ count: 7, day: NEXT_DAY }))
      await insert(sampleEvents({ count: 5, day: DAY }))
      assert.deepEqual(await hot.listDays(), [
        { day: DAY, rows: 5 },
        { day: NEXT_DAY, rows: 7 },
      ])
      const noon = Date.parse(`${NEXT_DAY}T12:00:00Z`)
      assert.deepEqual(await hot.listDays({ from: noon }), [{ day: NEXT_DAY, rows: 7 }])
      assert.deepEqual(await hot.listDays({ from: 0, to: noon - 12 * 3_600_000 }), [{ day: DAY, rows: 5 }])
    },
  },
  {
    name: 'reads whole events in either order, without those of a seal',
    async run({ hot, insert }) {
      const first = sampleEvents({ count: 30, day: DAY })
      await insert(first)
      const seal = await hot.sealDay(DAY)
      const later = [...sampleEvents({ count: 9, day: DAY, seed: 2 }), ...sampleEvents({ count: 8, day: NEXT_DAY })]
      await insert(later)
      const read = async (options: { order: 'asc' | 'desc'; except?: readonly Seal[] }): Promise<StoredEvent[]> => {
        const events: StoredEvent[] = []
        for await (const rows of hot.readEvents({ from: 0, to: Date.parse('2027-01-01'), ...options }))
          events.push(...rows)
        return events
      }
      const inOrder = (events: readonly StoredEvent[]): StoredEvent[] =>
        [...events].sort((a, b) => a.eventTimestamp - b.eventTimestamp || compareText(a.eventId, b.eventId))
      assert.deepEqual(await read({ order: 'asc' }), inOrder([...first, ...later]))
      assert.deepEqual(await read({ order: 'desc', except: [seal] }), inOrder(later).reverse())
    },
  },
  {
    name: 'seals what a day has, and returns the same seal while it stands',
    async run({ hot, insert }) {
      const first = sampleEvents({ count: 30, day: DAY })
      await insert(first)
      await insert(sampleEvents({ count: 3, day: NEXT_DAY }))
      const seal = await hot.sealDay(DAY)
      await insert(sampleEvents({ count: 4, day: DAY, seed: 2 }))
      assert.deepEqual(await hot.sealDay(DAY), seal)
      assert.equal(seal.rows, 30)
      assert.deepEqual(await idsOf(hot, seal), sortedIds(first))
      assert.deepEqual(await hot.listDays({ except: [seal] }), [
        { day: DAY, rows: 4 },
        { day: NEXT_DAY, rows: 3 },
      ])
    },
  },
  {
    name: 'drops the rows of a seal and no others, and nothing more when asked again',
    async run({ hot, insert }) {
      await insert(sampleEvents({ count: 30, day: DAY }))
      const seal = await hot.sealDay(DAY)
      const late = sampleEvents({ count: 4, day: DAY, seed: 2 })
      await insert(late)
      assert.deepEqual(await hot.dropSealed(seal), { rows: 30 })
      assert.deepEqual(await hot.dropSealed(seal), { rows: 0 })
      assert.deepEqual(await hot.listDays(), [{ day: DAY, rows: 4 }])
      const second = await hot.sealDay(DAY)
      assert.notEqual(second.id, seal.id)
      assert.deepEqual(await idsOf(hot, second), sortedIds(late))
      assert.deepEqual(await hot.dropSealed(seal), { rows: 0 })
      assert.deepEqual(await idsOf(hot, second), sortedIds(late))
    },
  },
  {
    name: 'erases a person, from standing seals too, which then have fewer rows',
    async run({ hot, insert }) {
      const events = sampleEvents({ count: 60, day: DAY, users: 4 })
      const isTheirs = ({ userId, anonymousId }: StoredEvent): boolean =>
        userId === 'user-1' || (userId === null && anonymousId === 'visitor-1')
      const others = events.filter((event) => !isTheirs(event))
      assert.ok(others.length > 0 && others.length < events.length)
      await insert(events)
      const seal = await hot.sealDay(DAY)
      const subject = { userIds: ['user-1'], anonymousIds: ['visitor-1'] }
      assert.equal((await hot.eraseSubject(subject)).events, events.length - others.length)
      assert.equal((await hot.eraseSubject(subject)).events, 0)
      assert.deepEqual(await hot.sealDay(DAY), { ...seal, rows: others.length })
      assert.deepEqual(await idsOf(hot, seal), sortedIds(others))
    },
  },
  {
    name: 'seals a day anew once a seal of which everything was erased is dropped',
    async run({ hot, insert }) {
      const events = sampleEvents({ count: 9, day: DAY }).map((event) => ({ ...event, userId: 'anna' }))
      await insert(events)
      const seal = await hot.sealDay(DAY)
      await hot.eraseSubject({ userIds: ['anna'], anonymousIds: [] })
      const empty = await hot.sealDay(DAY)
      assert.deepEqual(empty, { ...seal, rows: 0 })
      const late = sampleEvents({ count: 4, day: DAY, seed: 2 })
      await insert(late)
      assert.deepEqual(await hot.dropSealed(empty), { rows: 0 })
      assert.deepEqual(await idsOf(hot, await hot.sealDay(DAY)), sortedIds(late))
    },
  },
  {
    name: 'signs with one key, that of the data set',
    async run({ hot }) {
      const [first, second] = [await hot.sign('one text'), await hot.sign('größer')]
      assert.equal(first.publicKey, second.publicKey)
      const key = createPublicKey({ key: Buffer.from(first.publicKey, 'base64'), format: 'der', type: 'spki' })
      const isSigned = (text: string) => verify(null, Buffer.from(text), key, Buffer.from(second.value, 'base64'))
      assert.deepEqual([isSigned('größer'), isSigned('one text')], [true, false])
    },
  },
  {
    name: 'takes a seal whose rows are gone as one that leaves nothing out',
    async run({ hot, insert }) {
      await insert(sampleEvents({ count: 3, day: DAY }))
      const seal = await hot.sealDay(DAY)
      await hot.dropSealed(seal)
      await insert(sampleEvents({ count: 2, day: DAY, seed: 2 }))
      assert.deepEqual(await hot.listDays({ except: [seal] }), [{ day: DAY, rows: 2 }])
    },
  },
  {
    name: 'streams sealed rows whole, numbered as personNumbers does',
    async run({ hot, insert }) {
      const events = sampleEvents({ count: 200, day: DAY })
      await insert(events)
      const byId = new Map(events.map((event) => [event.eventId, event]))
      const seal = await hot.sealDay(DAY)
      for await (const rows of hot.readSealed(seal)) {
        const numbers = await hot.personNumbers(rows)
        for (const [i, { person, ...event }] of rows.entries()) {
          assert.equal(person, numbers[i])
          assert.deepEqual(event, byId.get(event.eventId))
        }
      }
    },
  },
  {
    name: 'lends the rows of a seal and no others',
    requires: 'lendSealed',
    async run({ hot, insert }) {
      const events = sampleEvents({ count: 200, day: DAY })
      await insert(events)
      await insert(sampleEvents({ count: 3, day: NEXT_DAY }))
      const seal = await hot.sealDay(DAY)
      await insert(sampleEvents({ count: 4, day: DAY, seed: 2 }))
      const { from, where, connect } = await hot.lendSealed!(seal)
      const connection = await connect()
      const lent = await connection.runAndReadAll(
        `SELECT event_id, person FROM ${from} WHERE ${where} AND rowid >= 0 ORDER BY event_id`,
      )
      connection.closeSync()
      const streamed: [string, number][] = []
      for await (const rows of hot.readSealed(seal)) {
        for (const { eventId, person } of rows) streamed.push([eventId, person])
      }
      assert.deepEqual(
        lent.getRows(),
        streamed.sort(([a], [b]) => compareText(a, b)),
      )
      assert.deepEqual(await idsOf(hot, seal), sortedIds(events))
    },
  },
  {
    name: 'gives each person one number, for good',
    async run({ hot }) {
      const one = { userId: 'one', anonymousId: null }
      const visitor = { userId: null, anonymousId: 'one' }
      const numbers = await hot.personNumbers([one, visitor, { userId: 'one', anonymousId: 'other' }])
      assert.equal(numbers[0], numbers[2])
      assert.notEqual(numbers[0], numbers[1])
      assert.deepEqual([...(await hot.personNumbers([visitor, one]))], [numbers[1], numbers[0]])
      assert.equal(await hot.dictionaryId(), await hot.dictionaryId())
    },
  },
  {
    name: 'changes a record only from the version that the caller knows',
    async run({ hot: { records } }) {
      assert.equal(await records.put('tier', DAY, { a: 1 }, 0), 1)
      assert.equal(await records.put('tier', DAY, { a: 2 }, 0), undefined)
      assert.equal(await records.put('tier', DAY, { a: 2 }, 1), 2)
      assert.equal(await records.put('tier', DAY, { a: 3 }, 1), undefined)
      assert.deepEqual(await records.get('tier', DAY), { key: DAY, version: 2, value: { a: 2 } })
      assert.equal(await records.get('tier', NEXT_DAY), undefined)
      assert.equal(await records.delete('tier', DAY, 1), false)
      assert.equal(await records.delete('tier', DAY, 2), true)
      assert.equal(await records.get('tier', DAY), undefined)
    },
  },
  {
    name: 'lists records of a kind by key, page by page',
    async run({ hot: { records } }) {
      for (const key of ['2026-08-02', '2026-08-01', '2026-07-31', 'x']) await records.put('tier', key, {}, 0)
      const keys = async (options: Parameters<typeof records.list>[1]): Promise<string[]> =>
        (await records.list('tier', options)).map(({ key }) => key)
      assert.deepEqual(await keys({ prefix: '2026' }), ['2026-07-31', '2026-08-01', '2026-08-02'])
      assert.deepEqual(await keys({ after: '2026-07-31', limit: 2 }), ['2026-08-01', '2026-08-02'])
    },
  },
  {
    name: 'gives a lease to one owner at a time',
    async run({ hot }) {
      const lease = await hot.acquireLease('contract', { owner: 'a', ttlMs: 60_000 })
      assert.equal(await hot.acquireLease('contract', { owner: 'b', ttlMs: 60_000 }), undefined)
      assert.equal((await hot.acquireLease('contract', { owner: 'a', ttlMs: 60_000 }))?.epoch, lease?.epoch)
      await hot.releaseLease(lease!)
      const next = await hot.acquireLease('contract', { owner: 'b', ttlMs: 60_000 })
      assert.ok(next!.epoch > lease!.epoch)
      await hot.releaseLease(lease!)
      assert.equal(await hot.acquireLease('contract', { owner: 'a', ttlMs: 60_000 }), undefined)
    },
  },
  {
    name: 'gives an expired lease to whoever asks, with a greater epoch',
    requires: 'advance',
    async run({ hot, advance }) {
      const lease = await hot.acquireLease('contract', { owner: 'a', ttlMs: 1000 })
      await advance!(2000)
      const next = await hot.acquireLease('contract', { owner: 'b', ttlMs: 1000 })
      assert.ok(next!.epoch > lease!.epoch)
    },
  },
]
