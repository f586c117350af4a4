import { createHash, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { afterAll, describe, expect, it } from 'vitest'
import type { SegmentFacts } from '../../src/catalog.js'
import { createSegmentCache } from '../../src/read/segment-cache.js'
import { memoryObjectStore } from '../../src/stores/memory.js'
import { createTempFiles } from '../../src/temp-files.js'
import { tempDir } from '../temp-dir.js'

const dir = tempDir()
const tempFiles = createTempFiles(dir)
afterAll(() => tempFiles.removeAll())

const SIZE = 2 ** 20

/** An object, and a cache that counts what it asks the store for. */
async function createCached(maxBytes = 100 * SIZE) {
  const cold = memoryObjectStore()
  const asked: { name: string; start?: number; end?: number }[] = []
  const counted = {
    ...cold,
    get: (name: string, options: { start?: number; end?: number } = {}) => {
      asked.push({ name, ...options })
      return cold.get(name, options)
    },
  }
  const objects = new Map<string, Buffer>()
  async function put(objectName: string): Promise<SegmentFacts> {
    const bytes = randomBytes(SIZE)
    objects.set(objectName, bytes)
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    const open = async function* () {
      yield bytes
    }
    await cold.put(objectName, { size: SIZE, sha256, open })
    return { objectName, size: SIZE, sha256 } as SegmentFacts
  }
  const cache = createSegmentCache({ cold: counted, tempFiles, maxBytes })
  const stats = { segments: 0, bytes: 0, requests: 0 }
  return { cache, put, objects, asked, stats }
}

describe('the cache of segments', () => {
  it('fetches the parts that are asked for, each once, and puts them in their places', async () => {
    const { cache, put, objects, asked, stats } = await createCached()
    const facts = await put('a')
    const part = { start: 300_000, end: 310_000 }
    const open = cache.open(facts, stats)
    const footer = { start: SIZE - 1000, end: SIZE }
    await open.source.file([footer])
    const path = await open.source.file([footer, part])
    const [local, bytes] = [readFileSync(path), objects.get('a')!]
    expect(local.length).toBe(SIZE)
    for (const { start, end } of [footer, part]) {
      expect(local.subarray(start, end).equals(bytes.subarray(start, end))).toBe(true)
    }
    expect(asked).toEqual([
      { name: 'a', ...footer },
      { name: 'a', ...part },
    ])
    expect(stats).toMatchObject({ requests: 2, bytes: 11_000 })
    await open.release()

    const again = cache.open(facts, stats)
    expect(await again.source.file([part])).toBe(path)
    expect(asked).toHaveLength(2)
    await again.release()
  })

  it('fetches the whole where most of it is asked for, and checks it', async () => {
    const { cache, put, objects, asked, stats } = await createCached()
    const facts = await put('a')
    const open = cache.open(facts, stats)
    const path = await open.source.file([{ start: 0, end: SIZE - 10 }])
    expect(readFileSync(path).equals(objects.get('a')!)).toBe(true)
    await open.source.file()
    expect(asked).toEqual([{ name: 'a' }])
    await open.release()

    const other = cache.open({ ...(await put('b')), sha256: '0'.repeat(64) }, stats)
    await expect(other.source.file()).rejects.toMatchObject({ code: 'checksum_mismatch' })
    await other.release()
  })

  it('asks once for what several want at the same time', async () => {
    const { cache, put, asked, stats } = await createCached()
    const facts = await put('a')
    const opened = Array.from({ length: 5 }, () => cache.open(facts, stats))
    const paths = await Promise.all(opened.map(({ source }) => source.file()))
    expect(new Set(paths).size).toBe(1)
    expect(asked).toHaveLength(1)
    await Promise.all(opened.map((one) => one.release()))
  })

  it('lets go of what was used longest ago, but of nothing that is open', async () => {
    const { cache, put, asked, stats } = await createCached(2 * SIZE)
    const [a, b, c] = [await put('a'), await put('b'), await put('c')]
    const read = async (facts: SegmentFacts) => {
      const open = cache.open(facts, stats)
      await open.source.file()
      return open
    }
    const held = await read(a)
    await (await read(b)).release()
    await (await read(c)).release()
    expect(asked.map(({ name }) => name)).toEqual(['a', 'b', 'c'])
    await (await read(c)).release()
    await (await read(a)).release()
    expect(asked).toHaveLength(3)
    await (await read(b)).release()
    expect(asked).toHaveLength(4)
    await held.release()
  })

  it('keeps nothing where it may keep no byte, and forgets what it is told to', async () => {
    const files = async () =>
      (await readdir(dir, { recursive: true })).filter((name) => name.endsWith('.segment')).length
    const before = await files()
    const none = await createCached(0)
    const open = none.cache.open(await none.put('a'), none.stats)
    await open.source.file()
    expect(await files()).toBe(before + 1)
    await open.release()
    expect(await files()).toBe(before)

    const kept = await createCached()
    const facts = await kept.put('a')
    const [first, second] = [kept.cache.open(facts, kept.stats), kept.cache.open(facts, kept.stats)]
    await first.source.file()
    await second.source.file()
    await kept.cache.forget('a')
    await first.release()
    expect(await files()).toBe(before + 1)
    await second.release()
    expect(await files()).toBe(before)
  })
})
