import assert from 'node:assert/strict'
import type { ContractCase } from '@analytics/protocol/testing'
import { sampleEvent } from '../sample-events.js'
import { type StoreContext, scanRows } from './support.js'

/** How a store numbers people and links their ids. */
export const peopleCases: ContractCase<StoreContext>[] = [
  {
    name: 'numbers people densely, the same id always the same',
    async run({ store }) {
      await store.insertEvents([
        sampleEvent({ userId: 'u', anonymousId: 'a' }),
        sampleEvent({ anonymousId: 'a' }),
        sampleEvent({ userId: 'u' }),
      ])
      const [user, visitor, stranger] = await store.personNumbers([
        { userId: 'u', anonymousId: 'a' },
        { userId: null, anonymousId: 'a' },
        { userId: null, anonymousId: 'u' },
      ])
      const numbers = (await scanRows(store)).map(({ person }) => person).sort()
      assert.deepEqual(numbers, [user, user, visitor].sort())
      assert.equal(new Set([user, visitor, stranger]).size, 3)
      assert.ok((await store.people()).count >= 3)
    },
  },
  {
    name: "makes an anonymous visitor's number the user's, past events included, and keeps the first owner",
    async run({ store }) {
      await store.insertEvents([sampleEvent({ anonymousId: 'device' })])
      await store.linkIdentities([{ anonymousId: 'device', userId: 'anna' }])
      await store.linkIdentities([
        { anonymousId: 'device', userId: 'ben' },
        { anonymousId: 'phone', userId: 'anna' },
      ])
      const [device, anna, ben, phone] = await store.personNumbers([
        { userId: null, anonymousId: 'device' },
        { userId: 'anna', anonymousId: null },
        { userId: 'ben', anonymousId: null },
        { userId: null, anonymousId: 'phone' },
      ])
      const { canonical } = await store.people()
      assert.equal(canonical[device!], anna)
      assert.equal(canonical[phone!], anna)
      assert.equal(canonical[ben!], ben)
      assert.deepEqual(await store.anonymousIdsOf('anna'), ['device', 'phone'])
      assert.deepEqual(await store.anonymousIdsOf('ben'), [])
    },
  },
]
