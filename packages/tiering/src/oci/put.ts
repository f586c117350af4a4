import { AnalyticsError } from '@analytics/protocol'
import type { PutResult } from '../object-store.js'
import { checkedBody } from '../objects/checked-body.js'
import type { OciConnection } from './connection.js'
import { RequestFailure } from './failure.js'
import { headObject } from './head.js'
import type { ResolvedOciOptions } from './options.js'
import { putParts } from './parts.js'
import { retried } from './retry.js'
import { type Putting, serviceTier, streamOf } from './sending.js'

/** Stores an object that must not exist yet, in one request or in parts. */
export async function putObject(
  connection: OciConnection,
  options: ResolvedOciOptions,
  putting: Putting,
): Promise<PutResult> {
  const { name, body, signal } = putting
  const put = body.size < options.multipartFrom ? putWhole : putParts
  return retried(
    `The upload of ${name}`,
    async ({ isUnknown }) => {
      try {
        return await put(connection, options, putting)
      } catch (error) {
        if (!(error instanceof RequestFailure)) throw error
        if (isMismatch(error)) {
          const message = `The bytes sent for ${name} arrived damaged; nothing was stored.`
          throw new AnalyticsError('checksum_mismatch', message, { cause: error })
        }
        if (error.status !== 412) throw error
        return isUnknown ? adopted(connection, putting) : { status: 'exists' }
      }
    },
    options,
    signal,
  )
}

/** The service's words for a body that is not the one of its checksum. */
function isMismatch({ status, code, message }: RequestFailure): boolean {
  return status === 400 && (/^Unmatched/i.test(code ?? '') || /Unmatched Content/i.test(message))
}

/** An object that is there after an attempt of unknown outcome: it is ours if it has the size and the checksum that were sent. */
async function adopted(connection: OciConnection, { name, body, signal }: Putting): Promise<PutResult> {
  const info = await headObject(connection, name, signal)
  const isOurs = info !== undefined && info.size === body.size && info.sha256 === body.sha256
  return isOurs ? { status: 'created', etag: info.etag } : { status: 'exists' }
}

async function putWhole(
  { send, names, customerKey, deadlineMs }: OciConnection,
  options: ResolvedOciOptions,
  { name, body, tier, signal }: Putting,
): Promise<PutResult> {
  let failed: unknown
  const bytes = watched(checkedBody(name, body, signal), (error) => {
    failed = error
  })
  const source = streamOf(bytes)
  // What the network makes of the stream shows in the request.
  source.on('error', () => {})
  try {
    const { response } = await send(
      (client) =>
        client.putObject({
          ...names,
          ...customerKey,
          objectName: name,
          putObjectBody: source,
          contentLength: body.size,
          contentType: 'application/octet-stream',
          ifNoneMatch: '*',
          opcChecksumAlgorithm: 'SHA256' as never,
          opcContentSha256: Buffer.from(body.sha256, 'hex').toString('base64'),
          storageTier: serviceTier(tier, options) as never,
          ...(options.kmsKeyId === undefined ? {} : { opcSseKmsKeyId: options.kmsKeyId }),
        }),
      { signal, deadlineMs: deadlineMs(body.size) },
    )
    return { status: 'created', etag: response.headers.get('etag') ?? '' }
  } catch (error) {
    // Where the source of the bytes broke, its own error says more than the network's.
    throw failed !== undefined && !signal?.aborted ? failed : error
  } finally {
    source.destroy()
  }
}

/** The bytes as they are; tells of their source's own failure, not of a reader that left. */
async function* watched(
  bytes: AsyncIterable<Uint8Array>,
  onFailure: (error: unknown) => void,
): AsyncGenerator<Uint8Array> {
  try {
    yield* bytes
  } catch (error) {
    onFailure(error)
    throw error
  }
}
