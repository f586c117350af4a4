import assert from 'node:assert/strict'
import type { Lease } from '@analytics/protocol'
import type { ContractCase } from '@analytics/protocol/testing'
import { given, type StoreContext, sleep } from './support.js'

const LONG = 60_000
const SHORT = 150

/** How a store hands work to one owner at a time. */
export const leaseCases: ContractCase<StoreContext>[] = [
  {
    name: 'gives a lease to one owner at a time, renews it, and raises its epoch with each new owner',
    async run({ store }) {
      const first = await store.acquireLease('work', { owner: 'a', ttlMs: LONG })
      assert.equal(first?.epoch, 1)
      assert.equal(await store.acquireLease('work', { owner: 'b', ttlMs: LONG }), undefined)
      assert.equal((await store.acquireLease('work', { owner: 'a', ttlMs: LONG }))?.epoch, 1)
      await store.releaseLease(first!)
      const second = await store.acquireLease('work', { owner: 'b', ttlMs: LONG })
      assert.equal(second?.epoch, 2)
      await store.releaseLease(first!)
      assert.equal(await store.acquireLease('work', { owner: 'a', ttlMs: LONG }), undefined)
    },
  },
  {
    name: 'renews a lease for its owner, however many renewals meet',
    async run({ store }) {
      const renewals = Array.from({ length: 6 }, () => store.acquireLease('work', { owner: 'a', ttlMs: LONG }))
      assert.deepEqual(
        (await Promise.all(renewals)).map((lease) => lease?.epoch),
        Array(6).fill(1),
      )
    },
  },
  {
    name: 'gives a lease to one of many who want it at the same time, and each name to its own',
    async run({ store }) {
      const names = ['one', 'two', 'drei 😀', "it's; --"]
      const tries = names.flatMap((name) =>
        Array.from({ length: 6 }, (_, i) => store.acquireLease(name, { owner: `owner ${i}`, ttlMs: LONG })),
      )
      const held = (await Promise.all(tries)).filter((lease): lease is Lease => lease !== undefined)
      assert.deepEqual(held.map(({ name }) => name).sort(), [...names].sort())
      for (const { epoch } of held) assert.equal(epoch, 1)
    },
  },
  {
    name: 'lets a lease expire by the clock of the store, and tells its late owner by the epoch',
    async run({ store }) {
      const first = await store.acquireLease('work', { owner: 'a', ttlMs: SHORT })
      assert.equal(first?.epoch, 1)
      assert.equal(await store.acquireLease('work', { owner: 'b', ttlMs: SHORT }), undefined)
      await sleep(SHORT + 20)
      const second = await store.acquireLease('work', { owner: 'b', ttlMs: LONG })
      assert.deepEqual(second, { name: 'work', owner: 'b', epoch: 2 })
      assert.equal(await store.acquireLease('work', { owner: 'a', ttlMs: LONG }), undefined)
      await store.releaseLease(first!)
      assert.equal(await store.acquireLease('work', { owner: 'a', ttlMs: LONG }), undefined, "it is b's")
    },
  },
  {
    name: 'raises the epoch also for the owner who comes back after the lease had expired or was given up',
    async run({ store }) {
      const first = await store.acquireLease('work', { owner: 'a', ttlMs: SHORT })
      await sleep(SHORT + 20)
      const second = await store.acquireLease('work', { owner: 'a', ttlMs: LONG })
      assert.deepEqual([first?.epoch, second?.epoch], [1, 2])
      await store.releaseLease(first!)
      assert.equal(await store.acquireLease('work', { owner: 'b', ttlMs: LONG }), undefined, 'the old lease is no more')
      await store.releaseLease(second!)
      await store.releaseLease(second!)
      assert.equal((await store.acquireLease('work', { owner: 'a', ttlMs: LONG }))?.epoch, 3)
    },
  },
  {
    name: 'keeps a lease alive while its owner renews it',
    async run({ store }) {
      for (let i = 0; i < 4; i++) {
        assert.equal((await store.acquireLease('work', { owner: 'a', ttlMs: SHORT }))?.epoch, 1)
        await sleep(SHORT / 2)
        assert.equal(await store.acquireLease('work', { owner: 'b', ttlMs: SHORT }), undefined)
      }
    },
  },
  {
    name: 'gives up nothing for a lease that was never given',
    async run({ store }) {
      await store.releaseLease({ name: 'unknown', owner: 'a', epoch: 1 })
      const held = await store.acquireLease('work', { owner: 'a', ttlMs: LONG })
      await store.releaseLease({ ...held!, owner: 'b' })
      await store.releaseLease({ ...held!, epoch: 7 })
      assert.equal(await store.acquireLease('work', { owner: 'b', ttlMs: LONG }), undefined)
    },
  },
  {
    name: 'lets one of two workers in stores of their own hold a lease, turn by turn',
    requires: 'shared',
    async run({ store, another }) {
      const stores = [store, await given(another, 'another')()]
      let holders = 0
      const epochs: number[] = []
      const worker = async (i: number) => {
        for (let turns = 0; turns < 5; ) {
          const lease = await stores[i]!.acquireLease('work', { owner: `worker ${i}`, ttlMs: LONG })
          if (!lease) {
            await sleep(3)
            continue
          }
          holders++
          assert.equal(holders, 1, 'nobody else holds it')
          epochs.push(lease.epoch)
          await sleep(2)
          holders--
          await stores[i]!.releaseLease(lease)
          turns++
        }
      }
      await Promise.all([worker(0), worker(1)])
      assert.deepEqual(epochs, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    },
  },
]
