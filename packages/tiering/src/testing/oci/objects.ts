import { createHash } from 'node:crypto'
import { crc32cOf } from '../../objects/crc32c.js'
import { ServiceError } from './errors.js'
import { type Answer, checkConditions, checkIfMatch, type Exchange, httpTime } from './exchange.js'
import {
  addVersion,
  archivalState,
  type Bucket,
  findBucket,
  findVersion,
  isThere,
  newVersion,
  type ObjectVersion,
  removeVersion,
  type ServiceTier,
} from './state.js'

const TIERS: readonly string[] = ['Standard', 'InfrequentAccess', 'Archive']

/** The tier that a request names, or the bucket's. @throws ServiceError 400 */
export function tierFor(bucket: Bucket, named: string | null | undefined): ServiceTier {
  const tier = named || bucket.tier
  if (!TIERS.includes(tier) || (bucket.tier === 'Archive' && tier !== 'Archive')) {
    throw new ServiceError(400, 'InvalidStorageTier', `The storage tier '${tier}' is not valid for the bucket`)
  }
  return tier as ServiceTier
}

/** `opc-meta-*` headers of a request. */
export function metadataOf(headers: Headers): Record<string, string> {
  return Object.fromEntries([...headers].filter(([name]) => name.startsWith('opc-meta-')))
}

/** The customer's key of a request as its SHA-256; undefined where there is none. @throws ServiceError 400 */
export function customerKeyOf(headers: Headers, prefix: 'opc-sse' | 'opc-source-sse' = 'opc-sse'): string | undefined {
  const key = headers.get(`${prefix}-customer-key`)
  if (key === null) return undefined
  const sha256 = createHash('sha256').update(Buffer.from(key, 'base64')).digest('base64')
  const isComplete =
    headers.get(`${prefix}-customer-algorithm`) === 'AES256' &&
    Buffer.from(key, 'base64').byteLength === 32 &&
    headers.get(`${prefix}-customer-key-sha256`) === sha256
  if (isComplete) return sha256
  throw new ServiceError(400, 'InvalidSSECustomerKey', 'The customer-provided encryption key is not valid')
}

/** Checks the body of a put and returns the checksums that reads of the object will have. @throws ServiceError 400 */
export function checkedSums(headers: Headers, bytes: Buffer): Record<string, string> {
  const md5 = headers.get('content-md5')
  if (md5 !== null && md5 !== createHash('md5').update(bytes).digest('base64'))
    throw new ServiceError(400, 'UnmatchedContentMD5', 'The computed MD5 of the request body does not match the header')
  const sums: Record<string, string> = {}
  for (const [name, sumOf] of Object.entries(SUMS)) {
    const header = `opc-content-${name}`
    const sent = headers.get(header)
    if (sent === null) continue
    if (sent !== sumOf(bytes)) {
      const label = name.toUpperCase()
      throw new ServiceError(
        400,
        `UnmatchedContent${label}`,
        `The computed ${label} of the request body does not match the header`,
      )
    }
    sums[header] = sent
  }
  return sums
}

const SUMS: Readonly<Record<string, (bytes: Buffer) => string>> = {
  sha256: (bytes) => createHash('sha256').update(bytes).digest('base64'),
  sha384: (bytes) => createHash('sha384').update(bytes).digest('base64'),
  crc32c: (bytes) => crc32cOf(bytes),
}

export function putObject({ state, now, path, headers, body }: Exchange): Answer {
  const bucket = findBucket(state, path.bucket!)
  const name = path.object!
  const current = isThere(bucket, name) ? findVersion(bucket, name) : undefined
  checkConditions(headers, current?.etag)
  const version = newVersion(
    {
      name,
      tier: tierFor(bucket, headers.get('storage-tier')),
      checksums: checkedSums(headers, body),
      contentType: headers.get('content-type') ?? 'application/octet-stream',
      metadata: metadataOf(headers),
      customerKeySha256: customerKeyOf(headers),
      kmsKeyId: headers.get('opc-sse-kms-key-id') ?? undefined,
    },
    body,
    now,
  )
  addVersion(bucket, version, now)
  return {
    status: 200,
    headers: {
      etag: version.etag,
      'last-modified': httpTime(now),
      'opc-content-md5': version.md5,
      'version-id': version.versionId,
      ...version.checksums,
    },
  }
}

function objectHeaders(version: ObjectVersion, now: number): Record<string, string | undefined> {
  const state = archivalState(version, now)
  return {
    'accept-ranges': 'bytes',
    'content-type': version.contentType,
    'content-md5': version.md5,
    etag: version.etag,
    'last-modified': httpTime(version.timeModified),
    'storage-tier': version.tier,
    'archival-state': state,
    'time-of-archival': state === 'Restored' ? new Date(version.restore!.until).toISOString() : undefined,
    'version-id': version.versionId,
    ...version.checksums,
    ...version.metadata,
  }
}

function readable({ state, path, query, headers }: Exchange): ObjectVersion {
  const version = findVersion(findBucket(state, path.bucket!), path.object!, query.get('versionId'))
  checkIfMatch(headers.get('if-match'), version.etag)
  if (version.customerKeySha256 && customerKeyOf(headers) !== version.customerKeySha256)
    throw new ServiceError(400, 'InvalidSSECustomerKey', 'The object is encrypted with a customer-provided key')
  return version
}

export function headObject(exchange: Exchange): Answer {
  const version = readable(exchange)
  const headers = objectHeaders(version, exchange.now)
  return { status: 200, headers: { ...headers, 'content-length': String(version.bytes.byteLength) } }
}

/** What the service answers to a read of an archived object; not known for certain, so that a stand-in can be told. */
export interface NotRestored {
  status: number
  code: string
}

export function getObject(exchange: Exchange, notRestored: NotRestored): Answer {
  const { headers, now } = exchange
  const version = readable(exchange)
  if (headers.get('if-none-match') === version.etag) return { status: 304, headers: { etag: version.etag } }
  const state = archivalState(version, now)
  if (state === 'Archived' || state === 'Restoring') {
    const message = `The object '${version.name}' is archived and must be restored before it can be read`
    throw new ServiceError(notRestored.status, notRestored.code, message)
  }
  const all = objectHeaders(version, now)
  const range = rangeOf(headers.get('range'), version.bytes.byteLength)
  if (!range) return { status: 200, headers: all, body: version.bytes }
  const { first, last } = range
  return {
    status: 206,
    headers: { ...all, 'content-range': `bytes ${first}-${last}/${version.bytes.byteLength}` },
    body: version.bytes.subarray(first, last + 1),
  }
}

/** @throws ServiceError 416 */
function rangeOf(header: string | null, size: number): { first: number; last: number } | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '')
  if (!match || (match[1] === '' && match[2] === '')) return undefined
  const suffix = match[1] === ''
  const first = suffix ? Math.max(0, size - Number(match[2])) : Number(match[1])
  const last = suffix || match[2] === '' ? size - 1 : Math.min(Number(match[2]), size - 1)
  if (first < size && first <= last) return { first, last }
  throw new ServiceError(416, 'InvalidRange', 'The requested range is not satisfiable', {
    'content-range': `bytes */${size}`,
  })
}

export function deleteObject({ state, now, path, query, headers }: Exchange): Answer {
  const bucket = findBucket(state, path.bucket!)
  const name = path.object!
  const versionId = query.get('versionId')
  if (versionId) {
    const found = bucket.objects.get(name)?.find((one) => one.versionId === versionId)
    if (!found) findVersion(bucket, name, versionId)
    else removeVersion(bucket, found, now)
    return { status: 204, headers: { 'last-modified': httpTime(now) } }
  }
  const current = findVersion(bucket, name)
  checkIfMatch(headers.get('if-match'), current.etag)
  if (bucket.versioning === 'Disabled') {
    removeVersion(bucket, current, now)
    return { status: 204, headers: { 'last-modified': httpTime(now) } }
  }
  const mark = { ...newVersion({ name, tier: current.tier }, Buffer.alloc(0), now), isDeleteMarker: true }
  bucket.objects.set(name, [mark, ...bucket.objects.get(name)!])
  return {
    status: 204,
    headers: { 'last-modified': httpTime(now), 'version-id': mark.versionId, 'is-delete-marker': 'true' },
  }
}
