import { AnalyticsError } from '@analytics/protocol'
import type { StoreConcern } from '../object-store.js'
import type { OciConnection } from './connection.js'
import { RequestFailure } from './failure.js'

/** A rule of a lifecycle policy, as far as it counts here. */
interface LifecycleRule {
  name: string
  action: string
  target?: string
  isEnabled: boolean
}

/** What in the settings of the bucket, or of both, is against what tiering does; it takes the permission to read them. */
export async function settingsConcerns(
  connection: OciConnection,
  signal: AbortSignal | undefined,
): Promise<StoreConcern[]> {
  const concerns = await bucketConcerns(connection, false, signal)
  const { archive } = connection
  if (!archive) return concerns
  const others = await bucketConcerns(archive, true, signal)
  const named = others.map((one) => ({ ...one, message: `In ${archive.names.bucketName}: ${one.message}` }))
  return [...concerns, ...named]
}

async function bucketConcerns(
  { ask, names }: OciConnection,
  isForArchive: boolean,
  signal: AbortSignal | undefined,
): Promise<StoreConcern[]> {
  const asking = (what: string) => ({ what, isRead: true as const, signal })
  const concerns: StoreConcern[] = []
  const bucket = await readable(concerns, 'the bucket', async () =>
    ask(asking('Reading the bucket'), (client) => client.getBucket(names)).then(({ result }) => result.bucket),
  )
  if (bucket) concerns.push(...bucketFaults(bucket, isForArchive))
  const rules = await readable(concerns, 'its retention rules', async () =>
    ask(asking('Reading the retention rules'), (client) => client.listRetentionRules(names)).then(
      ({ result }) => result.retentionRuleCollection.items,
    ),
  )
  for (const { displayName } of rules ?? [])
    concerns.push({
      severity: 'error',
      message: `The retention rule ${displayName ?? ''} forbids what erasure, expiry and compaction must do: to delete.`,
    })
  const policy = await readable(concerns, 'its lifecycle rules', async () =>
    ask(asking('Reading the lifecycle rules'), (client) => client.getObjectLifecyclePolicy(names)).then(
      ({ result }) => (result.objectLifecyclePolicy.items ?? []) as unknown as LifecycleRule[],
      (error) => (failureIn(error)?.code === 'LifecyclePolicyNotFound' ? [] : Promise.reject(error)),
    ),
  )
  if (policy) concerns.push(...lifecycleFaults(policy, isForArchive))
  return concerns
}

/** What can't be read is a concern of its own. */
async function readable<Result>(
  concerns: StoreConcern[],
  what: string,
  read: () => Promise<Result>,
): Promise<Result | undefined> {
  try {
    return await read()
  } catch (error) {
    const status = failureIn(error)?.status
    if (status === undefined || (status !== 404 && status !== 401 && status !== 403)) throw error
    concerns.push({ severity: 'warning', message: `These credentials may not read ${what} (${status}).` })
    return undefined
  }
}

function failureIn(error: unknown): RequestFailure | undefined {
  const cause = error instanceof AnalyticsError ? error.cause : undefined
  return cause instanceof RequestFailure ? cause : undefined
}

function bucketFaults(
  bucket: { storageTier?: string; publicAccessType?: string; versioning?: string },
  isForArchive: boolean,
): StoreConcern[] {
  const faults: StoreConcern[] = []
  if (bucket.storageTier !== 'Standard' && !isForArchive)
    faults.push({ severity: 'error', message: `Its tier is ${bucket.storageTier}: it must be Standard.` })
  if (bucket.publicAccessType !== 'NoPublicAccess')
    faults.push({ severity: 'error', message: `Anybody may read it: publicAccessType is ${bucket.publicAccessType}.` })
  if (bucket.versioning === 'Enabled')
    faults.push({
      severity: 'warning',
      message: 'Versioning is on: each deletion lists the versions and deletes them all.',
    })
  return faults
}

function lifecycleFaults(rules: readonly LifecycleRule[], isForArchive: boolean): StoreConcern[] {
  const active = rules.filter(({ isEnabled }) => isEnabled)
  const isAbort = ({ action }: LifecycleRule) => action.toUpperCase() === 'ABORT'
  const faults = active
    .filter((rule) => !isAbort(rule))
    .map(
      ({ name, action }): StoreConcern => ({
        severity: 'error',
        message: `The lifecycle rule ${name} (${action}) changes objects behind the catalog's back, by their age and not that of the events.`,
      }),
    )
  // Tiering puts nothing into the bucket for the archive: the service copies.
  if (isForArchive || active.some(isAbort)) return faults
  const message =
    'No lifecycle rule aborts multipart uploads: parts of one that was cut off are paid for until somebody does.'
  return [...faults, { severity: 'warning', message }]
}
