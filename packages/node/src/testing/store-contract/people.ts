import assert from 'node:assert/strict'
import type { ContractCase } from '@analytics/protocol/testing'
import type { HotStore } from '../../store.js'
import { sampleEvent } from '../sample-events.js'
import { given, numbersOf, type StoreContext, scanRows, sleep } from './support.js'

/** The numbers of people that ids stand for, links resolved. */
async function peopleOf(store: HotStore, ...ids: string[]): Promise<number[]> {
  const numbers = await numbersOf(store, ...ids)
  const { canonical } = await store.people()
  return numbers.map((number) => canonical[number]!)
}

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
      const { count, canonical } = await store.people()
      assert.ok(count >= 3 && canonical.length === count)
      for (const number of [user, visitor, stranger]) assert.ok(number! >= 0 && number! < count)
    },
  },
  {
    name: 'tells the numbers of people who have one, without giving any',
    async run({ store }) {
      await store.insertEvents([sampleEvent({ userId: 'u', anonymousId: 'a' }), sampleEvent({ userId: 'gone' })])
      const [user, visitor] = await numbersOf(store, 'u:u', 'a:a')
      const known = () =>
        store.knownNumbers([
          { userId: 'u', anonymousId: 'a' },
          { userId: null, anonymousId: 'u' },
          { userId: null, anonymousId: 'a' },
          { userId: 'nobody', anonymousId: null },
          { userId: 'u', anonymousId: null },
        ])
      const { count } = await store.people()
      assert.deepEqual([...(await known())], [user, -1, visitor, -1, user])
      assert.deepEqual([...(await known())], [user, -1, visitor, -1, user])
      assert.equal((await store.people()).count, count)
      assert.deepEqual([...(await store.knownNumbers([]))], [])
      await store.eraseSubject({ userIds: ['gone'], anonymousIds: [] })
      assert.deepEqual([...(await store.knownNumbers([{ userId: 'gone', anonymousId: null }]))], [-1])
    },
  },
  {
    name: "makes an anonymous visitor's number the user's, past events included, and keeps the first owner",
    async run({ store }) {
      await store.insertEvents([sampleEvent({ anonymousId: 'device' })])
      await store.linkIdentities([{ anonymousId: 'device', userId: 'anna' }])
      await sleep(3)
      await store.linkIdentities([
        { anonymousId: 'device', userId: 'ben' },
        { anonymousId: 'phone', userId: 'anna' },
      ])
      const [device, anna, ben, phone] = await numbersOf(store, 'a:device', 'u:anna', 'u:ben', 'a:phone')
      const { canonical } = await store.people()
      assert.equal(canonical[device!], anna)
      assert.equal(canonical[phone!], anna)
      assert.equal(canonical[ben!], ben)
      assert.deepEqual(await store.anonymousIdsOf('anna'), ['device', 'phone'])
      assert.deepEqual(await store.anonymousIdsOf('ben'), [])
    },
  },
  {
    name: 'tells whose an anonymous id is, and nothing of ids without an owner or a visitor',
    async run({ store }) {
      assert.equal(await store.ownerOf('nobody'), undefined)
      assert.deepEqual(await store.anonymousIdsOf('nobody'), [])
      await store.insertEvents([sampleEvent({ anonymousId: 'alone' }), sampleEvent({ userId: 'ulla' })])
      assert.equal(await store.ownerOf('alone'), undefined)
      assert.deepEqual(await store.anonymousIdsOf('ulla'), [])
      await store.linkIdentities([{ anonymousId: 'alone', userId: 'ulla' }])
      assert.equal(await store.ownerOf('alone'), 'ulla')
      assert.equal(await store.ownerOf('ulla'), undefined, "a user's id is no anonymous id")
      assert.deepEqual(await store.anonymousIdsOf('alone'), [])
    },
  },
  {
    name: 'lists the anonymous ids of a user, oldest link first, whatever their numbers',
    async run({ store }) {
      const ids = ['c', 'a', 'b', 'd']
      await numbersOf(store, 'a:a', 'a:b', 'a:c', 'a:d')
      for (const anonymousId of ids) {
        await store.linkIdentities([{ anonymousId, userId: 'anna' }])
        await sleep(3)
      }
      assert.deepEqual(await store.anonymousIdsOf('anna'), ids)
    },
  },
  {
    name: 'tells the ids of people by their numbers, in the order asked for, and none of numbers that nobody has',
    async run({ store }) {
      await store.insertEvents([sampleEvent({ anonymousId: 'alone' }), sampleEvent({ userId: 'ulla' })])
      const [anna, alone, ulla] = await numbersOf(store, 'u:anna', 'a:alone', 'u:ulla', 'a:first', 'a:second')
      for (const anonymousId of ['second', 'first']) {
        await store.linkIdentities([{ anonymousId, userId: 'anna' }])
        await sleep(3)
      }
      assert.deepEqual(await store.identitiesOf([ulla!, 1_000_000, anna!, alone!, ulla!]), [
        { userId: 'ulla', anonymousIds: [] },
        { userId: null, anonymousIds: [] },
        { userId: 'anna', anonymousIds: ['second', 'first'] },
        { userId: null, anonymousIds: ['alone'] },
        { userId: 'ulla', anonymousIds: [] },
      ])
      assert.deepEqual(await store.identitiesOf([]), [])
      await store.eraseSubject({ userIds: ['anna'], anonymousIds: ['first', 'second'] })
      assert.deepEqual(await store.identitiesOf([anna!]), [{ userId: null, anonymousIds: [] }])
    },
  },
  {
    name: 'tells the ids of thousands of people at once',
    async run({ store }) {
      const identities = Array.from({ length: 3000 }, (_, i) => ({ userId: `user ${i}`, anonymousId: null }))
      const numbers = [...(await store.personNumbers(identities))]
      assert.deepEqual(
        (await store.identitiesOf(numbers)).map(({ userId }) => userId),
        identities.map(({ userId }) => userId),
      )
    },
  },
  {
    name: 'links ids before they have an event, several in a call, the first of equal ones counting',
    async run({ store }) {
      await store.linkIdentities([])
      await store.linkIdentities([
        { anonymousId: 'early', userId: 'anna' },
        { anonymousId: 'early', userId: 'ben' },
        { anonymousId: 'early', userId: 'anna' },
        { anonymousId: 'other', userId: 'ben' },
      ])
      assert.deepEqual([await store.ownerOf('early'), await store.ownerOf('other')], ['anna', 'ben'])
      await store.insertEvents([sampleEvent({ anonymousId: 'early' }), sampleEvent({ userId: 'anna' })])
      const { canonical } = await store.people()
      const [anna] = await numbersOf(store, 'u:anna')
      assert.deepEqual(
        (await scanRows(store)).map(({ person }) => canonical[person]),
        [anna, anna],
      )
    },
  },
  {
    name: 'links the ids of an event that names both, with the event, whatever else its batch holds',
    async run({ store }) {
      await store.insertEvents([
        sampleEvent({ anonymousId: 'device', eventTimestamp: Date.UTC(2026, 0, 15, 11) }),
        sampleEvent({ userId: 'anna', anonymousId: 'device' }),
        sampleEvent({ userId: 'ben', anonymousId: 'device' }),
        sampleEvent({ userId: 'anna', anonymousId: 'device' }),
      ])
      assert.equal(await store.ownerOf('device'), 'anna')
      await store.insertEvents([sampleEvent({ userId: 'ben', anonymousId: 'device' })])
      assert.equal(await store.ownerOf('device'), 'anna')
      const [device, anna, ben] = await peopleOf(store, 'a:device', 'u:anna', 'u:ben')
      assert.equal(device, anna)
      assert.notEqual(ben, anna, 'two users of one device stay two')
      const { people } = await store.rollups.marks(100)
      assert.deepEqual(people, await numbersOf(store, 'a:device'))
    },
  },
  {
    name: 'makes no chains: equal names of users and visitors stay apart, and every link ends at a user',
    async run({ store }) {
      await store.linkIdentities([
        { anonymousId: 'x', userId: 'y' },
        { anonymousId: 'y', userId: 'z' },
        { anonymousId: 'z', userId: 'x' },
        { anonymousId: 'same', userId: 'same' },
      ])
      const users = await numbersOf(store, 'u:y', 'u:z', 'u:x', 'u:same')
      assert.deepEqual(await peopleOf(store, 'a:x', 'a:y', 'a:z', 'a:same'), users)
      assert.deepEqual(await peopleOf(store, 'u:y', 'u:z', 'u:x', 'u:same'), users)
      const { canonical } = await store.people()
      for (const person of canonical) assert.equal(canonical[person], person, 'resolved at once')
    },
  },
  {
    name: 'tells users and visitors of the same name apart when one of them is erased',
    async run({ store }) {
      await store.linkIdentities([
        { anonymousId: 'same', userId: 'anna' },
        { anonymousId: 'other', userId: 'same' },
      ])
      await store.eraseSubject({ userIds: ['same'], anonymousIds: ['other'] })
      assert.deepEqual([await store.ownerOf('same'), await store.ownerOf('other')], ['anna', undefined])
      assert.deepEqual(await peopleOf(store, 'a:same'), await numbersOf(store, 'u:anna'))
    },
  },
  {
    name: 'numbers thousands of ids at once, new and known mixed, each once',
    async run({ store }) {
      const identities = Array.from({ length: 3000 }, (_, i) =>
        i % 3 === 0 ? { userId: `user ${i}`, anonymousId: null } : { userId: null, anonymousId: `visitor ${i}` },
      )
      const known = await store.personNumbers(identities.filter((_, i) => i % 5 === 0))
      const numbers = await store.personNumbers(identities)
      assert.equal(numbers.length, 3000)
      assert.equal(new Set(numbers).size, 3000)
      assert.deepEqual(
        numbers.filter((_, i) => i % 5 === 0),
        known,
      )
      const twice = [...identities.slice(0, 10), ...identities.slice(0, 10)]
      assert.deepEqual([...(await store.personNumbers(twice))], [...numbers.slice(0, 10), ...numbers.slice(0, 10)])
      assert.deepEqual(await store.personNumbers([...identities].reverse()), numbers.reverse())
      assert.deepEqual(await store.personNumbers([]), new Int32Array(0))
    },
  },
  {
    name: 'gives an id one number, however many ask for it at the same time',
    async run({ store }) {
      const identities = Array.from({ length: 50 }, (_, i) => ({ userId: null, anonymousId: `visitor ${i}` }))
      const asked = Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? identities : [...identities].reverse()))
      const [first, ...others] = await Promise.all(asked.map((some) => store.personNumbers(some)))
      assert.equal(new Set(first).size, 50)
      for (const [i, numbers] of others.entries())
        assert.deepEqual([...(i % 2 === 0 ? [...numbers].reverse() : numbers)], [...first!])
    },
  },
  {
    name: 'gives an anonymous id one owner, however many link it at the same time',
    async run({ store }) {
      const users = Array.from({ length: 12 }, (_, i) => `user ${i}`)
      await Promise.all(users.map((userId) => store.linkIdentities([{ anonymousId: 'device', userId }])))
      const owner = await store.ownerOf('device')
      assert.ok(owner !== undefined && users.includes(owner))
      assert.deepEqual(await peopleOf(store, 'a:device'), await numbersOf(store, `u:${owner}`))
      const lists = await Promise.all(users.map((userId) => store.anonymousIdsOf(userId)))
      assert.deepEqual(lists.flat(), ['device'])
    },
  },
  {
    name: 'keeps numbers, links and the identity of the numbering over a reopening',
    requires: 'durable',
    async run({ store, reopen }) {
      const ids = ['a:device', 'u:anna', 'a:phone', 'u:ben']
      const numbers = await numbersOf(store, ...ids)
      await store.linkIdentities([{ anonymousId: 'device', userId: 'anna' }])
      const before = { people: await store.people(), dictionary: await store.dictionaryId() }
      const again = await given(reopen, 'reopen')()
      assert.deepEqual({ people: await again.people(), dictionary: await again.dictionaryId() }, before)
      assert.ok(before.dictionary.length > 0)
      assert.deepEqual(await numbersOf(again, ...[...ids].reverse()), [...numbers].reverse())
      const [fresh] = await numbersOf(again, 'a:new')
      assert.ok(!numbers.includes(fresh!))
    },
  },
  {
    name: 'shows ids, numbers and links of one store to another over the same data',
    requires: 'shared',
    async run({ store, another }) {
      const other = await given(another, 'another')()
      const ids = Array.from({ length: 40 }, (_, i) => `a:visitor ${i}`)
      const both = await Promise.all([numbersOf(store, ...ids), numbersOf(other, ...[...ids].reverse())])
      assert.deepEqual(both[0], both[1].reverse())
      assert.equal(new Set(both[0]).size, 40)
      await other.people()
      await store.linkIdentities([{ anonymousId: 'visitor 0', userId: 'anna' }])
      const [anna] = await numbersOf(other, 'u:anna')
      assert.equal((await other.people()).canonical[both[0][0]!], anna)
      await other.linkIdentities([
        { anonymousId: 'visitor 0', userId: 'ben' },
        { anonymousId: 'visitor 1', userId: 'anna' },
      ])
      assert.deepEqual(await peopleOf(store, 'a:visitor 0', 'a:visitor 1'), [anna, anna])
      assert.deepEqual((await store.people()).canonical, (await other.people()).canonical)
      assert.equal(await store.dictionaryId(), await other.dictionaryId())
    },
  },
]
