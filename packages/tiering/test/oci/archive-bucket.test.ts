import { randomBytes } from 'node:crypto'
import { AnalyticsError } from '@analytics/protocol'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ObjectStore } from '../../src/object-store.js'
import { assertSame } from '../../src/oci/archive-copy.js'
import type { HeadAnswer } from '../../src/oci/head.js'
import { twoBuckets } from '../../src/oci/two-buckets.js'
import { textBody as bodyOf } from '../../src/operations/transfer.js'
import { memoryObjectStore } from '../../src/stores/memory.js'
import { ociObjectStore } from '../../src/stores/oci.js'
import { IDENTITY, startStandIn } from './stand-in.js'

const HOUR_MS = 3_600_000
const MIB = 1024 * 1024
/** How long the stand-in copies. */
const COPY_MS = 1000

async function textOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = []
  for await (const chunk of chunks) parts.push(chunk)
  return Buffer.concat(parts).toString()
}

async function namesOf(store: ObjectStore): Promise<string[]> {
  const names: string[] = []
  for await (const { name } of store.list('')) names.push(name)
  return names
}

const NOTHING_DELETED = { code: 'verification_failed', message: expect.stringContaining('nothing was deleted') }

describe('ociObjectStore with an archiveBucket', () => {
  let standIn: Awaited<ReturnType<typeof startStandIn>>
  let store: ObjectStore
  beforeEach(async () => {
    // Without keys: tests change objects as others would, without signatures.
    standIn = await startStandIn({ keys: [], copyMs: COPY_MS, restoreMs: HOUR_MS })
    store = standIn.openBoth()
    await store.put('a', bodyOf('bytes'))
  })
  afterEach(() => standIn.close())

  const held = (bucket: string) => standIn.service.objects(bucket).map(({ name, bytes }) => `${name} ${bytes}`)
  const operations = () => standIn.service.requests.map(({ operation }) => operation)
  const pass = (ms: number) => {
    standIn.clock.now += ms
  }
  async function ask(method: string, path: string, body?: string): Promise<Response> {
    const request = new Request(`${standIn.url}${path}`, { method, ...(body === undefined ? {} : { body }) })
    return standIn.service.fetch(request)
  }
  /** Puts an object past the store. */
  const put = (bucket: string, text: string) => ask('PUT', `/n/standin/b/${bucket}/o/a`, text)
  async function ticketOf(one = store): Promise<string> {
    const result = await one.archive('a')
    if (result.status !== 'pending') throw new Error(`it is ${result.status}`)
    return result.ticket
  }

  it('copies, waits for nothing, and deletes the source once the copy is there and proven', async () => {
    const ticket = await ticketOf()
    expect(operations().filter((operation) => operation === 'DeleteObject')).toEqual([])
    expect(await store.archive('a', { ticket })).toEqual({ status: 'pending', ticket })
    expect([held('cold'), held('archive')]).toEqual([['a bytes'], []])
    expect(await store.head('a')).toMatchObject({ tier: 'cold', archivalState: 'available' })
    expect(await textOf(store.get('a'))).toBe('bytes')
    pass(COPY_MS)
    // Copied, and not yet looked at: it lies in both, is one, and not archived.
    await store.head('a')
    expect([held('cold'), held('archive')]).toEqual([['a bytes'], ['a bytes']])
    expect(await store.head('a')).toMatchObject({ tier: 'cold' })
    expect(await namesOf(store)).toEqual(['a'])
    const before = operations().length
    const other = standIn.openBoth()
    expect(await other.archive('a', { ticket })).toEqual({ status: 'archived' })
    expect([held('cold'), held('archive')]).toEqual([[], ['a bytes']])
    const asked = operations().slice(before)
    expect(asked.slice(asked.indexOf('GetWorkRequest'))).toEqual([
      'GetWorkRequest',
      'HeadObject',
      'HeadObject',
      'ListObjectVersions',
      'DeleteObject',
    ])
    expect(operations().filter((operation) => operation === 'CopyObject')).toHaveLength(1)
    await expect(textOf(store.get('a'))).rejects.toMatchObject({ code: 'object_archived' })
    await store.restore('a', { hours: 2 })
    pass(HOUR_MS)
    expect(await textOf(store.get('a', { start: 1, end: 3 }))).toBe('yt')
  })

  it.each([
    ['other bytes', 'other'],
    ['another size', 'other bytes'],
  ])('deletes nothing where an object of %s has the name there', async (_what, text) => {
    await put('archive', text)
    await expect(store.archive('a')).rejects.toMatchObject(NOTHING_DELETED)
    await expect(store.archive('a', { ticket: 'unknown' })).rejects.toMatchObject(NOTHING_DELETED)
    expect([held('cold'), held('archive')]).toEqual([['a bytes'], [`a ${text}`]])
  })

  it('overwrites nothing that comes to the archive while it copies, and takes it for no copy', async () => {
    const ticket = await ticketOf()
    await put('archive', 'other')
    pass(COPY_MS)
    await expect(store.archive('a', { ticket })).rejects.toMatchObject(NOTHING_DELETED)
    expect([held('cold'), held('archive')]).toEqual([['a bytes'], ['a other']])
  })

  it('tells why a copy failed, whose source was changed meanwhile, and begins anew without its ticket', async () => {
    const ticket = await ticketOf()
    await put('cold', 'later')
    pass(COPY_MS)
    expect(await store.archive('a', { ticket })).toEqual({
      status: 'failed',
      reason: expect.stringMatching(/the copy is FAILED \(SourceObjectChanged: .*changed while it was copied\)/),
    })
    expect([held('cold'), held('archive')]).toEqual([['a later'], []])
    const next = await ticketOf()
    pass(COPY_MS)
    expect(await store.archive('a', { ticket: next })).toEqual({ status: 'archived' })
    expect([held('cold'), held('archive')]).toEqual([[], ['a later']])
  })

  it('copies the version that it has looked at, or none', async () => {
    const patient = standIn.openBoth({ random: () => 1 })
    await patient.head('a')
    let refused = 0
    standIn.service.fail(({ operation }) =>
      operation === 'CopyObject' && refused++ === 0
        ? { kind: 'refuse', status: 429, code: 'TooManyRequests' }
        : undefined,
    )
    const asked = patient.archive('a').catch((error) => error)
    while (refused === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    await put('cold', 'later')
    expect(await asked).toMatchObject({ code: 'store_unavailable', message: expect.stringContaining('IfMatchFailed') })
    pass(COPY_MS)
    await store.head('a')
    expect([held('cold'), held('archive')]).toEqual([['a later'], []])
  })

  it('tells of a copy that was canceled, and of one that is said to be done and is not there', async () => {
    const canceled = await ticketOf()
    await ask('DELETE', `/workRequests/${canceled}`)
    const reason = 'the copy is CANCELED (no reason was given).'
    expect(await store.archive('a', { ticket: canceled })).toEqual({ status: 'failed', reason })
    const done = await ticketOf()
    pass(COPY_MS)
    await store.head('a')
    await standIn.open({ bucket: 'archive' }).delete('a')
    expect(await store.archive('a', { ticket: done })).toMatchObject({ status: 'failed' })
    expect(held('cold')).toEqual(['a bytes'])
  })

  it('looks at the objects where the service has forgotten the ticket', async () => {
    const ticket = await ticketOf()
    const forget = () =>
      standIn.service.fail(({ operation }) =>
        operation === 'GetWorkRequest' ? { kind: 'refuse', status: 404, code: 'WorkRequestNotFound' } : undefined,
      )
    forget()
    const again = await store.archive('a', { ticket })
    expect(again).toMatchObject({ status: 'pending' })
    expect(again).not.toEqual({ status: 'pending', ticket })
    pass(COPY_MS)
    expect(await store.archive('a', { ticket })).toEqual({ status: 'archived' })
    expect([held('cold'), held('archive')]).toEqual([[], ['a bytes']])
  })

  it.each([0, COPY_MS])('adopts a copy of which the answer got lost, %i ms later', async (ms) => {
    const twice = standIn.openBoth({ attempts: 2 })
    await twice.head('a')
    standIn.service.fail(({ operation }) => (operation === 'CopyObject' ? { kind: 'fail-after' } : undefined))
    await expect(twice.archive('a')).rejects.toMatchObject({ code: 'outcome_unknown' })
    standIn.service.fail(undefined)
    expect([held('cold'), held('archive')]).toEqual([['a bytes'], []])
    pass(ms)
    let result = await twice.archive('a')
    if (result.status === 'pending') {
      // A second copy; it fails, for the first one is there by then.
      pass(COPY_MS)
      result = await twice.archive('a', { ticket: result.ticket })
    }
    expect(result).toEqual({ status: 'archived' })
    expect([held('cold'), held('archive')]).toEqual([[], ['a bytes']])
  })

  it.each(['fail-before', 'fail-after'] as const)('goes on from wherever a process was cut off (%s)', async (kind) => {
    for (let cut = 1, isCut = true; isCut; cut++) {
      const name = `cut-${cut}`
      await store.put(name, bodyOf(name))
      const cutOff = standIn.openBoth({ attempts: 1 })
      await cutOff.head(name)
      const from = operations().length + cut
      standIn.service.fail(({ number }) => (number >= from ? { kind } : undefined))
      const begun = await cutOff.archive(name).catch(() => undefined)
      pass(COPY_MS)
      if (begun?.status === 'pending') await cutOff.archive(name, { ticket: begun.ticket }).catch(() => {})
      isCut = operations().length >= from
      standIn.service.fail(undefined)
      expect([...held('cold'), ...held('archive')]).toContain(`${name} ${name}`)
      // Whoever comes next may know of the ticket or not.
      const next = standIn.openBoth()
      let result = await next.archive(
        name,
        begun?.status === 'pending' && cut % 2 === 0 ? { ticket: begun.ticket } : {},
      )
      pass(COPY_MS)
      if (result.status === 'pending') result = await next.archive(name, { ticket: result.ticket })
      expect([cut, result]).toEqual([cut, { status: 'archived' }])
      expect(held('archive')).toContain(`${name} ${name}`)
      expect(held('cold')).toEqual(['a bytes'])
      if (!isCut) expect(cut).toBeGreaterThan(7)
    }
  })

  it('deletes an object on its way, and leaves no copy behind', async () => {
    await ticketOf()
    // The copy is done while the object is being deleted.
    standIn.service.fail(({ operation }) => {
      if (operation === 'DeleteObject') pass(COPY_MS)
      return undefined
    })
    await store.delete('a')
    expect(await store.head('a')).toBeUndefined()
    expect([held('cold'), held('archive')]).toEqual([[], []])
  })

  it('leaves what was archived where it lies, and restores it there', async () => {
    await standIn.open().archive('a')
    expect(await store.archive('a')).toEqual({ status: 'archived' })
    await store.restore('a', { hours: 2 })
    pass(HOUR_MS)
    expect(await textOf(store.get('a'))).toBe('bytes')
    expect(operations()).not.toContain('CopyObject')
  })

  it('copies what is in parts, or under a key of the customer', async () => {
    const customerKey = randomBytes(32).toString('base64')
    const secret = standIn.openBoth({ customerKey, multipartFrom: 10 * MIB, partBytes: 10 * MIB })
    const bytes = randomBytes(11 * MIB).toString('latin1')
    await secret.put('large', bodyOf(bytes))
    await secret.put('small', bodyOf('small'))
    for (const name of ['large', 'small']) {
      const begun = await secret.archive(name)
      pass(COPY_MS)
      expect(await secret.archive(name, { ticket: (begun as { ticket: string }).ticket })).toEqual({
        status: 'archived',
      })
      await secret.restore(name, { hours: 10 })
    }
    pass(HOUR_MS)
    expect(await textOf(secret.get('small'))).toBe('small')
    expect((await textOf(secret.get('large'))) === bytes).toBe(true)
    await expect(textOf(store.get('small'))).rejects.toThrow()
  })

  it('reads nothing twice of an object that goes while it is read', async () => {
    const main = memoryObjectStore()
    const archive = memoryObjectStore()
    await archive.put('a', bodyOf('bytes'))
    const going: ObjectStore = {
      ...main,
      async *get() {
        yield Buffer.from('by')
        throw new AnalyticsError('object_not_found')
      },
    }
    const both = twoBuckets({
      main: going,
      archive,
      connection: () => Promise.reject(new Error()),
      kmsKeyId: undefined,
    })
    await expect(textOf(both.get('a'))).rejects.toMatchObject({ code: 'object_not_found' })
  })

  it('is refused with the same bucket twice, one that is not there, or no region to copy to', async () => {
    const refused = (field: string) => expect.objectContaining({ code: 'invalid_options', field })
    expect(() => ociObjectStore({ bucket: 'cold', archiveBucket: 'cold' })).toThrow(refused('archiveBucket'))
    expect(() => ociObjectStore({ bucket: 'cold', archiveBucket: 'a b' })).toThrow(refused('archiveBucket'))
    await expect(standIn.openBoth({ archiveBucket: 'none' }).head('a')).rejects.toEqual(refused('archiveBucket'))
    const nowhere = standIn.open({ archiveBucket: 'archive', auth: IDENTITY })
    await expect(nowhere.head('a')).rejects.toEqual(refused('region'))
  })

  it('looks at the settings of both buckets', async () => {
    const path = '/n/standin/b/archive/retentionRules'
    await ask('POST', path, JSON.stringify({ displayName: 'keep', duration: { timeAmount: 1, timeUnit: 'YEARS' } }))
    expect(await store.inspect!()).toEqual([
      { severity: 'warning', message: expect.stringContaining('aborts multipart uploads') },
      { severity: 'error', message: expect.stringContaining('In archive: The retention rule keep') },
    ])
  })
})

describe('the proof of a copy', () => {
  const SUMS = { 'opc-content-sha256': 'S', 'content-md5': 'M' }
  const answer = (checksums: Record<string, string>, more: Partial<HeadAnswer> = {}): HeadAnswer => ({
    name: 'a',
    size: 5,
    etag: 'any',
    tier: 'archive',
    archivalState: 'archived',
    modifiedAt: 0,
    sha256: 'of metadata',
    checksums,
    ...more,
  })
  const prove = (source: Record<string, string>, copy: Record<string, string>, more: Partial<HeadAnswer> = {}) =>
    assertSame(answer(source, { tier: 'cold' }), answer(copy, more), 'archive')

  it('takes any checksum of the service that both have, of all bytes or of the same parts', () => {
    prove(SUMS, SUMS)
    prove(SUMS, { 'content-md5': 'M' })
    prove({ 'opc-multipart-md5': 'P-2', 'opc-content-crc32c': 'C' }, { 'opc-content-crc32c': 'C' })
    prove(
      { 'opc-multipart-md5': 'P-2', 'opc-content-crc32c': 'C' },
      { 'opc-multipart-md5': 'Q-1', 'opc-content-crc32c': 'C' },
    )
    prove({ 'opc-multipart-md5': 'P-2' }, { 'opc-multipart-md5': 'P-2' })
  })

  it.each([
    ['another checksum', SUMS, { ...SUMS, 'content-md5': 'N' }, {}],
    ['no checksum in common', { 'content-md5': 'M' }, { 'opc-content-crc32c': 'C' }, {}],
    ['other parts, and nothing else', { 'opc-multipart-md5': 'P-2' }, { 'opc-multipart-md5': 'Q-1' }, {}],
    ['no checksum but what its metadata says', {}, {}, {}],
    ['another size', SUMS, SUMS, { size: 6 }],
    ['another tier', SUMS, SUMS, { tier: 'cold' }],
  ] as const)('refuses %s', (_what, source, copy, more) => {
    expect(() => prove(source, copy, more)).toThrow(expect.objectContaining(NOTHING_DELETED))
  })
})
