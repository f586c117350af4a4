import { createHash, randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ObjectBody, ObjectStore } from '../../src/object-store.js'
import { startStandIn } from './stand-in.js'

const MIB = 1024 * 1024

/** A body of these bytes, in the pieces that a file is read in. */
function bodyOf(bytes: Uint8Array): ObjectBody {
  return {
    size: bytes.byteLength,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    async *open() {
      for (let at = 0; at < bytes.byteLength; at += 65_536) yield bytes.subarray(at, at + 65_536)
    },
  }
}

async function bytesOf(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const chunk of chunks) parts.push(chunk)
  return Buffer.concat(parts)
}

describe('ociObjectStore, where the SDK by itself would', () => {
  let standIn: Awaited<ReturnType<typeof startStandIn>>
  let store: ObjectStore
  const warn = vi.spyOn(console, 'warn')
  beforeEach(async () => {
    standIn = await startStandIn()
    store = standIn.open()
  })
  afterEach(async () => {
    await standIn.close()
    expect(warn).not.toHaveBeenCalled()
  })
  const last = (operation: string) => standIn.service.requests.filter((one) => one.operation === operation).at(-1)!

  it('block the event loop while it looks at a buffer, lets it turn while 48 MiB are sent', async () => {
    const bytes = randomBytes(48 * MIB)
    const body = bodyOf(bytes)
    let turns = 0
    const timer = setInterval(() => turns++, 1)
    await store.put('large', body)
    clearInterval(timer)
    expect(turns).toBeGreaterThan(10)
    expect(standIn.service.objects('cold')[0]!.bytes.equals(bytes)).toBe(true)
  })

  it('store an empty object of a stream, stores every byte, with the length told before', async () => {
    const bytes = randomBytes(300_000)
    await store.put('a', bodyOf(bytes))
    expect(last('PutObject').headers.get('content-length')).toBe('300000')
    expect(standIn.service.objects('cold')[0]!.bytes.equals(bytes)).toBe(true)
    // An object that is read goes into another as it comes.
    const copied = { ...bodyOf(bytes), open: () => store.get('a') }
    await store.put('b', copied)
    expect((await store.head('b'))!.size).toBe(300_000)
  })

  it.each(['UTC', 'Asia/Kolkata', 'America/New_York'])(
    'call local time UTC, tells the time as it is in %s',
    async (zone) => {
      const before = process.env.TZ
      process.env.TZ = zone
      try {
        standIn.clock.now = Date.UTC(2026, 0, 5, 9, 4, 5)
        await store.put('a', bodyOf(randomBytes(10)), { tier: 'archive' })
        expect((await store.head('a'))!.modifiedAt).toBe(standIn.clock.now)
        await store.restore('a', { hours: 3 })
        standIn.clock.now += 3_600_000
        const { readableUntil, archivalState } = (await store.head('a'))!
        expect([archivalState, readableUntil]).toEqual(['restored', standIn.clock.now + 3 * 3_600_000])
        for await (const { modifiedAt } of store.list('')) expect(modifiedAt).toBe(standIn.clock.now - 3_600_000)
      } finally {
        process.env.TZ = before
      }
    },
  )

  it('cut a prefix at a special character, refuses one', async () => {
    for (const prefix of ['a#b', 'a&b', 'a+b', 'a%b', 'ä']) {
      await expect(bytesOf(store.list(prefix) as never)).rejects.toMatchObject({ code: 'invalid_options' })
    }
    await store.put('dt=2026-01-01/a_b-c.parquet', bodyOf(randomBytes(3)))
    const names: string[] = []
    for await (const { name } of store.list('dt=2026-01-01/')) names.push(name)
    expect(names).toEqual(['dt=2026-01-01/a_b-c.parquet'])
  })

  it('ask for a range up to "undefined", asks for one that is open', async () => {
    await store.put('a', bodyOf(Buffer.from('0123456789')))
    expect((await bytesOf(store.get('a', { start: 8 }))).toString()).toBe('89')
    expect(last('GetObject').headers.get('range')).toBe('bytes=8-')
    expect((await bytesOf(store.get('a', { start: 2, end: 5 }))).toString()).toBe('234')
    expect(last('GetObject').headers.get('range')).toBe('bytes=2-4')
    expect(await bytesOf(store.get('a', { start: 10 }))).toHaveLength(0)
  })

  it('unpack what is gzip, hands out the bytes as they were put', async () => {
    const bytes = gzipSync('{"a":1}\n'.repeat(1000))
    await store.put('export.ndjson.gz', bodyOf(bytes))
    expect(last('PutObject').headers.get('content-encoding')).toBeNull()
    expect((await bytesOf(store.get('export.ndjson.gz'))).equals(bytes)).toBe(true)
  })

  it('lose why the network failed, tells it', async () => {
    await store.head('a')
    const gone = await startStandIn()
    await gone.close()
    const closed = standIn.open({ attempts: 2, endpoint: gone.url })
    await expect(closed.head('a')).rejects.toMatchObject({ message: expect.stringContaining('ECONNREFUSED') })
  })

  it('break its circuit for 30 s after ten failures, goes on as soon as the service does', async () => {
    await store.head('a')
    let left = 20
    standIn.service.fail(() => (left-- > 0 ? { kind: 'refuse', status: 503, code: 'ServiceUnavailable' } : undefined))
    const impatient = standIn.open({ attempts: 1, namespace: 'standin' })
    for (let i = 0; i < 20; i++) await expect(impatient.head('a')).rejects.toMatchObject({ code: 'store_unavailable' })
    expect(await impatient.head('a')).toBeUndefined()
  })

  it('not heed Retry-After, waits as long as the service asks', async () => {
    await store.head('a')
    const times: number[] = []
    standIn.service.fail(() => {
      times.push(Date.now())
      return times.length === 1 ? { kind: 'refuse', status: 429, code: 'TooManyRequests', retryAfter: 1 } : undefined
    })
    await store.head('a')
    expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(990)
  })

  it('wait for an answer for an hour, ends at its deadline and asks again', async () => {
    await store.put('a', bodyOf(randomBytes(5)))
    const strict = standIn.open({ deadline: { ms: 200 } })
    await strict.head('a')
    let hung = 0
    standIn.service.fail(({ operation }) => (operation === 'GetObject' && hung++ < 2 ? { kind: 'hang' } : undefined))
    expect(await bytesOf(strict.get('a'))).toHaveLength(5)
    expect(hung).toBe(3)
  })
})

describe('ociObjectStore, of objects in parts', () => {
  const bytes = randomBytes(25 * MIB)
  const inParts = { multipartFrom: 10 * MIB, partBytes: 10 * MIB }
  let standIn: Awaited<ReturnType<typeof startStandIn>>
  beforeEach(async () => {
    standIn = await startStandIn()
  })
  afterEach(() => standIn.close())

  it('puts them together with checksums, tier and key, and only where the name is free', async () => {
    const store = standIn.open({ ...inParts, kmsKeyId: 'ocid1.key.oc1..test' })
    const put = await store.put('large', bodyOf(bytes))
    const [held] = standIn.service.objects('cold')
    expect(held!.bytes.equals(bytes)).toBe(true)
    expect(held!.tier).toBe('InfrequentAccess')
    expect(put).toEqual({ status: 'created', etag: (await store.head('large'))!.etag })
    const asked = (operation: string) => standIn.service.requests.filter((one) => one.operation === operation)
    expect(asked('UploadPart')).toHaveLength(3)
    for (const { headers } of asked('UploadPart')) expect(headers.get('opc-content-crc32c')).toMatch(/^[\w+/]{6}==$/)
    for (const operation of ['CreateMultipartUpload', 'CommitMultipartUpload'])
      expect(asked(operation)[0]!.headers.get('if-none-match')).toBe('*')
    expect(asked('CreateMultipartUpload')[0]!.headers.get('opc-sse-kms-key-id')).toBe('ocid1.key.oc1..test')
    expect(await store.put('large', bodyOf(randomBytes(25 * MIB)))).toEqual({ status: 'exists' })
    expect((await bytesOf(store.get('large'))).equals(bytes)).toBe(true)
  })

  it.each([
    ['CreateMultipartUpload', 'fail-after'],
    ['UploadPart', 'fail-after'],
    ['UploadPart', 'fail-before'],
    ['CommitMultipartUpload', 'fail-before'],
    ['CommitMultipartUpload', 'fail-after'],
  ] as const)('survives a %s that ends in %s', async (operation, kind) => {
    const store = standIn.open(inParts)
    let failures = 0
    standIn.service.fail((one) => (one.operation === operation && failures++ === 0 ? { kind } : undefined))
    expect(await store.put('large', bodyOf(bytes))).toMatchObject({ status: 'created' })
    expect(failures).toBeGreaterThan(0)
    const held = standIn.service.objects('cold')
    expect(held.map((one) => one.bytes.equals(bytes))).toEqual([true])
  })

  it('gives up what it can not finish, so that no part is left to be paid for', async () => {
    const store = standIn.open(inParts)
    const broken = { ...bodyOf(bytes), sha256: createHash('sha256').update('other').digest('hex') }
    await expect(store.put('large', broken)).rejects.toMatchObject({ code: 'checksum_mismatch' })
    expect(standIn.service.objects('cold')).toEqual([])
    const aborted = standIn.service.requests.filter((one) => one.operation === 'AbortMultipartUpload')
    expect(aborted.map(({ status }) => status)).toEqual([204])
  })
})
