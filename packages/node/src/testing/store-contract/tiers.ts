import assert from 'node:assert/strict'
import { DAY_MS, dayOf, dayStart } from '@analytics/protocol'
import type { ContractCase } from '@analytics/protocol/testing'
import { brokenAuditLink } from '../../records/audit.js'
import { sampleEvent, sampleEvents } from '../sample-events.js'
import { byId, collect, type StoreContext, scanRows, withoutPerson } from './support.js'

/** What a store does for the tiers: days, seals, records, leases, the audit chain. */
export const tierCases: ContractCase<StoreContext>[] = [
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
      const within = { from: dayStart('2026-01-10') + DAY_MS - 1, to: dayStart('2026-01-12') }
      assert.deepEqual(await store.listDays(within), days.slice(0, 2))
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
    name: 'renews a lease for its owner, however many renewals meet',
    async run({ store }) {
      const renewals = Array.from({ length: 6 }, () => store.acquireLease('work', { owner: 'a', ttlMs: 60_000 }))
      assert.deepEqual(
        (await Promise.all(renewals)).map((lease) => lease?.epoch),
        Array(6).fill(1),
      )
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
