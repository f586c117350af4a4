import assert from 'node:assert/strict'
import { DAY_MS, type DeadLetter, dayStart } from '@analytics/protocol'
import type { ContractCase } from '@analytics/protocol/testing'
import type { HotStore } from '../../store.js'
import { sampleEvent } from '../sample-events.js'
import type { StoreContext } from './support.js'

const MONDAY = dayStart('2026-01-12')

/** Writes a letter for each; their names are their keys. */
async function putLetters(store: HotStore, letters: Readonly<Record<string, Partial<DeadLetter>>>): Promise<void> {
  for (const [key, letter] of Object.entries(letters)) {
    const event = { type: key, properties: { deep: ['ü', null, 1.5] } }
    const value: DeadLetter = {
      at: MONDAY,
      reason: 'schema_violation',
      userId: null,
      anonymousId: null,
      event,
      ...letter,
    }
    assert.equal(await store.records.put('dead-letter', key, value, 0), 1)
  }
}

async function keysOf(store: HotStore): Promise<string[]> {
  return (await store.records.list('dead-letter')).map(({ key }) => key)
}

/** Events that could not be stored: kept for a while, and erased with the person whom they name. */
export const deadLetterCases: ContractCase<StoreContext>[] = [
  {
    name: 'deletes the dead letters from before an instant, and no others',
    async run({ store }) {
      assert.deepEqual(await store.expireDeadLetters(MONDAY), { rows: 0 })
      await putLetters(store, {
        a: { at: MONDAY - 30 * DAY_MS },
        b: { at: MONDAY - 1 },
        c: { at: MONDAY },
        d: { at: MONDAY + 1, userId: 'anna' },
      })
      const kept = await store.records.get('dead-letter', 'c')
      assert.deepEqual(await store.expireDeadLetters(MONDAY), { rows: 2 })
      assert.deepEqual(await keysOf(store), ['c', 'd'])
      assert.deepEqual(await store.records.get('dead-letter', 'c'), kept)
      assert.deepEqual(await store.expireDeadLetters(MONDAY), { rows: 0 })
      assert.deepEqual(await store.expireDeadLetters(MONDAY + DAY_MS), { rows: 2 })
    },
  },
  {
    name: 'erases the dead letters of a person, also where nothing else of the person was ever stored',
    async run({ store }) {
      await putLetters(store, {
        a: { userId: 'anna', anonymousId: 'device' },
        b: { anonymousId: 'device' },
        // Of another user on the same device, and of ids that read the same.
        c: { userId: 'ben', anonymousId: 'device' },
        d: { userId: 'device' },
        e: { anonymousId: 'anna' },
        f: {},
      })
      const subject = { userIds: ['anna'], anonymousIds: ['device'] }
      const erased = await store.eraseSubject(subject)
      assert.deepEqual(erased, { events: 0, sessions: 0, metrics: 0, identities: 0, deadLetters: 2 })
      assert.deepEqual(await keysOf(store), ['c', 'd', 'e', 'f'])
      await store.insertEvents([sampleEvent({ userId: 'ben', anonymousId: 'tablet', eventTimestamp: MONDAY })])
      const ben = await store.eraseSubject({ userIds: ['ben'], anonymousIds: [] })
      assert.deepEqual([ben.events, ben.deadLetters], [1, 1])
      assert.deepEqual(await keysOf(store), ['d', 'e', 'f'])
    },
  },
]
