import { createHash } from 'node:crypto'
import { AnalyticsError } from '@analytics/protocol'
import type { ObjectStorageClient } from 'oci-objectstorage'
import { authProvider } from './auth.js'
import { type OciClient, ociClient, type Sending } from './client.js'
import { RequestFailure } from './failure.js'
import type { ResolvedOciOptions } from './options.js'
import { retried } from './retry.js'
import { loadSdk } from './sdk.js'

/** Names that each request for an object has. */
export interface BucketNames {
  namespaceName: string
  bucketName: string
}

/** Headers of requests for objects under a customer's key, as the SDK names them. */
export interface CustomerKeyFields {
  opcSseCustomerAlgorithm?: string
  opcSseCustomerKey?: string
  opcSseCustomerKeySha256?: string
}

/** What a request that is sent again is made of. */
export interface Asking {
  /** Names it in messages, such as `The upload of a/b`. */
  what: string
  signal?: AbortSignal | undefined
  /** Whether it changes nothing. */
  isRead?: true
  /** Bytes that the request or its answer has. */
  bytes?: number
  headers?: Sending['headers']
}

/** A bucket that was found. */
export interface OciConnection {
  names: BucketNames
  /** The same service with the bucket for what is archived; missing without that option. */
  archive?: ArchiveConnection
  customerKey: CustomerKeyFields
  /** Sends once. @throws RequestFailure */
  send: OciClient['send']
  /** How long a request with so many bytes may take, in ms. */
  deadlineMs(bytes?: number): number
  /** Sends until it is answered. @throws AnalyticsError */
  ask<Result>(
    asking: Asking,
    request: (client: ObjectStorageClient) => Promise<Result>,
  ): Promise<{ result: Result; response: Response }>
  close(): void
}

/** The bucket for what is archived. */
export interface ArchiveConnection extends OciConnection {
  /** The id of the region that both buckets are in. */
  region: string
}

/** Loads the SDK, and finds the namespace and the buckets. @throws AnalyticsError where one of them can't be had. */
export async function connect(options: ResolvedOciOptions): Promise<OciConnection> {
  const { bucket, archiveBucket, attempts, random, deadline, customerKey: key } = options
  const sdk = await loadSdk()
  const provider = await authProvider(sdk, options.auth)
  const client = ociClient(sdk, { ...options, provider })
  const deadlineMs = (bytes = 0) => deadline.ms + (bytes / deadline.bytesPerSecond) * 1000
  const ask: OciConnection['ask'] = ({ what, isRead = false, signal, bytes, headers = {} }, request) => {
    const attempt = () => client.send(request, { signal, deadlineMs: deadlineMs(bytes), headers })
    return retried(what, attempt, { attempts, random, isRead }, signal)
  }

  try {
    const namespaceName =
      options.namespace ??
      (await ask({ what: 'Asking for the namespace', isRead: true }, (sender) => sender.getNamespace({}))).result.value
    const sender = { customerKey: customerKeyFields(key), send: client.send, deadlineMs, ask, close: client.close }
    const names = { namespaceName, bucketName: bucket }
    await assertBucket(ask, names, 'bucket')
    if (archiveBucket === undefined) return { ...sender, names }
    const archiveNames = { namespaceName, bucketName: archiveBucket }
    await assertBucket(ask, archiveNames, 'archiveBucket')
    return { ...sender, names, archive: { ...sender, names: archiveNames, region: regionOf(client) } }
  } catch (error) {
    client.close()
    throw error
  }
}

/** A missing bucket is found here: a `HEAD` of an object in it could not be told from one of an object that is not there. */
async function assertBucket(
  ask: OciConnection['ask'],
  names: BucketNames,
  field: 'bucket' | 'archiveBucket',
): Promise<void> {
  try {
    await ask({ what: `Looking for the bucket ${names.bucketName}`, isRead: true }, (client) =>
      client.headBucket(names),
    )
  } catch (error) {
    const { cause } = error as { cause?: unknown }
    const status = cause instanceof RequestFailure ? cause.status : undefined
    if (status === 404 || status === 401 || status === 403) {
      throw new AnalyticsError(
        'invalid_options',
        `The bucket ${names.bucketName} is not in the namespace ${names.namespaceName}, or these credentials may not use it (${status}).`,
        { field, cause: error },
      )
    }
    throw error
  }
}

/** A copy must name the region that it goes to. */
function regionOf({ region }: OciClient): string {
  if (region !== undefined) return region
  throw new AnalyticsError('invalid_options', 'archiveBucket needs the region, which auth does not name: give it.', {
    field: 'region',
  })
}

function customerKeyFields(key: string | undefined): CustomerKeyFields {
  if (key === undefined) return {}
  const sha256 = createHash('sha256').update(Buffer.from(key, 'base64')).digest('base64')
  return { opcSseCustomerAlgorithm: 'AES256', opcSseCustomerKey: key, opcSseCustomerKeySha256: sha256 }
}
