import { AnalyticsError } from '@analytics/protocol'
import type { ArchiveConnection, OciConnection } from './connection.js'
import { type HeadAnswer, PARTS_SUMS, WHOLE_SUMS } from './head.js'

/** How far a copy is. `ended`: well or not, which the objects tell; the reason is for where it is not there. */
export type CopyState = { status: 'running' } | { status: 'ended'; reason: string } | { status: 'unknown' }

/**
 * Asks the service to copy an object to the archive, bound to the version that was looked at, and only where nothing has the name there.
 * Resolves to the id of the work request: the copy has hardly begun by then, and deleting the source would end it.
 */
export async function askForCopy(
  { ask, names, customerKey: key }: OciConnection,
  archive: ArchiveConnection,
  source: Pick<HeadAnswer, 'name' | 'etag'>,
  { kmsKeyId, signal }: { kmsKeyId: string | undefined; signal: AbortSignal | undefined },
): Promise<string> {
  const { response } = await ask({ what: `Copying ${source.name} to the archive`, signal }, (client) =>
    client.copyObject({
      ...names,
      ...key,
      ...(key.opcSseCustomerKey === undefined
        ? {}
        : {
            opcSourceSseCustomerAlgorithm: key.opcSseCustomerAlgorithm!,
            opcSourceSseCustomerKey: key.opcSseCustomerKey,
            opcSourceSseCustomerKeySha256: key.opcSseCustomerKeySha256!,
          }),
      ...(kmsKeyId === undefined ? {} : { opcSseKmsKeyId: kmsKeyId }),
      copyObjectDetails: {
        sourceObjectName: source.name,
        sourceObjectIfMatchETag: source.etag,
        destinationRegion: archive.region,
        destinationNamespace: archive.names.namespaceName,
        destinationBucket: archive.names.bucketName,
        destinationObjectName: source.name,
        destinationObjectIfNoneMatchETag: '*',
        destinationObjectStorageTier: 'Archive' as never,
      },
    }),
  )
  const id = response.headers.get('opc-work-request-id')
  if (id) return id
  throw new AnalyticsError('outcome_unknown', `The service copies ${source.name}, and did not say under which id.`)
}

/** Asks how far a copy is. */
export async function copyState(
  { ask }: OciConnection,
  workRequestId: string,
  signal: AbortSignal | undefined,
): Promise<CopyState> {
  const asking = { what: `Asking for the work request ${workRequestId}`, isRead: true as const, signal }
  try {
    const { result } = await ask(asking, (client) => client.getWorkRequest({ workRequestId }))
    const status: string | undefined = result.workRequest.status
    if (status === 'COMPLETED') return { status: 'ended', reason: 'the copy is COMPLETED, and it is not there.' }
    if (status !== 'FAILED' && status !== 'CANCELED') return { status: 'running' }
    const { result: errors } = await ask(asking, (client) => client.listWorkRequestErrors({ workRequestId }))
    const reasons = errors.items.map(({ code, message }) => `${code}: ${message}`)
    return { status: 'ended', reason: `the copy is ${status} (${reasons.join('; ') || 'no reason was given'}).` }
  } catch (error) {
    // The service forgets them after a while.
    if (error instanceof AnalyticsError && error.code === 'object_not_found') return { status: 'unknown' }
    throw error
  }
}

/**
 * Makes sure that a copy is its source by size, tier and checksums of the service. Tags prove nothing: each copy has its own. Nor does
 * metadata, which is copied as it is.
 * @throws AnalyticsError `verification_failed`
 */
export function assertSame(source: HeadAnswer, copy: HeadAnswer, bucketName: string): void {
  const fault = differenceOf(source, copy)
  if (fault === undefined) return
  const message = `The object ${copy.name} in ${bucketName} ${fault}; nothing was deleted.`
  throw new AnalyticsError('verification_failed', message)
}

function differenceOf(source: HeadAnswer, copy: HeadAnswer): string | undefined {
  const isEqual = (sum: string) => source.checksums[sum] !== undefined && source.checksums[sum] === copy.checksums[sum]
  const isDifferent = (sum: string) => !isEqual(sum) && sum in source.checksums && sum in copy.checksums
  if (copy.size !== source.size) return `has ${copy.size} bytes instead of ${source.size}`
  const different = WHOLE_SUMS.find(isDifferent)
  if (different) return `has another ${different} than its source`
  if (![...WHOLE_SUMS, ...PARTS_SUMS].some(isEqual)) return 'has no checksum in common with its source'
  return copy.tier === 'archive' ? undefined : 'is not in the archive tier'
}
