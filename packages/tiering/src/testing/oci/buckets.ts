import { randomUUID } from 'node:crypto'
import { ServiceError } from './errors.js'
import {
  type Answer,
  checkIfMatch,
  type Exchange,
  httpTime,
  jsonOf,
  jsonTime,
  requiredText,
  textOf,
} from './exchange.js'
import { type Bucket, findBucket, type RetentionRule, type ServiceState } from './state.js'

/** What a bucket is made with. */
export interface NewBucket {
  name: string
  compartmentId?: string | undefined
  storageTier?: string | undefined
  versioning?: string | undefined
}

const COMPARTMENT = 'ocid1.compartment.oc1..exampleuniqueid'

/** @throws ServiceError 400, 409 */
export function addBucket(state: ServiceState, facts: NewBucket, now: number): Bucket {
  const { name, compartmentId = COMPARTMENT, storageTier = 'Standard', versioning = 'Disabled' } = facts
  if (!/^[A-Za-z0-9_.-]{1,256}$/.test(name))
    throw new ServiceError(400, 'InvalidBucketName', `Bucket name '${name}' is not valid`)
  if (storageTier !== 'Standard' && storageTier !== 'Archive')
    throw new ServiceError(400, 'InvalidStorageTier', `The storage tier '${storageTier}' is not valid for a bucket`)
  if (versioning !== 'Enabled' && versioning !== 'Disabled')
    throw new ServiceError(400, 'InvalidParameter', `versioning '${versioning}' is not valid`)
  if (state.buckets.has(name))
    throw new ServiceError(
      409,
      'BucketAlreadyExists',
      `Either the bucket '${name}' in namespace '${state.namespace}' already exists or you are not authorized to create it`,
    )
  const bucket: Bucket = {
    namespace: state.namespace,
    name,
    compartmentId,
    tier: storageTier,
    versioning,
    etag: randomUUID(),
    timeCreated: now,
    objects: new Map(),
    uploads: new Map(),
    rules: new Map(),
    lifecycle: undefined,
  }
  state.buckets.set(name, bucket)
  return bucket
}

/** A bucket as the service describes it. */
function described(bucket: Bucket, autoTiering: 'Disabled' | null = null): object {
  const { namespace, name, compartmentId, tier, versioning, etag, timeCreated } = bucket
  return {
    namespace,
    name,
    id: `ocid1.bucket.oc1.iad.exampleuniqueid`,
    compartmentId,
    createdBy: 'ocid1.user.oc1..exampleuniqueid',
    timeCreated: jsonTime(timeCreated),
    metadata: {},
    etag,
    publicAccessType: 'NoPublicAccess',
    storageTier: tier,
    meterFlagSet: { empty: true },
    objectLevelAuditMode: 'Disabled',
    freeformTags: {},
    definedTags: {},
    kmsKeyId: null,
    approximateCount: null,
    approximateSize: null,
    approximateSizeMultipartUploads: null,
    objectEventsEnabled: false,
    replicationEnabled: false,
    isReadOnly: false,
    versioning,
    autoTiering,
  }
}

export function getNamespace({ state }: Exchange): Answer {
  return { status: 200, body: JSON.stringify(state.namespace) }
}

export function listBuckets({ state }: Exchange): Answer {
  const body = [...state.buckets.values()].map((bucket) => ({
    namespace: bucket.namespace,
    name: bucket.name,
    compartmentId: bucket.compartmentId,
    createdBy: 'ocid1.user.oc1..exampleuniqueid',
    timeCreated: jsonTime(bucket.timeCreated),
    etag: bucket.etag,
    freeformTags: null,
    definedTags: null,
  }))
  return { status: 200, body }
}

export function createBucket(exchange: Exchange): Answer {
  const json = jsonOf(exchange)
  const facts = {
    name: requiredText(json, 'name'),
    compartmentId: requiredText(json, 'compartmentId'),
    storageTier: textOf(json, 'storageTier'),
    versioning: textOf(json, 'versioning'),
  }
  const bucket = addBucket(exchange.state, facts, exchange.now)
  const location = `${exchange.headers.get('host') ?? ''}/n/${bucket.namespace}/b/${bucket.name}`
  return { status: 200, headers: { etag: bucket.etag, location: `https://${location}` }, body: described(bucket) }
}

/** The bucket of a request that is about the bucket itself, which is missed in other words. @throws ServiceError 404 */
function ownBucket({ state, path }: Exchange): Bucket {
  const bucket = state.buckets.get(path.bucket!)
  if (bucket) return bucket
  const message = `The bucket '${path.bucket}' does not exist in namespace '${state.namespace}'`
  throw new ServiceError(404, 'BucketNotFound', message)
}

export function getBucket(exchange: Exchange): Answer {
  const bucket = ownBucket(exchange)
  checkIfMatch(exchange.headers.get('if-match'), bucket.etag)
  if (exchange.headers.get('if-none-match') === bucket.etag) return { status: 304, headers: { etag: bucket.etag } }
  return { status: 200, headers: { 'cache-control': 'no-store', etag: bucket.etag }, body: described(bucket) }
}

export function headBucket(exchange: Exchange): Answer {
  return { status: 200, headers: { etag: ownBucket(exchange).etag } }
}

export function updateBucket(exchange: Exchange): Answer {
  const bucket = ownBucket(exchange)
  const versioning = textOf(jsonOf(exchange), 'versioning')
  if (versioning === 'Disabled' && bucket.versioning !== 'Disabled')
    throw new ServiceError(400, 'InvalidVersioning', 'Versioning cannot be disabled once it was enabled')
  if (versioning === 'Enabled' || versioning === 'Suspended') bucket.versioning = versioning
  bucket.etag = randomUUID()
  return { status: 200, headers: { etag: bucket.etag }, body: described(bucket, 'Disabled') }
}

export function deleteBucket(exchange: Exchange): Answer {
  const bucket = ownBucket(exchange)
  const wanted = exchange.headers.get('if-match')
  if (wanted && wanted !== bucket.etag)
    throw new ServiceError(412, 'IfMatchFailed', 'FAILED_PRECONDITION: The current entity tag did not match')
  if (bucket.objects.size > 0 || bucket.uploads.size > 0)
    throw new ServiceError(
      409,
      'BucketNotEmpty',
      `Bucket named '${bucket.name}' is not empty. Delete all object versions first.`,
    )
  exchange.state.buckets.delete(bucket.name)
  return { status: 204 }
}

const ruleBody = ({ id, displayName, duration, etag, timeRuleLocked, timeCreated, timeModified }: RetentionRule) => ({
  id,
  displayName,
  duration,
  etag,
  timeRuleLocked,
  timeCreated: jsonTime(timeCreated),
  timeModified: jsonTime(timeModified),
})

const LOCK_AHEAD_MS = 14 * 86_400_000

function changeRule(rule: RetentionRule, json: Readonly<Record<string, unknown>>, now: number): void {
  const locked = textOf(json, 'timeRuleLocked')
  if (locked !== undefined && !(Date.parse(locked) >= now + LOCK_AHEAD_MS)) {
    const message = 'timeRuleLocked must be atleast 14 days ahead of the current time.'
    throw new ServiceError(400, 'InvalidRetentionRuleDetails', message)
  }
  if (locked !== undefined) rule.timeRuleLocked = locked
  if (rule.timeRuleLocked !== null && json.duration === null) {
    const message = 'The retention rule cannot have timeRuleLocked unless a duration is present.'
    throw new ServiceError(400, 'InvalidRetentionRuleDetails', message)
  }
  if (json.duration !== undefined) rule.duration = json.duration as RetentionRule['duration']
  rule.displayName = textOf(json, 'displayName') ?? rule.displayName
  rule.etag = randomUUID()
  rule.timeModified = now
}

export function createRetentionRule(exchange: Exchange): Answer {
  const { state, path, now } = exchange
  const bucket = findBucket(state, path.bucket!)
  if (bucket.versioning === 'Enabled')
    throw new ServiceError(409, 'BucketVersioningEnabled', 'A bucket with versioning cannot have retention rules')
  const rule: RetentionRule = {
    id: randomUUID(),
    displayName: `RetentionRule${jsonTime(now).replace(/\D/g, '').slice(0, 14)}`,
    duration: null,
    etag: '',
    timeRuleLocked: null,
    timeCreated: now,
    timeModified: now,
  }
  changeRule(rule, jsonOf(exchange), now)
  bucket.rules.set(rule.id, rule)
  return { status: 200, headers: { etag: rule.etag }, body: ruleBody(rule) }
}

function findRule({ state, path }: Exchange): { bucket: Bucket; rule: RetentionRule } {
  const bucket = findBucket(state, path.bucket!)
  const rule = bucket.rules.get(path.id!)
  if (rule) return { bucket, rule }
  throw new ServiceError(404, 'RetentionRuleNotFound', `The retention rule '${path.id}' does not exist`)
}

export function getRetentionRule(exchange: Exchange): Answer {
  const { rule } = findRule(exchange)
  return {
    status: 200,
    headers: { etag: rule.etag, 'last-modified': httpTime(rule.timeModified) },
    body: ruleBody(rule),
  }
}

export function updateRetentionRule(exchange: Exchange): Answer {
  const { rule } = findRule(exchange)
  changeRule(rule, jsonOf(exchange), exchange.now)
  return { status: 200, headers: { etag: rule.etag }, body: ruleBody(rule) }
}

export function deleteRetentionRule(exchange: Exchange): Answer {
  const { bucket, rule } = findRule(exchange)
  if (rule.timeRuleLocked !== null && Date.parse(rule.timeRuleLocked) <= exchange.now)
    throw new ServiceError(409, 'RetentionRuleLocked', 'The retention rule is locked')
  bucket.rules.delete(rule.id)
  return { status: 204 }
}

export function listRetentionRules({ state, path }: Exchange): Answer {
  return { status: 200, body: { items: [...findBucket(state, path.bucket!).rules.values()].map(ruleBody) } }
}

export function getLifecycle({ state, path }: Exchange): Answer {
  const { lifecycle, name } = findBucket(state, path.bucket!)
  if (!lifecycle) throw new ServiceError(404, 'LifecyclePolicyNotFound', `The bucket '${name}' has no lifecycle policy`)
  const { etag, timeCreated, items } = lifecycle
  return { status: 200, headers: { etag }, body: { timeCreated: jsonTime(timeCreated), items } }
}

export function putLifecycle(exchange: Exchange): Answer {
  const bucket = findBucket(exchange.state, exchange.path.bucket!)
  const { items } = jsonOf(exchange)
  if (!Array.isArray(items)) throw new ServiceError(400, 'InvalidParameter', 'items must be a list')
  bucket.lifecycle = { etag: randomUUID(), timeCreated: exchange.now, items }
  return getLifecycle(exchange)
}

export function deleteLifecycle({ state, path }: Exchange): Answer {
  findBucket(state, path.bucket!).lifecycle = undefined
  return { status: 204 }
}
