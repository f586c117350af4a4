import assert from 'node:assert/strict'
import { DAY_MS, dayStart, type StoredEvent } from '@analytics/protocol'
import type { ContractCase } from '@analytics/protocol/testing'
import { GRAINS, type RollupBucket } from '../../rollups/rollup.js'
import type { HotStore, Subject } from '../../store.js'
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

const MONDAY = dayStart('2026-01-12')
const NOTHING = { events: 0, sessions: 0, metrics: 0, identities: 0, deadLetters: 0 }
const ANNA: Subject = { userIds: ['anna'], anonymousIds: ['device'] }

/** Anna and Ben share a device on Monday and Tuesday; Carl has one of his own. */
function household(): { annas: StoredEvent[]; others: StoredEvent[] } {
  const at = (hour: number, event: Partial<StoredEvent>) =>
    sampleEvent({ eventTimestamp: MONDAY + hour * 3_600_000, ...event })
  const anna = { userId: 'anna', anonymousId: 'device', sessionId: 'evening' }
  const ben = { userId: 'ben', anonymousId: 'device', sessionId: 'evening' }
  return {
    annas: [
      at(1, { anonymousId: 'device', sessionId: 'morning' }),
      at(2, { anonymousId: 'device', sessionId: 'morning' }),
      at(3, anna),
      at(26, anna),
      at(27, { userId: 'anna', sessionId: 'server' }),
    ],
    others: [
      at(4, ben),
      at(28, { ...ben, eventLabel: 'anna' }),
      at(5, { anonymousId: 'carl', sessionId: 'morning' }),
      at(29, { anonymousId: 'anna', sessionId: 'an id that reads the same' }),
    ],
  }
}

const BUCKETS: readonly RollupBucket[] = [
  ...[1, 2, 3, 4, 5].map((hour): RollupBucket => ({ grain: 'hour', start: MONDAY + hour * 3_600_000 })),
  { grain: 'day', start: MONDAY },
  { grain: 'day', start: MONDAY + DAY_MS },
  { grain: 'week', start: MONDAY },
]

async function metricsOf(store: HotStore) {
  return (await Promise.all(GRAINS.map((grain) => allMetrics(store, grain)))).flat()
}

/** What stores forget: people who ask for it, and ids that nothing is left of. */
export const privacyCases: ContractCase<StoreContext>[] = [
  {
    name: 'erases the events, sessions, metrics and ids of a person, sealed rows too, and nothing of others',
    async run({ store }) {
      const { annas, others } = household()
      await store.insertEvents([annas[0]!, annas[2]!, ...others.slice(0, 3)])
      const seal = await store.sealDay('2026-01-12')
      await store.insertEvents([annas[1]!, ...annas.slice(3), ...others.slice(3)])
      for (const bucket of BUCKETS) await store.rollups.compute(bucket)
      const numbers = await numbersOf(store, 'u:anna', 'a:device')
      const mine = ({ person }: { person: number }) => numbers.includes(person)
      const [sessions, metrics] = [await allSessions(store), await metricsOf(store)]
      assert.deepEqual([sessions.filter(mine).length, metrics.filter(mine).length], [2, 6])

      const erased = { events: annas.length, sessions: 2, metrics: 6, identities: 2, deadLetters: 0 }
      assert.deepEqual(await store.eraseSubject(ANNA), erased)
      assertSameEvents(await allEvents(store), others)
      assert.deepEqual(
        await allSessions(store),
        sessions.filter((one) => !mine(one)),
      )
      assert.deepEqual(
        await metricsOf(store),
        metrics.filter((one) => !mine(one)),
      )
      assert.equal(await store.ownerOf('device'), undefined)
      assert.deepEqual(await store.anonymousIdsOf('anna'), [])
      assert.deepEqual(await store.eraseSubject(ANNA), NOTHING, 'nothing is left to erase')
      assert.deepEqual(await store.sealDay('2026-01-12'), { ...seal, rows: seal.rows - 2 })
    },
  },
  {
    name: 'takes erased rows out of standing seals, which stand on',
    async run({ store }) {
      const { annas, others } = household()
      await store.insertEvents([...annas, ...others])
      const [monday, tuesday] = [await store.sealDay('2026-01-12'), await store.sealDay('2026-01-13')]
      await store.eraseSubject(ANNA)
      const left = await collect(store.readSealed(monday))
      assertSameEvents(left.map(withoutPerson), [others[0]!, others[2]!])
      assert.deepEqual(await store.sealDay('2026-01-12'), { ...monday, rows: 2 })
      assert.deepEqual(await store.listDays(), [
        { day: '2026-01-12', rows: 2 },
        { day: '2026-01-13', rows: 2 },
      ])
      await store.eraseSubject({ userIds: ['ben'], anonymousIds: ['carl', 'anna'] })
      assert.deepEqual([await store.listDays(), await store.daysWithRows()], [[], []])
      assert.deepEqual(await store.sealDay('2026-01-13'), { ...tuesday, rows: 0 })
      assert.equal((await store.dropSealed(monday)).rows, 0)
    },
  },
  {
    name: 'gives numbers of erased ids to nobody again, also not to the same ids',
    async run({ store }) {
      const { annas, others } = household()
      await store.insertEvents([...annas, ...others])
      const before = await numbersOf(store, 'u:anna', 'a:device', 'u:ben', 'a:carl')
      await store.eraseSubject(ANNA)
      const [anna, device, ben, carl, fresh] = await numbersOf(store, 'u:anna', 'a:device', 'u:ben', 'a:carl', 'a:new')
      assert.deepEqual([ben, carl], before.slice(2))
      assert.equal(new Set([...before, anna, device, fresh]).size, 7)
      const { canonical } = await store.people()
      for (const number of [anna, device, ben, carl, fresh]) assert.equal(canonical[number!], number)
      await store.insertEvents([sampleEvent({ anonymousId: 'device', userId: 'ben' })])
      assert.equal(await store.ownerOf('device'), 'ben', 'the id is like new')
      assert.deepEqual(await store.anonymousIdsOf('ben'), ['device'])
      assert.equal((await store.people()).canonical[device!], ben)
    },
  },
  {
    name: 'unlinks the visitors of a user who is erased without them',
    async run({ store }) {
      await store.insertEvents([
        sampleEvent({ anonymousId: 'device', eventTimestamp: MONDAY }),
        sampleEvent({ anonymousId: 'device', userId: 'anna', eventTimestamp: MONDAY + 1 }),
      ])
      await store.people()
      const erased = await store.eraseSubject({ userIds: ['anna'], anonymousIds: [] })
      assert.deepEqual(erased, { events: 1, sessions: 1, metrics: 0, identities: 1, deadLetters: 0 })
      assert.equal(await store.ownerOf('device'), undefined)
      const [device] = await numbersOf(store, 'a:device')
      assert.equal((await store.people()).canonical[device!], device)
      assert.deepEqual(
        (await scanRows(store)).map(({ person }) => person),
        [device],
      )
    },
  },
  {
    name: 'erases nothing of ids that it does not know, and nobody where no id is named',
    async run({ store }) {
      const { annas, others } = household()
      await store.insertEvents([...annas, ...others])
      assert.deepEqual(await store.eraseSubject({ userIds: [], anonymousIds: [] }), NOTHING)
      const unknown = { userIds: ['device', 'carl', 'ANNA', 'anna '], anonymousIds: ['ben', 'Device', '%'] }
      assert.deepEqual(await store.eraseSubject(unknown), NOTHING)
      assertSameEvents(await allEvents(store), [...annas, ...others])
    },
  },
  {
    name: 'erases people of thousands of ids, thousands at once',
    async run({ store }) {
      const events = sampleEvents({ count: 2600, days: 2, people: 2600 })
      await store.insertEvents(events)
      const kept = events.filter(({ userId, anonymousId }) => userId === 'user-0' || anonymousId === 'visitor-1')
      const gone = events.filter((event) => !kept.includes(event))
      const erased = await store.eraseSubject({
        userIds: gone.flatMap(({ userId }) => userId ?? []),
        anonymousIds: gone.map(({ anonymousId }) => anonymousId!),
      })
      assert.equal(erased.events, gone.length)
      assert.equal(erased.sessions, gone.length)
      assert.equal(erased.identities, 1299 + 2598)
      assertSameEvents(await allEvents(store), kept)
    },
  },
  {
    name: 'leaves no session of erased events behind, where more are stored while their person is erased',
    async run({ store }) {
      const events = sampleEvents({ count: 60, people: 1, days: 1 })
      const subject = { userIds: ['user-0'], anonymousIds: ['visitor-0'] }
      await store.insertEvents(events.slice(0, 20))
      await Promise.all([
        store.insertEvents(events.slice(20, 40)),
        store.eraseSubject(subject),
        store.insertEvents(events.slice(40)),
      ])
      const left = await allEvents(store)
      const counted = (await allSessions(store)).reduce((sum, { eventCount }) => sum + eventCount, 0)
      assert.ok(counted <= left.length, `sessions count ${counted} events, and ${left.length} are left`)
      assert.equal((await store.eraseSubject(subject)).events, left.length)
      assert.deepEqual([await allEvents(store), await allSessions(store)], [[], []])
    },
  },
  {
    name: 'shows an erasure to another store over the same data, which forgets the numbers too',
    requires: 'shared',
    async run({ store, another }) {
      const other = await given(another, 'another')()
      const { annas, others } = household()
      await other.insertEvents([...annas, ...others])
      const before = await numbersOf(other, 'u:anna', 'a:device')
      await other.people()
      await store.eraseSubject(ANNA)
      const again = [sampleEvent({ userId: 'anna' }), sampleEvent({ anonymousId: 'device' })]
      await other.insertEvents(again)
      const after = await numbersOf(other, 'u:anna', 'a:device')
      assert.deepEqual(await numbersOf(store, 'u:anna', 'a:device'), after)
      assert.equal(new Set([...before, ...after]).size, 4)
      for (const one of [store, other]) {
        assert.equal(await one.ownerOf('device'), undefined)
        assert.equal((await one.people()).canonical[after[1]!], after[1])
      }
      assert.deepEqual(await store.eraseSubject(ANNA), {
        events: 2,
        sessions: 2,
        metrics: 0,
        identities: 2,
        deadLetters: 0,
      })
    },
  },
  {
    name: 'keeps erased people forgotten over a reopening',
    requires: 'durable',
    async run({ store, reopen }) {
      const { annas, others } = household()
      await store.insertEvents([...annas, ...others])
      const before = await numbersOf(store, 'u:anna', 'a:device')
      await store.eraseSubject(ANNA)
      const again = await given(reopen, 'reopen')()
      assertSameEvents(await allEvents(again), others)
      assert.equal(await again.ownerOf('device'), undefined)
      const after = await numbersOf(again, 'u:anna', 'a:device')
      assert.equal(new Set([...before, ...after]).size, 4)
    },
  },
  {
    name: 'forgets ids that were first seen before an instant and that nothing is left of, and no others',
    async run({ store }) {
      await store.insertEvents([
        sampleEvent({ anonymousId: 'has events', eventTimestamp: MONDAY }),
        sampleEvent({ userId: 'buyer', anonymousId: 'named beside', eventTimestamp: MONDAY }),
        sampleEvent({ anonymousId: 'has a session', eventTimestamp: MONDAY - DAY_MS }),
        sampleEvent({ anonymousId: 'has metrics', sessionId: 'server', eventTimestamp: MONDAY - DAY_MS }),
        sampleEvent({ anonymousId: 'has nothing', sessionId: 'server', eventTimestamp: MONDAY - DAY_MS }),
      ])
      await store.linkIdentities([{ anonymousId: 'has events', userId: 'of a visitor' }])
      await store.linkIdentities([{ anonymousId: 'alone', userId: 'alone too' }])
      const [metrics] = await numbersOf(store, 'a:has metrics')
      const { bucket: _bucket, ...row } = (await computed(store))!
      await store.dropSealed(await store.sealDay('2026-01-11'))
      await store.rollups.replace({ grain: 'week', start: MONDAY }, [{ ...row, bucket: MONDAY, person: metrics! }])
      const ids = ['a:has events', 'u:buyer', 'a:named beside', 'a:has a session', 'a:has metrics', 'u:of a visitor']
      const kept = await numbersOf(store, ...ids)
      const gone = await numbersOf(store, 'a:has nothing', 'a:alone', 'u:alone too')

      assert.deepEqual(await store.expireIdentities(MONDAY), { rows: 0 }, 'all were first seen later')
      const soon = Date.now() + DAY_MS
      const { rows } = await store.expireIdentities(soon)
      // A user who has only a visitor without anything goes with the visitor, or when called again.
      assert.equal(rows + (await store.expireIdentities(soon)).rows, 3)
      assert.deepEqual(await store.expireIdentities(soon), { rows: 0 })
      assert.deepEqual(await numbersOf(store, ...ids), kept)
      assert.equal(await store.ownerOf('has events'), 'of a visitor')
      assert.equal(await store.ownerOf('alone'), undefined)
      const anew = await numbersOf(store, 'a:has nothing', 'a:alone', 'u:alone too')
      assert.equal(new Set([...kept, ...gone, ...anew]).size, ids.length + 6)
    },
  },
]

/** A row of metrics, of whomever. */
async function computed(store: HotStore) {
  await store.rollups.compute({ grain: 'day', start: MONDAY })
  const [row] = await allMetrics(store, 'day')
  await store.rollups.replace({ grain: 'day', start: MONDAY }, [])
  if (!row) return undefined
  const { userId: _userId, anonymousId: _anonymousId, ...rest } = row
  return rest
}
