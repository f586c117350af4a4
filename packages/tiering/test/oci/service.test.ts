import { beforeEach, describe, expect, it } from 'vitest'
import { type OciService, ociService } from '../../src/testing/index.js'

const BASE = 'https://storage.example/n/standin/b/cold'
const HOUR_MS = 3_600_000

describe('The stand-in for OCI Object Storage', () => {
  let service: OciService
  let now: number
  beforeEach(() => {
    now = Date.UTC(2026, 7, 1)
    service = ociService({ now: () => now, copyMs: 5000 })
    service.addBucket({ name: 'cold' })
    service.addBucket({ name: 'archive', storageTier: 'Archive' })
  })

  /** Sends and returns status, code of the error or body, and headers. */
  async function ask(method: string, url: string, body?: unknown, headers: Record<string, string> = {}) {
    const sent = typeof body === 'string' ? body : body === undefined ? undefined : JSON.stringify(body)
    const request = new Request(url.startsWith('http') ? url : `${BASE}${url}`, {
      method,
      headers,
      ...(sent === undefined ? {} : { body: sent }),
    })
    const response = await service.fetch(request)
    const text = await response.text()
    const json = /^[[{]/.test(text) ? (JSON.parse(text) as Record<string, unknown>) : undefined
    return { status: response.status, code: json?.code, json, text, headers: response.headers }
  }
  const copy = (more: object = {}) =>
    ask('POST', '/actions/copyObject', {
      sourceObjectName: 'a',
      destinationRegion: 'r',
      destinationNamespace: 'standin',
      destinationBucket: 'archive',
      destinationObjectName: 'a',
      ...more,
    })
  const workRequest = async (id: string) => {
    const { json } = await ask('GET', `https://storage.example/workRequests/${id}`)
    const errors = await ask('GET', `https://storage.example/workRequests/${id}/errors`)
    return { status: json!.status, errors: (errors.json as unknown as { code: string }[]).map(({ code }) => code) }
  }

  it('copies later, into an object with a tag of its own', async () => {
    const { headers } = await ask('PUT', '/o/a', 'bytes')
    const accepted = await copy()
    expect(accepted.status).toBe(202)
    const id = accepted.headers.get('opc-work-request-id')!
    expect(await workRequest(id)).toEqual({ status: 'IN_PROGRESS', errors: [] })
    expect(service.objects('archive')).toEqual([])
    now += 5000
    expect(await workRequest(id)).toEqual({ status: 'COMPLETED', errors: [] })
    expect(service.objects('archive')).toMatchObject([{ name: 'a', tier: 'Archive', archivalState: 'Archived' }])
    const copied = await ask('HEAD', 'https://storage.example/n/standin/b/archive/o/a')
    expect(copied.headers.get('etag')).not.toBe(headers.get('etag'))
  })

  it.each([
    ['deleted', () => ask('DELETE', '/o/a')],
    ['overwritten', () => ask('PUT', '/o/a', 'other')],
    ['renamed', () => ask('POST', '/actions/renameObject', { sourceName: 'a', newName: 'b' })],
  ])('loses a copy whose source is %s meanwhile', async (_how, change) => {
    await ask('PUT', '/o/a', 'bytes')
    const id = (await copy()).headers.get('opc-work-request-id')!
    now += 1000
    await change()
    now += 5000
    expect(await workRequest(id)).toEqual({ status: 'FAILED', errors: ['SourceObjectChanged'] })
    expect(service.objects('archive')).toEqual([])
  })

  it('copies only where the name is free, if asked to, and nothing that is archived', async () => {
    await ask('PUT', '/o/a', 'bytes')
    const ids = [await copy(), await copy({ destinationObjectIfNoneMatchETag: '*' })].map(({ headers }) =>
      headers.get('opc-work-request-id'),
    )
    now += 5000
    expect((await workRequest(ids[1]!)).errors).toEqual(['IfNoneMatchFailed'])
    await ask('POST', '/actions/updateObjectStorageTier', { objectName: 'a', storageTier: 'Archive' })
    expect(await copy()).toMatchObject({ status: 409, code: 'NotRestored' })
  })

  it('archives for good, opens a restored object for the hours that were asked for, and longer when asked again', async () => {
    await ask('PUT', '/o/a', 'bytes')
    const tier = (storageTier: string) =>
      ask('POST', '/actions/updateObjectStorageTier', { objectName: 'a', storageTier })
    const restore = (hours: number) => ask('POST', '/actions/restoreObjects', { objectName: 'a', hours })
    const read = async () => (await ask('GET', '/o/a')).status
    expect(await restore(1)).toMatchObject({ status: 409, code: 'NotArchived' })
    expect((await tier('Archive')).status).toBe(200)
    expect(await tier('Standard')).toMatchObject({ status: 400, code: 'InvalidStorageTier' })
    expect(await read()).toBe(409)
    expect((await restore(2)).status).toBe(202)
    expect((await ask('HEAD', '/o/a')).headers.get('archival-state')).toBe('Restoring')
    expect(await read()).toBe(409)
    now += HOUR_MS
    expect(await read()).toBe(200)
    expect((await ask('HEAD', '/o/a')).headers.get('time-of-archival')).toBe(new Date(now + 2 * HOUR_MS).toISOString())
    expect((await restore(5)).status).toBe(200)
    now += 4 * HOUR_MS
    expect(await read()).toBe(200)
    now += HOUR_MS
    expect(await read()).toBe(409)
    expect(await restore(241)).toMatchObject({ status: 400 })
  })

  it('keeps an object that a retention rule protects', async () => {
    await ask('POST', '/retentionRules', { duration: { timeAmount: 30, timeUnit: 'DAYS' } })
    await ask('PUT', '/o/a', 'bytes')
    expect(await ask('DELETE', '/o/a')).toMatchObject({ status: 409, code: 'RetentionRuleViolation' })
    expect((await ask('PUT', '/o/a', 'other')).status).toBe(409)
    now += 30 * 24 * HOUR_MS
    expect((await ask('DELETE', '/o/a')).status).toBe(204)
  })

  it('takes versions away one by one, and shows what is below a mark of deletion', async () => {
    await ask('POST', '', { versioning: 'Enabled' })
    await ask('PUT', '/o/a', 'one')
    await ask('PUT', '/o/a', 'two')
    await ask('DELETE', '/o/a')
    expect((await ask('GET', '/o/a')).status).toBe(404)
    const [mark, two, one] = service.objects('cold')
    expect([mark!.isDeleteMarker, two!.bytes.toString(), one!.bytes.toString()]).toEqual([true, 'two', 'one'])
    expect((await ask('GET', `/o/a?versionId=${one!.versionId}`)).text).toBe('one')
    await ask('DELETE', `/o/a?versionId=${mark!.versionId}`)
    expect((await ask('GET', '/o/a')).text).toBe('two')
    expect(await ask('POST', '', { versioning: 'Disabled' })).toMatchObject({ status: 400 })
  })

  it('refuses parts that are too small, out of turn or of another upload', async () => {
    const { json } = await ask('POST', '/u', { object: 'a' })
    const upload = `/u/a?uploadId=${json!.uploadId as string}`
    const part = async (number: number, text: string) => {
      const { headers } = await ask('PUT', `${upload}&uploadPartNum=${number}`, text)
      return { partNum: number, etag: headers.get('etag') }
    }
    const parts = [await part(1, 'small'), await part(2, 'last')]
    const commit = (partsToCommit: object[]) => ask('POST', upload, { partsToCommit })
    expect(await commit(parts)).toMatchObject({ status: 400, code: 'InvalidUploadPart' })
    expect(await commit([{ ...parts[0]!, etag: 'other' }])).toMatchObject({ status: 400, code: 'InvalidUploadPart' })
    expect((await commit([parts[1]!])).status).toBe(200)
    expect((await ask('GET', '/o/a')).text).toBe('last')
    expect(await commit([parts[1]!])).toMatchObject({ status: 404, code: 'UploadNotFound' })
  })

  it('refuses bodies that are not those of their checksums, and operations that it does not have', async () => {
    for (const [header, code] of [
      ['content-md5', 'UnmatchedContentMD5'],
      ['opc-content-sha256', 'UnmatchedContentSHA256'],
      ['opc-content-crc32c', 'UnmatchedContentCRC32C'],
    ] as const) {
      expect(await ask('PUT', '/o/a', 'bytes', { [header]: 'AAAA' })).toMatchObject({ status: 400, code })
    }
    expect(service.objects('cold')).toEqual([])
    expect((await ask('POST', '/p', {})).status).toBe(404)
  })
})
