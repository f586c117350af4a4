import { randomUUID } from 'node:crypto'
import { ServiceError } from './errors.js'
import { type Answer, checkIfMatch, type Exchange, jsonOf, jsonTime, requiredText, textOf } from './exchange.js'
import { customerKeyOf, tierFor } from './objects.js'
import {
  addVersion,
  archivalState,
  findBucket,
  findVersion,
  isThere,
  newVersion,
  removeVersion,
  type WorkRequest,
} from './state.js'

const HOUR_MS = 3_600_000

export function updateStorageTier(exchange: Exchange): Answer {
  const json = jsonOf(exchange)
  const bucket = findBucket(exchange.state, exchange.path.bucket!)
  const version = findVersion(bucket, requiredText(json, 'objectName'), textOf(json, 'versionId'))
  const tier = tierFor(bucket, requiredText(json, 'storageTier'))
  if (version.tier === 'Archive' && tier !== 'Archive')
    throw new ServiceError(400, 'InvalidStorageTier', 'The storage tier of an archived object cannot be changed')
  // The bytes, the tag and the time of the last change stay as they are.
  version.tier = tier
  return { status: 200 }
}

/** Asks for an archived object; what was asked for already is extended. */
export function restoreObjects(exchange: Exchange, restoreMs: number): Answer {
  const { now } = exchange
  const json = jsonOf(exchange)
  const version = findVersion(
    findBucket(exchange.state, exchange.path.bucket!),
    requiredText(json, 'objectName'),
    textOf(json, 'versionId'),
  )
  const hours = json.hours ?? 24
  if (typeof hours !== 'number' || !Number.isInteger(hours) || hours < 1 || hours > 240)
    throw new ServiceError(400, 'InvalidParameter', 'hours must be between 1 and 240')
  const state = archivalState(version, now)
  if (state === undefined)
    throw new ServiceError(409, 'NotArchived', `The object '${version.name}' is not in the Archive storage tier`)
  const readyAt = state === 'Archived' ? now + restoreMs : version.restore!.readyAt
  version.restore = { readyAt, until: Math.max(readyAt, now) + hours * HOUR_MS }
  return { status: state === 'Archived' ? 202 : 200 }
}

/** Accepts a copy, which ends later; it fails where the source changes meanwhile. */
export function copyObject(exchange: Exchange, copyMs: number): Answer {
  const { state, now } = exchange
  const json = jsonOf(exchange)
  const source = findBucket(state, exchange.path.bucket!)
  const version = findVersion(source, requiredText(json, 'sourceObjectName'), textOf(json, 'sourceVersionId'))
  checkIfMatch(textOf(json, 'sourceObjectIfMatchETag'), version.etag)
  if (version.customerKeySha256 && customerKeyOf(exchange.headers, 'opc-source-sse') !== version.customerKeySha256)
    throw new ServiceError(400, 'InvalidSSECustomerKey', 'The source is encrypted with a customer-provided key')
  const customerKeySha256 = customerKeyOf(exchange.headers)
  const kmsKeyId = exchange.headers.get('opc-sse-kms-key-id') ?? undefined
  const archived = archivalState(version, now)
  if (archived === 'Archived' || archived === 'Restoring')
    throw new ServiceError(409, 'NotRestored', `The object '${version.name}' is archived and must be restored first`)
  requiredText(json, 'destinationRegion')
  requiredText(json, 'destinationNamespace')
  const destination = findBucket(state, requiredText(json, 'destinationBucket'))
  const name = requiredText(json, 'destinationObjectName')
  const tier = tierFor(destination, textOf(json, 'destinationObjectStorageTier'))
  const request: WorkRequest = {
    id: `ocid1.objectstorageworkrequest.oc1..${randomUUID()}`,
    compartmentId: source.compartmentId,
    status: 'ACCEPTED',
    timeAccepted: now,
    timeFinished: undefined,
    error: undefined,
    dueAt: now + copyMs,
    finish() {
      const still = source.objects.get(version.name)?.find(({ versionId }) => versionId === version.versionId)
      if (still?.etag !== version.etag)
        throw new ServiceError(409, 'SourceObjectChanged', `The object '${version.name}' changed while it was copied`)
      const current = isThere(destination, name) ? findVersion(destination, name).etag : undefined
      if (textOf(json, 'destinationObjectIfNoneMatchETag') === '*' && current !== undefined)
        throw new ServiceError(412, 'IfNoneMatchFailed', `The object '${name}' exists`)
      checkIfMatch(textOf(json, 'destinationObjectIfMatchETag'), current)
      const { contentType, metadata, checksums, md5 } = version
      addVersion(
        destination,
        newVersion(
          { name, tier, contentType, metadata, checksums, md5, customerKeySha256, kmsKeyId },
          version.bytes,
          request.dueAt,
        ),
        request.dueAt,
      )
    },
  }
  state.workRequests.set(request.id, request)
  return { status: 202, headers: { 'opc-work-request-id': request.id } }
}

export function renameObject(exchange: Exchange): Answer {
  const { state, now } = exchange
  const json = jsonOf(exchange)
  const bucket = findBucket(state, exchange.path.bucket!)
  const [sourceName, name] = [requiredText(json, 'sourceName'), requiredText(json, 'newName')]
  const source = findVersion(bucket, sourceName)
  checkIfMatch(textOf(json, 'srcObjIfMatchETag'), source.etag)
  const current = isThere(bucket, name) ? findVersion(bucket, name) : undefined
  checkIfMatch(textOf(json, 'newObjIfMatchETag'), current?.etag)
  if (textOf(json, 'newObjIfNoneMatchETag') === '*' && current)
    throw new ServiceError(412, 'IfNoneMatchFailed', `The object '${name}' exists`)
  removeVersion(bucket, source, now)
  const moved = { ...source, name, etag: randomUUID(), versionId: randomUUID(), timeModified: now }
  addVersion(bucket, moved, now)
  return {
    status: 200,
    headers: { etag: moved.etag, 'last-modified': new Date(now).toUTCString(), 'version-id': moved.versionId },
  }
}

function findWorkRequest({ state, path }: Exchange): WorkRequest {
  const found = state.workRequests.get(path.id!)
  if (found) return found
  throw new ServiceError(404, 'WorkRequestNotFound', `The work request '${path.id}' does not exist`)
}

export function getWorkRequest(exchange: Exchange): Answer {
  const { id, status, compartmentId, timeAccepted, timeFinished } = findWorkRequest(exchange)
  return {
    status: 200,
    body: {
      operationType: 'COPY_OBJECT',
      status,
      id,
      compartmentId,
      resources: [],
      percentComplete: status === 'COMPLETED' ? 100 : 0,
      timeAccepted: jsonTime(timeAccepted),
      timeStarted: jsonTime(timeAccepted),
      ...(timeFinished === undefined ? {} : { timeFinished: jsonTime(timeFinished) }),
    },
  }
}

export function listWorkRequestErrors(exchange: Exchange): Answer {
  const { error, timeFinished } = findWorkRequest(exchange)
  return { status: 200, body: error ? [{ ...error, timestamp: jsonTime(timeFinished!) }] : [] }
}

export function cancelWorkRequest(exchange: Exchange): Answer {
  const request = findWorkRequest(exchange)
  if (request.status !== 'COMPLETED' && request.status !== 'FAILED') request.status = 'CANCELED'
  return { status: 202 }
}
