import assert from 'node:assert/strict'
import type { Seal } from '@analytics/protocol'
import { type ContractCase, type FaultPhase, withFaults } from '@analytics/protocol/testing'
import type { HotStore } from '../../store.js'
import { sampleEvent, sampleEvents } from '../sample-events.js'
import {
  allEvents,
  allMetrics,
  allSessions,
  assertSameEvents,
  collect,
  given,
  numbersOf,
  type StoreContext,
  scanRows,
  withoutPerson,
} from './support.js'

const LOST = new Error('the answer was lost')

/** The store as a caller sees it whose calls fail in turn: each first before it has an effect, then after it. */
function unreliable(store: HotStore): HotStore {
  const phases = new Map<string, FaultPhase[]>()
  return withFaults(
    store,
    (operation, phase) => {
      const left = phases.get(operation) ?? ['before', 'after']
      phases.set(operation, left)
      if (left[0] !== phase) return
      left.shift()
      throw LOST
    },
    ['scan', 'readEvents', 'readSealed'],
  )
}

/** Calls again until there is an answer, as every caller does. */
async function insist<Result>(call: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await call()
    } catch (error) {
      if (error !== LOST) throw error
    }
  }
}

/** What becomes of calls whose answer was lost, and of data whose process ended. */
export const recoveryCases: ContractCase<StoreContext>[] = [
  {
    name: 'doubles and loses no event where the answer to an insert is lost and it is repeated',
    async run({ store }) {
      const events = sampleEvents({ count: 120 })
      for (let i = 0; i < events.length; i += 30) {
        const shaky = unreliable(store)
        const outcomes = await insist(() => shaky.insertEvents(events.slice(i, i + 30)))
        assert.deepEqual(outcomes, Array(30).fill('duplicate'), 'the call before did its work')
      }
      assertSameEvents(await allEvents(store), events)
      const counted = (await allSessions(store)).reduce((sum, { eventCount }) => sum + eventCount, 0)
      assert.equal(counted, events.length)
    },
  },
  {
    name: 'stores overlapping batches once whose answers are lost, as many repeat them',
    async run({ store }) {
      const events = sampleEvents({ count: 120 })
      await Promise.all(
        Array.from({ length: 6 }, (_, i) => {
          const shaky = unreliable(store)
          return insist(() => shaky.insertEvents(events.slice(i * 10, i * 10 + 70)))
        }),
      )
      assertSameEvents(await allEvents(store), events)
    },
  },
  {
    name: 'seals and drops once where answers are lost, and keeps what came between',
    async run({ store }) {
      const events = sampleEvents({ count: 60, days: 1, start: Date.UTC(2026, 0, 11) })
      await store.insertEvents(events.slice(0, 40))
      const shaky = unreliable(store)
      const seals: Seal[] = []
      const seal = await insist(async () => {
        const made = await shaky.sealDay('2026-01-11')
        seals.push(made)
        return made
      })
      await store.insertEvents(events.slice(40))
      assert.deepEqual(await insist(() => shaky.sealDay('2026-01-11')), seal)
      const sealed = await insist(() => collect(shaky.readSealed(seal)))
      assertSameEvents(sealed.map(withoutPerson), events.slice(0, 40))
      assert.deepEqual(await insist(() => shaky.dropSealed(seal)), { rows: 0 }, 'the call before did its work')
      assertSameEvents(await allEvents(store), events.slice(40))
    },
  },
  {
    name: 'links, numbers, marks, computes and erases the same where answers are lost',
    async run({ store }) {
      const shaky = unreliable(store)
      const events = sampleEvents({ count: 40, days: 1, people: 3 })
      await store.insertEvents(events)
      await insist(() => shaky.linkIdentities([{ anonymousId: 'visitor-1', userId: 'late' }]))
      assert.equal(await insist(() => shaky.ownerOf('visitor-1')), 'late')
      const asked = [{ userId: 'late', anonymousId: null }]
      assert.deepEqual(await insist(() => shaky.personNumbers(asked)), await store.personNumbers(asked))
      const marks = await store.rollups.marks(1000)
      const flaky = unreliable(store).rollups
      await insist(() => flaky.clearMarks(marks))
      assert.deepEqual((await store.rollups.marks(1000)).ids, [])
      const bucket = { grain: 'day', start: Date.UTC(2026, 0, 10) } as const
      const { people } = await insist(() => flaky.compute(bucket))
      assert.equal((await allMetrics(store, 'day')).length, people)
      const [late] = await numbersOf(store, 'u:late')
      const rows = await allMetrics(store, 'day')
      assert.ok(rows.some(({ person }) => person === late))
      await insist(() => shaky.eraseSubject({ userIds: ['late'], anonymousIds: ['visitor-1'] }))
      assert.ok((await allEvents(store)).every(({ anonymousId, userId }) => anonymousId !== 'visitor-1' || userId))
      assert.equal(await store.ownerOf('visitor-1'), undefined)
    },
  },
  {
    name: 'tells by a record whether a change took place whose answer was lost',
    async run({ store }) {
      const shaky = unreliable(store)
      const put = () => shaky.records.put('job', 'run', { n: 1 }, 0)
      assert.equal(await insist(put), undefined, 'the call before did its work')
      assert.deepEqual(await insist(() => shaky.records.get('job', 'run')), { key: 'run', version: 1, value: { n: 1 } })
      const acquire = () => shaky.acquireLease('work', { owner: 'a', ttlMs: 60_000 })
      assert.deepEqual(await insist(acquire), { name: 'work', owner: 'a', epoch: 1 })
    },
  },
  {
    name: 'keeps everything over a reopening',
    requires: 'durable',
    async run({ store, reopen }) {
      const events = sampleEvents({ count: 200 })
      await store.insertEvents(events)
      await store.linkIdentities([{ anonymousId: 'visitor-1', userId: 'late-user' }])
      await store.audit({ action: 'move', target: '2026-01-10' })
      const seal = await store.sealDay('2026-01-10')
      const before = {
        dictionary: await store.dictionaryId(),
        people: await store.people(),
        rows: await scanRows(store),
        sessions: await allSessions(store),
        audit: await store.records.list('audit'),
      }
      const again = await given(reopen, 'reopen')()
      assert.deepEqual(
        {
          dictionary: await again.dictionaryId(),
          people: await again.people(),
          rows: await scanRows(again),
          sessions: await allSessions(again),
          audit: await again.records.list('audit'),
        },
        before,
      )
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
      const again = await given(reopen, 'reopen')()
      await again.insertEvents([sampleEvent({ eventTimestamp: Date.UTC(2026, 0, 10, 1) })])
      assert.equal((await again.dropSealed(seal)).rows, 0)
      assert.equal((await scanRows(again, { except: [seal] })).length, 1)
      assert.notEqual((await again.sealDay('2026-01-10')).id, seal.id)
    },
  },
]
