import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { http } from 'msw'
import { setupServer } from 'msw/node'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ObjectBody, ObjectStore } from '../../src/object-store.js'
import { textBody as bodyOf } from '../../src/operations/transfer.js'
import { ociObjectStore } from '../../src/stores/oci.js'
import { type OciService, ociService, type ServiceFault } from '../../src/testing/index.js'
import { IDENTITY, startStandIn } from './stand-in.js'

const HOUR_MS = 3_600_000

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

/** `fetch` that ends in a stand-in. */
const viaService =
  (service: OciService): typeof fetch =>
  (input, init) =>
    service.fetch(new Request(input, init))

const REFUSALS: readonly ServiceFault[] = [
  { kind: 'refuse', status: 503, code: 'ServiceUnavailable' },
  { kind: 'refuse', status: 500, code: 'InternalServerError' },
  { kind: 'refuse', status: 429, code: 'TooManyRequests' },
  { kind: 'refuse', status: 409, code: 'IncorrectState' },
]
const FAULTS: readonly ServiceFault[] = [
  { kind: 'fail-before' },
  { kind: 'fail-after' },
  { kind: 'hang' },
  { kind: 'slow', ms: 30 },
  ...REFUSALS,
]
const label = (fault: ServiceFault) => ('status' in fault ? `${fault.status} ${fault.code}` : fault.kind)

describe('ociObjectStore, whatever the network does', () => {
  let standIn: Awaited<ReturnType<typeof startStandIn>>
  let store: ObjectStore
  beforeEach(async () => {
    standIn = await startStandIn()
    store = standIn.open({ deadline: { ms: 150 } })
    await store.head('a')
  })
  afterEach(() => standIn.close())

  /** The next request, and as many more, fail like this. */
  const failNext = (fault: ServiceFault, times = 1) => {
    let left = times
    standIn.service.fail(() => (left-- > 0 ? fault : undefined))
  }

  it.each(FAULTS.map((fault) => [label(fault), fault] as const))(
    'does what it is asked for, once, after %s',
    async (_name, fault) => {
      failNext(fault)
      expect(await store.put('a', bodyOf('bytes'))).toMatchObject({ status: 'created' })
      expect(standIn.service.objects('cold')).toHaveLength(1)
      failNext(fault)
      expect(await store.put('a', bodyOf('other'))).toEqual({ status: 'exists' })
      failNext(fault)
      expect(await textOf(store.get('a'))).toBe('bytes')
      failNext(fault)
      expect(await store.head('a')).toMatchObject({ size: 5, tier: 'cold', archivalState: 'available' })
      failNext(fault)
      expect(await namesOf(store)).toEqual(['a'])
      failNext(fault, 2)
      await store.archive('a')
      expect(standIn.service.objects('cold')[0]).toMatchObject({ tier: 'Archive', archivalState: 'Archived' })
      failNext(fault, 2)
      await store.restore('a', { hours: 1 })
      standIn.clock.now += HOUR_MS
      expect(await textOf(store.get('a'))).toBe('bytes')
      failNext(fault, 2)
      await store.delete('a')
      expect(standIn.service.objects('cold')).toEqual([])
    },
  )

  it('takes no object for its own that another worker put meanwhile', async () => {
    // The first attempt does nothing; before the second another's object is there.
    const other = standIn.open()
    await other.head('a')
    let number = 0
    standIn.service.fail(({ operation }) => {
      if (operation !== 'PutObject' || number++ > 0) return undefined
      return { kind: 'fail-before' }
    })
    const delayed = standIn.open({ random: () => 1 })
    await delayed.head('a')
    const put = delayed.put('a', bodyOf('mine!'))
    while (number === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    await other.put('a', bodyOf('other'))
    expect(await put).toEqual({ status: 'exists' })
    expect(await textOf(store.get('a'))).toBe('other')
  })

  it('goes on behind the last byte where a body breaks off, and reads nothing twice', async () => {
    const text = 'x'.repeat(200_000) + 'y'.repeat(200_000)
    await store.put('a', bodyOf(text))
    let reads = 0
    standIn.service.fail(({ operation }) =>
      operation === 'GetObject' && reads++ < 2 ? { kind: 'truncate', at: 150_000 } : undefined,
    )
    expect(await textOf(store.get('a'))).toBe(text)
    const ranges = standIn.service.requests
      .filter(({ operation }) => operation === 'GetObject')
      .map(({ headers }) => headers.get('range'))
    expect(ranges).toHaveLength(3)
    expect(ranges[0]).toBeNull()
    for (const range of ranges.slice(1)) expect(range).toMatch(/^bytes=\d{5,}-$/)
  })

  it('says that the outcome is unknown where no attempt was answered, and leaves the object to be looked at', async () => {
    const twice = standIn.open({ attempts: 2, deadline: { ms: 100 } })
    await twice.head('a')
    standIn.service.fail(({ operation }) => (operation === 'PutObject' ? { kind: 'fail-after' } : undefined))
    await expect(twice.put('a', bodyOf('bytes'))).rejects.toMatchObject({ code: 'outcome_unknown' })
    expect(await store.head('a')).toMatchObject({ size: 5 })
    standIn.service.fail(({ operation }) => (operation === 'HeadObject' ? { kind: 'fail-after' } : undefined))
    await expect(twice.head('a')).rejects.toMatchObject({ code: 'store_unavailable' })
  })

  it('sends a body again that broke off on its way', async () => {
    // Between the two: it ends the first connection that has brought so many bytes.
    const sockets = new Set<Socket>()
    let cuts = 0
    const proxy = createServer((incoming) => {
      const outgoing = connect(Number(new URL(standIn.url).port), '127.0.0.1')
      for (const socket of [incoming, outgoing]) sockets.add(socket.on('error', () => {}))
      let brought = 0
      incoming.on('data', (data) => {
        brought += data.byteLength
        if (brought < 300_000 || cuts > 0) outgoing.write(data)
        else {
          cuts++
          for (const socket of [incoming, outgoing]) socket.destroy()
        }
      })
      outgoing.pipe(incoming)
    })
    proxy.listen(0, '127.0.0.1')
    await once(proxy, 'listening')
    const { port } = proxy.address() as AddressInfo
    const through = standIn.open({ endpoint: `http://127.0.0.1:${port}` })
    const text = 'x'.repeat(2_000_000)
    expect(await through.put('a', bodyOf(text))).toMatchObject({ status: 'created' })
    expect([cuts, await textOf(store.get('a'))]).toEqual([1, text])
    for (const socket of sockets) socket.destroy()
    proxy.close()
  })

  it('never stores bytes that were damaged on the way', async () => {
    const damaged: ObjectBody = {
      ...bodyOf('bytes'),
      async *open() {
        yield Buffer.from('bytez')
      },
    }
    await expect(store.put('a', damaged)).rejects.toMatchObject({ code: 'checksum_mismatch' })
    expect(standIn.service.objects('cold')).toEqual([])
  })

  it('ends when its signal aborts: while it waits, sends and reads', async () => {
    await store.put('a', bodyOf('x'.repeat(500_000)))
    const patient = standIn.open({ random: () => 1 })
    await patient.head('a')
    standIn.service.fail(() => ({ kind: 'hang' }))
    for (const call of [
      (signal: AbortSignal) => patient.head('a', { signal }),
      (signal: AbortSignal) => patient.put('b', bodyOf('bytes'), { signal }),
      (signal: AbortSignal) => textOf(patient.get('a', { signal })),
      (signal: AbortSignal) => patient.delete('a', { signal }),
    ]) {
      await expect(call(AbortSignal.timeout(30))).rejects.toMatchObject({ code: 'aborted' })
    }
    standIn.service.fail(() => ({ kind: 'refuse', status: 503, code: 'ServiceUnavailable', retryAfter: 100 }))
    await expect(patient.head('a', { signal: AbortSignal.timeout(30) })).rejects.toMatchObject({ code: 'aborted' })
    standIn.service.fail(undefined)
    expect(await namesOf(store)).toEqual(['a'])
  })

  it('asks the head what a refusal of a read means, whatever its code', async () => {
    for (const notRestored of [
      { status: 409, code: 'NotRestored' },
      { status: 403, code: 'InvalidObjectState' },
      { status: 400, code: 'RestoreRequired' },
    ]) {
      const other = await startStandIn({ notRestored })
      const archived = other.open()
      await archived.put('a', bodyOf('bytes'), { tier: 'archive' })
      await expect(textOf(archived.get('a'))).rejects.toMatchObject({ code: 'object_archived' })
      await other.close()
    }
  })

  it('deletes every version of an object, and nothing of one whose name begins alike', async () => {
    // Without signatures, so that the test can delete as a person does with the console: a mark is put on top.
    const service = ociService({ namespace: 'standin' })
    service.addBucket({ name: 'cold', versioning: 'Enabled' })
    const there = ociObjectStore({
      bucket: 'cold',
      auth: IDENTITY,
      endpoint: 'https://storage.example',
      fetch: viaService(service),
    })
    for (const name of ['a', 'a-b']) await there.put(name, bodyOf(name))
    await service.fetch(new Request('https://storage.example/n/standin/b/cold/o/a', { method: 'DELETE' }))
    await there.put('a', bodyOf('again'))
    expect(service.objects('cold')).toHaveLength(4)
    await there.delete('a')
    expect(service.objects('cold').map(({ name }) => name)).toEqual(['a-b'])
    expect(await namesOf(there)).toEqual(['a-b'])
  })
})

describe('ociObjectStore, set up wrongly', () => {
  it('names the bucket that it does not find, and tries again once it is there', async () => {
    const standIn = await startStandIn()
    const store = standIn.open({ bucket: 'missing' })
    await expect(store.head('a')).rejects.toMatchObject({
      code: 'invalid_options',
      field: 'bucket',
      message: expect.stringMatching(/missing.*namespace standin.*404/),
    })
    standIn.service.addBucket({ name: 'missing' })
    expect(await store.head('a')).toBeUndefined()
    await store.close()
    await expect(store.head('a')).rejects.toMatchObject({ code: 'closed' })
    await standIn.close()
  })

  it('is refused with a key that the service does not know, or none that it can read', async () => {
    const standIn = await startStandIn()
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    const forged = standIn.open({ auth: { ...IDENTITY, privateKey: key }, namespace: 'standin' })
    await expect(forged.head('a')).rejects.toMatchObject({ code: 'invalid_options', field: 'bucket' })
    expect(standIn.service.requests.map(({ status }) => status)).toEqual([401])
    const unreadable = standIn.open({ auth: { file: '/nowhere/config' } })
    await expect(unreadable.head('a')).rejects.toMatchObject({ code: 'invalid_options', field: 'auth' })
    await standIn.close()
  })

  it.each([
    ['bucket', { bucket: '' }],
    ['bucket', { bucket: 'a/b' }],
    ['endpoint', { bucket: 'a', endpoint: 'http://example.com' }],
    ['endpoint', { bucket: 'a', endpoint: 'storage' }],
    ['coldTier', { bucket: 'a', coldTier: 'Archive' as never }],
    ['customerKey', { bucket: 'a', customerKey: 'c2hvcnQ=' }],
    ['customerKey', { bucket: 'a', customerKey: Buffer.alloc(32).toString('base64'), kmsKeyId: 'k' }],
    ['partBytes', { bucket: 'a', partBytes: 1000 }],
    ['attempts', { bucket: 'a', attempts: 0 }],
    ['deadline.ms', { bucket: 'a', deadline: { ms: 0 } }],
  ])('refuses %s (%#)', (field, options) => {
    expect(() => ociObjectStore(options)).toThrow(expect.objectContaining({ code: 'invalid_options', field }))
  })
})

describe('ociObjectStore, with a key of the customer', () => {
  it('sends it with every read and write, and can read nothing with another', async () => {
    const standIn = await startStandIn()
    const store = standIn.open({ customerKey: Buffer.alloc(32, 1).toString('base64') })
    await store.put('a', bodyOf('secret'))
    expect(await textOf(store.get('a'))).toBe('secret')
    expect(await store.head('a')).toMatchObject({ size: 6 })
    const other = standIn.open({ customerKey: Buffer.alloc(32, 2).toString('base64') })
    await expect(textOf(other.get('a'))).rejects.toMatchObject({ code: 'store_unavailable' })
    await standIn.close()
  })
})

describe('The stand-in as handlers of msw', () => {
  const service = ociService()
  service.addBucket({ name: 'cold' })
  const network = setupServer(
    http.all('https://objectstorage.eu-frankfurt-1.oraclecloud.com/*', ({ request }) => service.fetch(request)),
  )
  beforeEach(() => network.listen({ onUnhandledRequest: 'error' }))
  afterEach(() => network.close())

  it('answers the SDK at the address of the region', async () => {
    const store = ociObjectStore({ bucket: 'cold', auth: IDENTITY, region: 'eu-frankfurt-1' })
    await store.put('a', bodyOf('bytes'))
    expect(await textOf(store.get('a', { start: 1 }))).toBe('ytes')
    expect(service.objects('cold')).toHaveLength(1)
    await store.close()
  })
})
