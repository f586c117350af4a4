import { createHash, randomBytes } from 'node:crypto'
import { memoryRecords } from '@analytics/protocol/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openedSize, sealedSize } from '../../src/encryption/chunks.js'
import { encryptedStore } from '../../src/encryption/encrypted-store.js'
import { objectKeys } from '../../src/encryption/keys.js'
import type { ObjectBody, ObjectStore } from '../../src/object-store.js'
import { memoryObjectStore } from '../../src/stores/memory.js'
import { objectStoreContract } from '../../src/testing/index.js'
import { runContract } from '../run-contract.js'

const newKey = () => randomBytes(32).toString('base64')
const everything = () => true
const CHUNK = 64 * 1024
const SEALED_CHUNK = CHUNK + 16
const NAME = 'events/dt=2026-08-01/a.parquet'

function bodyOf(bytes: Uint8Array): ObjectBody {
  return {
    size: bytes.byteLength,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    async *open() {
      for (let start = 0; start < bytes.byteLength; start += 50_000) yield bytes.subarray(start, start + 50_000)
    },
  }
}

async function bytesOf(parts: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = []
  for await (const part of parts) all.push(part)
  return Buffer.concat(all)
}

function encrypted(inner: ObjectStore = memoryObjectStore()) {
  const keys = objectKeys(memoryRecords(), { keys: { a: newKey() }, current: 'a' })
  return { inner, keys, store: encryptedStore(inner, keys, everything) }
}

/** Puts other bytes in place of an object's. */
async function replace(store: ObjectStore, bytes: Uint8Array): Promise<void> {
  await store.delete(NAME)
  await store.put(NAME, bodyOf(bytes))
}

describe('encryptedStore', () => {
  runContract(
    objectStoreContract,
    async () => {
      let time = Date.UTC(2026, 7, 1)
      const advance = async (ms: number) => {
        time += ms
      }
      const { store } = encrypted(memoryObjectStore({ now: () => time, restoreDelayMs: 60_000 }))
      return { context: { store, advance } }
    },
    (capability) => capability !== 'durable',
  )

  it('gives back any body and any range of it, and tells its size', async () => {
    const sizes = fc.oneof(
      fc.constantFrom(0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK - 16),
      fc.nat(4 * CHUNK),
    )
    await fc.assert(
      fc.asyncProperty(sizes, fc.nat(), fc.nat(), async (size, from, length) => {
        const { store, inner } = encrypted()
        const bytes = randomBytes(size)
        await store.put(NAME, bodyOf(bytes))
        expect((await store.head(NAME))?.size).toBe(size)
        expect((await inner.head(NAME))?.size).toBe(sealedSize(size))
        expect(openedSize(sealedSize(size))).toBe(size)
        expect((await bytesOf(store.get(NAME))).equals(bytes)).toBe(true)
        const start = size === 0 ? 0 : from % size
        const end = Math.min(size, start + (length % (2 * CHUNK)))
        expect((await bytesOf(store.get(NAME, { start, end }))).equals(bytes.subarray(start, end))).toBe(true)
        expect((await bytesOf(store.get(NAME, { start }))).equals(bytes.subarray(start))).toBe(true)
      }),
      { numRuns: 60, seed: 1 },
    )
  })

  it('lets the store see nothing', async () => {
    const { store, inner } = encrypted()
    await store.put(NAME, bodyOf(Buffer.from('secret '.repeat(20_000))))
    expect((await bytesOf(inner.get(NAME))).includes('secret')).toBe(false)
  })

  it.each([
    ['a bit was flipped', (bytes: Buffer) => bytes.fill(bytes[70_000]! ^ 1, 70_000, 70_001)],
    ['the end is missing', (bytes: Buffer) => bytes.subarray(0, 2 * SEALED_CHUNK)],
    ['chunks changed places', (bytes: Buffer) => Buffer.concat([1, 0, 2].map((i) => chunkOf(bytes, i)))],
    ['a chunk came twice', (bytes: Buffer) => Buffer.concat([0, 0, 1, 2].map((i) => chunkOf(bytes, i)))],
    ['something was added', (bytes: Buffer) => Buffer.concat([bytes, randomBytes(40)])],
    ['nothing is left', () => Buffer.alloc(0)],
  ])('notices that %s', async (_what, change) => {
    const { store, inner } = encrypted()
    await store.put(NAME, bodyOf(randomBytes(2 * CHUNK + 500)))
    await replace(inner, change(Buffer.from(await bytesOf(inner.get(NAME)))))
    await expect(bytesOf(store.get(NAME))).rejects.toMatchObject({ code: 'checksum_mismatch' })
  })

  it('does not take the bytes of one object for those of another', async () => {
    const { store, inner } = encrypted()
    await store.put(NAME, bodyOf(Buffer.from('one')))
    await store.put('events/other', bodyOf(Buffer.from('two')))
    await replace(inner, await bytesOf(inner.get('events/other')))
    await expect(bytesOf(store.get(NAME))).rejects.toMatchObject({ code: 'checksum_mismatch' })
  })

  it('reads what was put without a key, and leaves other names alone', async () => {
    const inner = memoryObjectStore()
    await inner.put(NAME, bodyOf(Buffer.from('plain')))
    const keys = objectKeys(memoryRecords(), { keys: { a: newKey() }, current: 'a' })
    const store = encryptedStore(inner, keys, (name) => name.startsWith('events/'))
    expect((await bytesOf(store.get(NAME))).toString()).toBe('plain')
    expect((await store.head(NAME))?.size).toBe(5)
    await store.put('_tiering/a.json', bodyOf(Buffer.from('{}')))
    expect((await bytesOf(inner.get('_tiering/a.json'))).toString()).toBe('{}')
  })

  it('destroys the key with the object', async () => {
    const { store, inner, keys } = encrypted()
    await store.put(NAME, bodyOf(Buffer.from('secret')))
    const copy = await bytesOf(inner.get(NAME))
    await store.delete(NAME)
    expect(await keys.find(NAME)).toBeUndefined()
    await inner.put(NAME, bodyOf(copy))
    expect((await bytesOf(store.get(NAME))).includes('secret')).toBe(false)
  })
})

function chunkOf(bytes: Buffer, number: number): Buffer {
  return bytes.subarray(number * SEALED_CHUNK, (number + 1) * SEALED_CHUNK)
}

describe('objectKeys', () => {
  it('are wrapped anew by rotation, after which the old key is not needed', async () => {
    const records = memoryRecords()
    const [a, b] = [newKey(), newKey()]
    const before = objectKeys(records, { keys: { a }, current: 'a' })
    const made = await Promise.all(['x', 'y', 'z'].map((name) => before.make(name)))
    const both = objectKeys(records, { keys: { a, b }, current: 'b' })
    await both.make('w')
    expect(await both.rotate()).toEqual({ keys: 4, rotated: 3 })
    expect(await both.rotate()).toEqual({ keys: 4, rotated: 0 })
    const after = objectKeys(records, { keys: { b }, current: 'b' })
    for (const [i, name] of ['x', 'y', 'z'].entries()) expect((await after.find(name))?.equals(made[i]!)).toBe(true)
    const onlyOld = objectKeys(records, { keys: { a }, current: 'a' })
    await expect(onlyOld.find('x')).rejects.toMatchObject({ code: 'invalid_options', field: 'encryption.keys' })
    await expect(onlyOld.rotate()).rejects.toMatchObject({ code: 'invalid_options' })
  })

  it('are one where two workers make it at the same time', async () => {
    const records = memoryRecords()
    const options = { keys: { a: newKey() }, current: 'a' }
    const [one, two] = await Promise.all([1, 2].map(() => objectKeys(records, options).make('x')))
    expect(one!.equals(two!)).toBe(true)
  })

  it('are bound to the name of their object, and never stored as they are', async () => {
    const records = memoryRecords()
    const options = { keys: { a: newKey() }, current: 'a' }
    const key = await objectKeys(records, options).make('x')
    const record = (await records.get<object>('meta', 'object-key/x'))!
    expect(JSON.stringify(record)).not.toContain(key.toString('base64'))
    await records.put('meta', 'object-key/y', record.value, 0)
    await expect(objectKeys(records, options).find('y')).rejects.toMatchObject({ code: 'invalid_options' })
  })

  it.each([
    [{ keys: {}, current: 'a' }, 'encryption.current'],
    [{ keys: { a: newKey() }, current: 'b' }, 'encryption.current'],
    [{ keys: { a: 'short' }, current: 'a' }, 'encryption.keys'],
  ])('refuse %j', (options, field) => {
    expect(() => objectKeys(memoryRecords(), options as never)).toThrow(
      expect.objectContaining({ code: 'invalid_options', field }),
    )
  })
})
