import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { errorCode } from '@analytics/protocol'
import type { ContractCase } from '@analytics/protocol/testing'
import type { ObjectBody, ObjectStore } from '../object-store.js'

/** What a case of {@link objectStoreContract} gets: an empty store of its own. */
export interface ObjectStoreContext {
  store: ObjectStore
  /** The same objects through a new adapter; for stores that are `durable`. */
  reopen?(): Promise<ObjectStore>
  /** Lets that much time pass for the store; archiving and restores are expected to be done in an hour. */
  advance?(ms: number): Promise<void>
}

const HOUR_MS = 3_600_000

function bodyOf(text: string, announced: Partial<ObjectBody> = {}): ObjectBody {
  const bytes = Buffer.from(text)
  return {
    size: bytes.byteLength,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    async *open() {
      // In two parts, as streams come.
      yield bytes.subarray(0, 3)
      yield bytes.subarray(3)
    },
    ...announced,
  }
}

async function textOf(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = []
  for await (const part of bytes) parts.push(Buffer.from(part))
  return Buffer.concat(parts).toString()
}

async function namesOf(store: ObjectStore, prefix: string): Promise<string[]> {
  const names: string[] = []
  for await (const { name } of store.list(prefix)) names.push(name)
  return names
}

const hasCode = (code: string) => (error: unknown) => errorCode(error) === code

/** Archives an object, however often the store wants to be called. */
async function archive(store: ObjectStore, name: string, advance: ObjectStoreContext['advance']): Promise<void> {
  let result = await store.archive(name)
  if (result.status === 'pending') {
    await advance!(HOUR_MS)
    result = await store.archive(name, { ticket: result.ticket })
  }
  assert.equal(result.status, 'archived')
}

/** What every object store does. Cases with `requires` need that capability of the store. */
export const objectStoreContract: readonly ContractCase<ObjectStoreContext>[] = [
  {
    name: 'returns the bytes that were put, whole and in ranges',
    async run({ store }) {
      assert.equal((await store.put('events/dt=2026-08-01/a.parquet', bodyOf('0123456789'))).status, 'created')
      assert.equal(await textOf(store.get('events/dt=2026-08-01/a.parquet')), '0123456789')
      assert.equal(await textOf(store.get('events/dt=2026-08-01/a.parquet', { start: 2, end: 5 })), '234')
      assert.equal(await textOf(store.get('events/dt=2026-08-01/a.parquet', { start: 8 })), '89')
      assert.equal(await textOf(store.get('events/dt=2026-08-01/a.parquet', { start: 4, end: 4 })), '')
    },
  },
  {
    name: 'never overwrites an object',
    async run({ store }) {
      await store.put('a', bodyOf('first'))
      assert.equal((await store.put('a', bodyOf('second'))).status, 'exists')
      assert.equal(await textOf(store.get('a')), 'first')
    },
  },
  {
    name: 'lets one of several puts of the same name win, whole',
    async run({ store }) {
      const bodies = ['one one', 'two two', 'three three'].map((text) => bodyOf(text))
      const results = await Promise.all(bodies.map((body) => store.put('a', body)))
      assert.equal(results.filter(({ status }) => status === 'created').length, 1)
      const winner = results.findIndex(({ status }) => status === 'created')
      assert.equal(await textOf(store.get('a')), await textOf(bodies[winner]!.open()))
    },
  },
  {
    name: 'stores nothing when size or checksum are not those announced',
    async run({ store }) {
      const other = bodyOf('other').sha256
      await assert.rejects(store.put('a', bodyOf('bytes', { sha256: other })), hasCode('checksum_mismatch'))
      await assert.rejects(store.put('a', bodyOf('bytes', { size: 9 })), hasCode('checksum_mismatch'))
      assert.equal(await store.head('a'), undefined)
      assert.deepEqual(await namesOf(store, ''), [])
    },
  },
  {
    name: 'stores nothing when the source of the bytes fails',
    async run({ store }) {
      const broken: ObjectBody = {
        ...bodyOf('bytes'),
        async *open() {
          yield Buffer.from('by')
          throw new Error('the source broke')
        },
      }
      await assert.rejects(store.put('a', broken))
      assert.equal(await store.head('a'), undefined)
      assert.equal((await store.put('a', bodyOf('bytes'))).status, 'created')
    },
  },
  {
    name: 'tells size, tag and tier of an object, and nothing of one that is not there',
    async run({ store }) {
      const put = await store.put('a', bodyOf('bytes'))
      const info = await store.head('a')
      assert.equal(info?.size, 5)
      assert.equal(info?.tier, 'cold')
      assert.equal(info?.archivalState, 'available')
      assert.ok(put.status === 'created' && put.etag === info?.etag)
      assert.equal(await store.head('b'), undefined)
      await assert.rejects(textOf(store.get('b')), hasCode('object_not_found'))
    },
  },
  {
    name: 'lists by prefix in the order of names, and nothing of its own',
    async run({ store }) {
      for (const name of ['b/a', 'a-b', 'a/b', 'a/b-c/d', 'a/c', 'a0']) await store.put(name, bodyOf(name))
      assert.deepEqual(await namesOf(store, ''), ['a-b', 'a/b', 'a/b-c/d', 'a/c', 'a0', 'b/a'])
      assert.deepEqual(await namesOf(store, 'a/b'), ['a/b', 'a/b-c/d'])
      assert.deepEqual(await namesOf(store, 'c'), [])
    },
  },
  {
    name: 'deletes an object, and takes one that is not there as deleted',
    async run({ store }) {
      await store.put('a/b', bodyOf('bytes'))
      await store.delete('a/b')
      await store.delete('a/b')
      assert.equal(await store.head('a/b'), undefined)
      assert.equal((await store.put('a/b', bodyOf('again'))).status, 'created')
    },
  },
  {
    name: 'refuses names that are not made for every store',
    async run({ store }) {
      for (const name of [
        '',
        '/a',
        'a/',
        'a//b',
        '../a',
        'a/../b',
        '.',
        '.tmp/a',
        'a/.meta',
        'a b',
        'a\0',
        'ä',
        'a\\b',
      ]) {
        await assert.rejects(store.put(name, bodyOf('bytes')), hasCode('invalid_options'), name)
        await assert.rejects(textOf(store.get(name)), hasCode('invalid_options'), name)
      }
    },
  },
  {
    name: 'keeps objects when it is opened again',
    requires: 'durable',
    async run({ store, reopen }) {
      await store.put('a/b', bodyOf('bytes'))
      await store.close()
      const again = await reopen!()
      assert.equal(await textOf(again.get('a/b')), 'bytes')
      assert.equal((await again.put('a/b', bodyOf('other'))).status, 'exists')
    },
  },
  {
    name: 'refuses to read an archived object until it is restored, and again afterwards',
    requires: 'archive',
    async run({ store, advance }) {
      await store.put('a', bodyOf('bytes'))
      await archive(store, 'a', advance)
      assert.equal((await store.archive('a')).status, 'archived')
      assert.deepEqual([(await store.head('a'))?.tier, (await store.head('a'))?.archivalState], ['archive', 'archived'])
      await assert.rejects(textOf(store.get('a')), hasCode('object_archived'))
      await store.restore('a', { hours: 2 })
      await advance!(HOUR_MS)
      assert.equal((await store.head('a'))?.archivalState, 'restored')
      assert.equal(await textOf(store.get('a')), 'bytes')
      await advance!(4 * HOUR_MS)
      assert.equal((await store.head('a'))?.archivalState, 'archived')
      await assert.rejects(textOf(store.get('a')), hasCode('object_archived'))
    },
  },
  {
    name: 'lists, deletes and never overwrites an object in the archive tier, or on its way there',
    requires: 'archive',
    async run({ store, advance }) {
      for (const name of ['a', 'b', 'c', 'd']) await store.put(name, bodyOf(name))
      await archive(store, 'b', advance)
      await archive(store, 'd', advance)
      await store.archive('c')
      assert.deepEqual(await namesOf(store, ''), ['a', 'b', 'c', 'd'])
      assert.equal((await store.put('b', bodyOf('other'))).status, 'exists')
      for (const name of ['b', 'c']) await store.delete(name)
      await advance!(HOUR_MS)
      assert.equal(await store.head('b'), undefined)
      assert.deepEqual(await namesOf(store, ''), ['a', 'd'])
      assert.equal((await store.put('b', bodyOf('again'))).status, 'created')
    },
  },
  {
    name: 'goes on with a ticket of another adapter, and takes one that it does not know as none',
    requires: 'archive',
    async run({ store, reopen, advance }) {
      await store.put('a', bodyOf('bytes'))
      const begun = await store.archive('a', { ticket: 'unknown' })
      await advance!(HOUR_MS)
      const again = (await reopen?.()) ?? store
      const ended = await again.archive('a', begun.status === 'pending' ? { ticket: begun.ticket } : {})
      assert.equal(ended.status, 'archived')
      assert.equal((await again.head('a'))?.tier, 'archive')
    },
  },
  {
    name: 'puts straight into the archive tier, and refuses a restore of hours out of range',
    requires: 'archive',
    async run({ store }) {
      await store.put('a', bodyOf('bytes'), { tier: 'archive' })
      assert.equal((await store.head('a'))?.archivalState, 'archived')
      await assert.rejects(store.restore('a', { hours: 241 }), hasCode('invalid_options'))
      await assert.rejects(store.archive('b'), hasCode('object_not_found'))
    },
  },
  {
    name: 'stops when the signal has aborted, and stores nothing',
    async run({ store }) {
      const signal = AbortSignal.abort()
      await assert.rejects(store.put('a', bodyOf('bytes'), { signal }), hasCode('aborted'))
      assert.equal(await store.head('a'), undefined)
    },
  },
]
