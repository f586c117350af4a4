import { createHash, randomUUID } from 'node:crypto'
import { crc32cOf } from '../../objects/crc32c.js'
import { ServiceError } from './errors.js'
import {
  type Answer,
  checkConditions,
  type Exchange,
  httpTime,
  jsonOf,
  jsonTime,
  limitOf,
  requiredText,
  textOf,
} from './exchange.js'
import { checkedSums, customerKeyOf, tierFor } from './objects.js'
import { addVersion, type Bucket, findBucket, findVersion, isThere, newVersion, type Upload } from './state.js'

/** Every part but the last has at least so many bytes. */
const MIN_PART = 10 * 1024 * 1024

/** Where bytes of a checksum stay as they are in a commit, the object has the checksum of all parts. */
const CRC32C = 'opc-content-crc32c'

function checkNew({ headers }: Exchange, bucket: Bucket, name: string): void {
  checkConditions(headers, isThere(bucket, name) ? findVersion(bucket, name).etag : undefined)
}

export function createUpload(exchange: Exchange): Answer {
  const json = jsonOf(exchange)
  const bucket = findBucket(exchange.state, exchange.path.bucket!)
  const object = requiredText(json, 'object')
  checkNew(exchange, bucket, object)
  const metadata = (json.metadata ?? {}) as Record<string, string>
  if (!Object.keys(metadata).every((key) => key.startsWith('opc-meta-')))
    throw new ServiceError(400, 'InvalidParameter', 'Keys of metadata must begin with opc-meta-')
  const upload: Upload = {
    uploadId: randomUUID(),
    object,
    timeCreated: exchange.now,
    tier: tierFor(bucket, textOf(json, 'storageTier')),
    contentType: textOf(json, 'contentType') ?? 'application/octet-stream',
    metadata,
    customerKeySha256: customerKeyOf(exchange.headers),
    kmsKeyId: exchange.headers.get('opc-sse-kms-key-id') ?? undefined,
    parts: new Map(),
  }
  bucket.uploads.set(upload.uploadId, upload)
  return { status: 200, body: described(bucket, upload) }
}

const described = ({ namespace, name }: Bucket, { object, uploadId, timeCreated }: Upload) => ({
  namespace,
  bucket: name,
  object,
  uploadId,
  timeCreated: jsonTime(timeCreated),
})

function findUpload({ state, path, query }: Exchange): { bucket: Bucket; upload: Upload } {
  const bucket = findBucket(state, path.bucket!)
  const upload = bucket.uploads.get(query.get('uploadId') ?? '')
  if (upload && upload.object === path.object) return { bucket, upload }
  throw new ServiceError(404, 'UploadNotFound', 'No such upload')
}

export function uploadPart(exchange: Exchange): Answer {
  const { upload } = findUpload(exchange)
  const number = Number(exchange.query.get('uploadPartNum'))
  if (!Number.isInteger(number) || number < 1 || number > 10_000)
    throw new ServiceError(400, 'InvalidUploadPart', 'uploadPartNum must be between 1 and 10000')
  if (upload.customerKeySha256 !== customerKeyOf(exchange.headers))
    throw new ServiceError(
      400,
      'InvalidSSECustomerKey',
      'The customer-provided encryption key is not that of the upload',
    )
  const sums = checkedSums(exchange.headers, exchange.body)
  const part = {
    etag: randomUUID(),
    bytes: exchange.body,
    md5: createHash('md5').update(exchange.body).digest('base64'),
  }
  upload.parts.set(number, part)
  return { status: 200, headers: { etag: part.etag, 'opc-content-md5': part.md5, ...sums } }
}

export function commitUpload(exchange: Exchange): Answer {
  const { now } = exchange
  const { bucket, upload } = findUpload(exchange)
  checkNew(exchange, bucket, upload.object)
  const listed = jsonOf(exchange).partsToCommit
  if (!Array.isArray(listed) || listed.length === 0)
    throw new ServiceError(400, 'InvalidUploadPart', 'partsToCommit must name parts')
  const parts = listed.map(({ partNum, etag }: { partNum: number; etag: string }) => {
    const part = upload.parts.get(partNum)
    if (part?.etag !== etag) throw new ServiceError(400, 'InvalidUploadPart', `Part ${partNum} has another etag`)
    return part
  })
  for (const { bytes } of parts.slice(0, -1)) {
    if (bytes.byteLength < MIN_PART)
      throw new ServiceError(400, 'InvalidUploadPart', `A part is smaller than ${MIN_PART} bytes`)
  }
  const bytes = Buffer.concat(parts.map((part) => part.bytes))
  const digest = createHash('md5').update(Buffer.concat(parts.map(({ md5 }) => Buffer.from(md5, 'base64'))))
  const multipartMd5 = `${digest.digest('base64')}-${parts.length}`
  const { object: name, contentType, metadata, customerKeySha256, kmsKeyId } = upload
  const checksums = { 'opc-multipart-md5': multipartMd5, [CRC32C]: crc32cOf(bytes) }
  const version = newVersion(
    { name, tier: upload.tier!, md5: undefined, checksums, contentType, metadata, customerKeySha256, kmsKeyId },
    bytes,
    now,
  )
  addVersion(bucket, version, now)
  bucket.uploads.delete(upload.uploadId)
  return {
    status: 200,
    headers: {
      etag: version.etag,
      'last-modified': httpTime(now),
      'version-id': version.versionId,
      ...checksums,
    },
  }
}

export function abortUpload(exchange: Exchange): Answer {
  const { bucket, upload } = findUpload(exchange)
  bucket.uploads.delete(upload.uploadId)
  return { status: 204 }
}

export function listUploads({ state, path, query }: Exchange): Answer {
  const bucket = findBucket(state, path.bucket!)
  const uploads = [...bucket.uploads.values()].slice(0, limitOf(query))
  return { status: 200, body: uploads.map((upload) => described(bucket, upload)) }
}

export function listParts(exchange: Exchange): Answer {
  const { upload } = findUpload(exchange)
  const parts = [...upload.parts].sort(([a], [b]) => a - b)
  return {
    status: 200,
    body: parts.map(([partNumber, { etag, md5, bytes }]) => ({ partNumber, etag, md5, size: bytes.byteLength })),
  }
}
