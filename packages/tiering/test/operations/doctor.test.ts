import { describe, expect, it } from 'vitest'
import type { ObjectStore } from '../../src/object-store.js'
import type { DoctorResult } from '../../src/operations/doctor.js'
import { textBody } from '../../src/operations/transfer.js'
import { fileObjectStore } from '../../src/stores/file.js'
import { memoryObjectStore } from '../../src/stores/memory.js'
import { tempDir } from '../temp-dir.js'
import { createWorld } from '../world.js'

const wrong = ({ checks }: DoctorResult) => checks.filter(({ result }) => result !== 'ok').map(({ name }) => name)

async function examined(change: (store: ObjectStore) => Partial<ObjectStore>) {
  const clock = { now: () => 0 }
  const store = memoryObjectStore({ now: () => clock.now() })
  const world = createWorld(undefined, { ...store, ...change(store) })
  clock.now = () => world.time
  const result = await world.open().doctor()
  const left: string[] = []
  for await (const { name } of store.list('')) left.push(name)
  return { ...result, left }
}

describe('doctor', () => {
  it('finds nothing wrong with the stores that there are, and leaves nothing behind', async () => {
    const { ok, checks, left } = await examined(() => ({}))
    expect(checks.map(({ name }) => name)).toEqual([
      'database',
      'create-only',
      'checksums',
      'reads',
      'ranges',
      'listing',
      'clock',
      'deletion',
    ])
    expect({ ok, left }).toEqual({ ok: true, left: [] })
    const world = createWorld(undefined, fileObjectStore({ dir: tempDir() }))
    world.time = Date.now()
    expect(wrong(await world.open().doctor())).toEqual([])
    expect(await world.hot.records.list('meta', { prefix: 'doctor/' })).toEqual([])
  })

  it.each<[string, string[], (store: ObjectStore) => Partial<ObjectStore>]>([
    [
      'overwrites',
      ['create-only', 'reads', 'ranges', 'listing'],
      (store) => ({
        async put(name, body, options) {
          await store.delete(name)
          return store.put(name, body, options)
        },
      }),
    ],
    [
      'stores damaged bytes',
      ['checksums'],
      (store) => ({
        async put(name, body, options) {
          const parts: Uint8Array[] = []
          for await (const bytes of body.open()) parts.push(bytes)
          return store.put(name, textBody(Buffer.concat(parts).toString()), options)
        },
      }),
    ],
    ['knows no ranges', ['ranges'], (store) => ({ get: (name) => store.get(name) })],
    ['lists late', ['listing'], () => ({ async *list() {} })],
    [
      'has another clock',
      ['clock'],
      (store) => ({
        async head(name, options) {
          const info = await store.head(name, options)
          return info && { ...info, modifiedAt: info.modifiedAt - 3_600_000 }
        },
      }),
    ],
    ['deletes nothing', ['deletion'], () => ({ async delete() {} })],
    [
      'has settings against it',
      ['settings'],
      () => ({ inspect: async () => [{ severity: 'error' as const, message: 'A rule keeps everything.' }] }),
    ],
  ])('tells of a store that %s', async (_what, expected, change) => {
    const result = await examined(change)
    expect(result.ok).toBe(false)
    expect(wrong(result)).toEqual(expected)
  })

  it('goes on after a check that fails, and takes a warning for one', async () => {
    const result = await examined(() => ({
      async *list() {
        yield* []
        throw new Error('the text of somebody else')
      },
      inspect: async () => [{ severity: 'warning' as const, message: 'It costs something.' }],
    }))
    expect(wrong(result)).toEqual(['listing', 'settings'])
    expect(JSON.stringify(result)).not.toContain('somebody else')
  })

  it('tells of a database that does not compare and set', async () => {
    const world = createWorld()
    const { records } = world.hot
    const put = records.put.bind(records)
    records.put = async (kind, key, value, expected) => {
      const there = await records.get(kind, key)
      return put(kind, key, value, key.startsWith('doctor/') ? (there?.version ?? 0) : expected)
    }
    expect(wrong(await world.open().doctor())).toContain('database')
  })
})
