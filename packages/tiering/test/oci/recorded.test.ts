import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type OciService, ociService } from '../../src/testing/index.js'

interface Recorded {
  op: string
  request: {
    method: string
    path: string
    query: Record<string, string>
    headers: Record<string, string>
    body: string | null
  }
  response: { status: number; headers: Record<string, string>; body: string | null }
}

/** Answers of the real service, from the public test recordings of its command line. */
const { interactions } = JSON.parse(readFileSync(new URL('../vectors/oci-recorded.json', import.meta.url), 'utf8')) as {
  interactions: Recorded[]
}

for (const { response } of interactions) response.body = completed(response.body)

/** The recordings were cut at 3,000 characters: what is left of a list is ended behind its last whole item. */
function completed(body: string | null): string | null {
  if (body === null || body.length < 3000 || !/^[[{]/.test(body)) return body
  const end = body.startsWith('[') ? '}]' : '}]}'
  return body.slice(0, body.lastIndexOf('},{')) + end
}

const NAMESPACE = 'axzbp3kgiaim'
const ORIGIN = 'https://objectstorage.example'

/** What the stand-in doesn't have: nothing here asks for it. */
const WITHOUT = [
  { what: 'replication', path: /\/replicationPolicies/ },
  { what: 'a bucket that is replicated', path: /ReplicationTest_no_delete/ },
  { what: 'pre-authenticated requests', path: /\/p(\/|$)/ },
  { what: 'metadata of the namespace', path: /^\/n\/[^/]+$/ },
]
const isWithout = ({ request }: Recorded) => WITHOUT.some(({ path }) => path.test(request.path))

/** Sends a request as it was recorded. */
async function send(
  service: OciService,
  { method, path, query, headers, body }: Recorded['request'],
): Promise<Response> {
  const search = new URLSearchParams(query).toString()
  return service.fetch(
    new Request(`${ORIGIN}${path}${search ? `?${search}` : ''}`, {
      method,
      headers,
      ...(method === 'GET' || body === null ? {} : { body }),
    }),
  )
}

const bucketOf = (path: string) => /\/b\/([^/]+)/.exec(path)?.[1]

/** A stand-in in which the request can be answered as it was. */
async function prepared({
  request,
  response,
}: Recorded): Promise<{ service: OciService; request: Recorded['request'] }> {
  const service = ociService({ namespace: NAMESPACE })
  const bucket = bucketOf(request.path)
  const body = JSON.parse(response.body?.startsWith('{') ? response.body : '{}') as {
    objects?: { name: string; size?: number }[]
    items?: { name: string; size?: number }[]
    prefixes?: string[]
    nextStartWith?: string
    versioning?: string
    code?: string
  }
  if (bucket && body.code !== 'BucketNotFound') service.addBucket({ name: bucket, versioning: body.versioning })
  if (request.path === `/n/${NAMESPACE}/b` && request.method === 'GET') service.addBucket({ name: 'another' })
  const put = (name: string, text: string) =>
    send(service, { method: 'PUT', path: `/n/${NAMESPACE}/b/${bucket}/o/${name}`, query: {}, headers: {}, body: text })
  if (/\/(o|objectversions)$/.test(request.path) && body.code === undefined) {
    for (const { name, size = 1 } of [...(body.objects ?? []), ...(body.items ?? [])]) await put(name, 'a'.repeat(size))
    for (const prefix of body.prefixes ?? []) await put(`${prefix}x`, 'a')
    if (body.nextStartWith) await put(`${body.nextStartWith}${body.nextStartWith.endsWith('/') ? 'x' : ''}`, 'a')
    // A page has another behind it.
    if (response.headers['opc-next-page']) await put(`${body.items?.at(-1)?.name ?? ''}~`, 'a')
  }
  const object = /\/o\/(.+)$/.exec(request.path)?.[1]
  if (object && request.method !== 'PUT') {
    await send(service, {
      method: 'PUT',
      path: request.path,
      query: {},
      headers: { 'content-type': response.headers['content-type'] ?? 'application/json' },
      body: response.body ?? 'a',
    })
  }
  // Ids are the stand-in's own.
  const query = { ...request.query }
  if (query.versionId) query.versionId = service.objects(bucket!)[0]!.versionId
  // Of a page that was cut fewer are there.
  const isFull = body.nextStartWith !== undefined || 'opc-next-page' in response.headers
  const listed = (body.objects ?? body.items ?? []).length + (body.prefixes ?? []).length
  if (isFull && listed > 0) query.limit = String(listed)
  if (query.page) query.page = `1:${Buffer.from('').toString('base64url')}`
  let { path } = request
  const rule = /retentionRules(\/[^/]+)?$/.exec(path)
  if (rule && request.method !== 'POST') {
    const made = await send(service, {
      method: 'POST',
      path: `${path.slice(0, rule.index)}retentionRules`,
      query: {},
      headers: {},
      // The first of those that were listed was for ever.
      body: JSON.stringify({
        ...(rule[1] && { duration: { timeAmount: 1, timeUnit: 'DAYS' } }),
        ...(response.status === 400 &&
          request.body?.includes('"duration": null') && { timeRuleLocked: '2100-01-01T00:00:00Z' }),
      }),
    })
    const { id } = (await made.json()) as { id: string }
    if (rule[1]) path = `${path.slice(0, rule.index)}retentionRules/${id}`
  }
  const headers = { ...request.headers }
  const current = await send(service, {
    method: 'GET',
    path: `/n/${NAMESPACE}/b/${bucket}`,
    query: {},
    headers: {},
    body: null,
  })
  if (/^[0-9a-f-]{36}$/.test(headers['if-none-match'] ?? '')) headers['if-none-match'] = current.headers.get('etag')!
  return { service, request: { ...request, path, query, headers } }
}

/** What kind of text it is, so that values which differ by nature can be compared. */
function kindOf(text: string): string {
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text)) return '<instant>'
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)) return '<uuid>'
  if (/^[A-Za-z0-9+/]{22}==$/.test(text)) return '<md5>'
  if (/^RetentionRule\d{14}$/.test(text)) return '<rule>'
  return text.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<uuid>')
}

/** A body with the order of its fields; lists by their first item, for what they hold was not made alike. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map(shapeOf)
  if (typeof value === 'object' && value !== null) return Object.entries(value).map(([key, one]) => [key, shapeOf(one)])
  return typeof value === 'string' ? kindOf(value) : typeof value
}

function bodyOf(text: string | null, isListOfBuckets: boolean): unknown {
  if (!text) return text ?? ''
  if (!/^[[{]/.test(text)) return text
  const value = JSON.parse(text) as unknown
  // Whatever buckets there were.
  return isListOfBuckets && Array.isArray(value) ? value.map((one) => Object.keys(one)).slice(0, 1) : shapeOf(value)
}

const headersOf = (headers: Iterable<readonly [string, string]>) =>
  [...headers]
    .map(([name]) => name)
    .filter((name) => name !== 'opc-next-page')
    .sort()

describe('The stand-in for the service answers as the real one was recorded to:', () => {
  const kinds = new Map<string, number>()
  it.each(
    interactions
      .filter((one) => !isWithout(one))
      .map((one) => {
        const number = (kinds.get(one.op) ?? 0) + 1
        kinds.set(one.op, number)
        return [`${one.op} (${number})`, one] as const
      }),
  )('%s', async (_name, recorded) => {
    const { service, request } = await prepared(recorded)
    const response = await send(service, request)
    const isListOfBuckets = request.path === `/n/${NAMESPACE}/b` && request.method === 'GET'
    const text = await response.text()
    expect({
      status: response.status,
      headers: headersOf(response.headers),
      body: bodyOf(text, isListOfBuckets),
    }).toEqual({
      status: recorded.response.status,
      headers: headersOf(Object.entries(recorded.response.headers)),
      body: bodyOf(recorded.response.body, isListOfBuckets),
    })
    if (!isListOfBuckets) {
      expect(response.headers.has('opc-next-page')).toBe('opc-next-page' in recorded.response.headers)
    }
  })

  it('and has no other recorded operation', () => {
    const left = interactions.filter(isWithout)
    expect(new Set(left.map(({ op }) => op)).size).toBe(14)
  })
})
