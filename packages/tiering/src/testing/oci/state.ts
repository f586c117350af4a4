import { createHash, randomUUID } from 'node:crypto'
import { ServiceError } from './errors.js'

/** Tiers by the names of the service. */
export type ServiceTier = 'Standard' | 'InfrequentAccess' | 'Archive'

/** One version of an object, or a mark that it was deleted. */
export interface ObjectVersion {
  name: string
  versionId: string
  isDeleteMarker: boolean
  bytes: Buffer
  etag: string
  /** Base64; missing on objects that were put in parts. */
  md5: string | undefined
  /** Headers that a read returns besides the ones that every object has. */
  checksums: Readonly<Record<string, string>>
  contentType: string
  /** With `opc-meta-` in front of each key. */
  metadata: Readonly<Record<string, string>>
  timeCreated: number
  timeModified: number
  tier: ServiceTier
  /** Of an archived object: from when a restored copy can be read, and until when. */
  restore?: { readyAt: number; until: number }
  /** SHA-256 of the customer's key that a read must name, base64. */
  customerKeySha256: string | undefined
  kmsKeyId: string | undefined
}

/** Parts that wait to become an object. */
export interface Upload {
  uploadId: string
  object: string
  timeCreated: number
  tier: ServiceTier | undefined
  contentType: string
  metadata: Readonly<Record<string, string>>
  customerKeySha256: string | undefined
  kmsKeyId: string | undefined
  parts: Map<number, { etag: string; bytes: Buffer; md5: string }>
}

/** A rule that keeps objects from being changed for a while after they were written. */
export interface RetentionRule {
  id: string
  displayName: string
  duration: { timeAmount: number; timeUnit: 'DAYS' | 'YEARS' } | null
  etag: string
  timeRuleLocked: string | null
  timeCreated: number
  timeModified: number
}

export interface Bucket {
  namespace: string
  name: string
  compartmentId: string
  tier: 'Standard' | 'Archive'
  versioning: 'Enabled' | 'Suspended' | 'Disabled'
  etag: string
  timeCreated: number
  /** Versions by name, the current one first. */
  objects: Map<string, ObjectVersion[]>
  uploads: Map<string, Upload>
  rules: Map<string, RetentionRule>
  lifecycle: { etag: string; timeCreated: number; items: unknown[] } | undefined
}

/** A copy that was asked for. */
export interface WorkRequest {
  id: string
  compartmentId: string
  status: 'ACCEPTED' | 'IN_PROGRESS' | 'COMPLETED' | 'FAILED' | 'CANCELED'
  timeAccepted: number
  timeFinished: number | undefined
  error: { code: string; message: string } | undefined
  /** Does the work when its time has come. @throws ServiceError where it fails. */
  finish(): void
  dueAt: number
}

/** Everything that the service holds. */
export interface ServiceState {
  namespace: string
  buckets: Map<string, Bucket>
  workRequests: Map<string, WorkRequest>
}

const DAY_MS = 86_400_000

/** @throws ServiceError 404 */
export function findBucket({ namespace, buckets }: ServiceState, name: string): Bucket {
  const bucket = buckets.get(name)
  if (bucket) return bucket
  throw new ServiceError(
    404,
    'BucketNotFound',
    `Either the bucket named '${name}' does not exist in the namespace '${namespace}' or you are not authorized to access it`,
  )
}

/** The version that a name stands for, or the one with that id. @throws ServiceError 404 */
export function findVersion(bucket: Bucket, name: string, versionId?: string | null): ObjectVersion {
  const versions = bucket.objects.get(name) ?? []
  const found = versionId ? versions.find((one) => one.versionId === versionId) : versions[0]
  if (found && !found.isDeleteMarker) return found
  throw new ServiceError(
    404,
    'ObjectNotFound',
    `The object '${name}' was not found in the bucket '${bucket.name}' in the namespace '${bucket.namespace}'`,
  )
}

/** Whether the name stands for an object now. */
export function isThere(bucket: Bucket, name: string): boolean {
  const current = bucket.objects.get(name)?.[0]
  return current !== undefined && !current.isDeleteMarker
}

/** Makes a version the current one; without versioning it replaces the one before. @throws ServiceError 409 under a retention rule. */
export function addVersion(bucket: Bucket, version: ObjectVersion, now: number): void {
  const before = bucket.objects.get(version.name) ?? []
  const [current, ...older] = before
  if (bucket.versioning !== 'Enabled' && current) assertMayChange(bucket, current, now)
  bucket.objects.set(version.name, [version, ...(bucket.versioning === 'Enabled' ? before : older)])
}

/** Takes one version away for good. @throws ServiceError 409 under a retention rule. */
export function removeVersion(bucket: Bucket, version: ObjectVersion, now: number): void {
  assertMayChange(bucket, version, now)
  const left = (bucket.objects.get(version.name) ?? []).filter((one) => one !== version)
  if (left.length > 0) bucket.objects.set(version.name, left)
  else bucket.objects.delete(version.name)
}

function assertMayChange(bucket: Bucket, version: ObjectVersion, now: number): void {
  for (const { duration } of bucket.rules.values()) {
    const days = duration && (duration.timeUnit === 'DAYS' ? duration.timeAmount : duration.timeAmount * 365.2425)
    if (days === null || now < version.timeModified + days * DAY_MS) {
      throw new ServiceError(
        409,
        'RetentionRuleViolation',
        `The object '${version.name}' is protected by a retention rule of the bucket '${bucket.name}'`,
      )
    }
  }
}

/** A version of these bytes, as a put makes it. */
export function newVersion(
  facts: Pick<ObjectVersion, 'name' | 'tier'> & Partial<ObjectVersion>,
  bytes: Buffer,
  now: number,
): ObjectVersion {
  return {
    versionId: randomUUID(),
    isDeleteMarker: false,
    bytes,
    etag: randomUUID(),
    md5: createHash('md5').update(bytes).digest('base64'),
    checksums: {},
    contentType: 'application/octet-stream',
    metadata: {},
    timeCreated: now,
    timeModified: now,
    customerKeySha256: undefined,
    kmsKeyId: undefined,
    ...facts,
  }
}

/** Whether an archived object can be read; undefined for one that is not archived. */
export function archivalState(
  { tier, restore }: ObjectVersion,
  now: number,
): 'Archived' | 'Restoring' | 'Restored' | undefined {
  if (tier !== 'Archive') return undefined
  if (!restore || now >= restore.until) return 'Archived'
  return now < restore.readyAt ? 'Restoring' : 'Restored'
}

/** Ends the copies whose time has come. */
export function settleWorkRequests({ workRequests }: ServiceState, now: number): void {
  for (const request of workRequests.values()) {
    if (request.status === 'ACCEPTED') request.status = 'IN_PROGRESS'
    if (request.status !== 'IN_PROGRESS' || now < request.dueAt) continue
    request.timeFinished = request.dueAt
    try {
      request.finish()
      request.status = 'COMPLETED'
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error
      request.status = 'FAILED'
      request.error = { code: error.code, message: error.message }
    }
  }
}
