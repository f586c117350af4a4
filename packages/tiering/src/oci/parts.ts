import { AnalyticsError } from '@analytics/protocol'
import type { PutResult } from '../object-store.js'
import { checkedBody } from '../objects/checked-body.js'
import { Crc32cSum } from '../objects/crc32c.js'
import type { OciConnection } from './connection.js'
import { SHA256_METADATA } from './head.js'
import type { ResolvedOciOptions } from './options.js'
import { retried } from './retry.js'
import { type Putting, serviceTier, streamOf } from './sending.js'

/**
 * Stores a large object in parts, each with a checksum of its own, and commits them if the name is still free. The service tells the
 * CRC32C of the whole. What fails is aborted, so that no parts are left to be paid for.
 */
export async function putParts(
  connection: OciConnection,
  options: ResolvedOciOptions,
  { name, body, tier, signal }: Putting,
): Promise<PutResult> {
  const { names, customerKey, ask, send, deadlineMs } = connection
  const created = await send(
    (client) =>
      client.createMultipartUpload({
        ...names,
        ...customerKey,
        ifNoneMatch: '*',
        createMultipartUploadDetails: {
          object: name,
          contentType: 'application/octet-stream',
          storageTier: serviceTier(tier, options) as never,
          metadata: { [`opc-meta-${SHA256_METADATA}`]: body.sha256 },
        },
        opcChecksumAlgorithm: 'CRC32C' as never,
        ...(options.kmsKeyId === undefined ? {} : { opcSseKmsKeyId: options.kmsKeyId }),
      }),
    { signal, deadlineMs: deadlineMs() },
  )
  const { uploadId } = created.result.multipartUpload
  const upload = { ...names, objectName: name, uploadId }
  try {
    const parts: { partNum: number; etag: string }[] = []
    const whole = new Crc32cSum()
    for await (const { bytes, crc32c } of partsOf(checkedBody(name, body, signal), options.partBytes, whole)) {
      const partNum = parts.length + 1
      // A part is sent again without what came before it, as long as it takes: it replaces itself.
      const { response } = await ask(
        { what: `Part ${partNum} of ${name}`, signal, bytes: bytes.byteLength },
        (client) =>
          client.uploadPart({
            ...upload,
            ...customerKey,
            uploadPartNum: partNum,
            uploadPartBody: streamOf(once(bytes)),
            contentLength: bytes.byteLength,
            opcChecksumAlgorithm: 'CRC32C' as never,
            opcContentCrc32c: crc32c,
          } as Parameters<typeof client.uploadPart>[0]),
      )
      parts.push({ partNum, etag: response.headers.get('etag') ?? '' })
    }
    const { response } = await send(
      (client) =>
        client.commitMultipartUpload({
          ...upload,
          ifNoneMatch: '*',
          commitMultipartUploadDetails: { partsToCommit: parts },
        }),
      { signal, deadlineMs: deadlineMs(body.size) },
    )
    const stored = response.headers.get('opc-content-crc32c')
    if (stored !== null && stored !== whole.digest()) {
      const versionId = response.headers.get('version-id') ?? undefined
      const gone = { ...names, objectName: name, ...(versionId === undefined ? {} : { versionId }) }
      await ask({ what: `The removal of ${name}`, signal }, (client) => client.deleteObject(gone))
      throw new AnalyticsError(
        'checksum_mismatch',
        `The parts of ${name} were put together wrongly; nothing was stored.`,
      )
    }
    return { status: 'created', etag: response.headers.get('etag') ?? '' }
  } catch (error) {
    // A commit of unknown outcome has taken its parts with it, or they go here.
    await retried(
      `Giving up ${name}`,
      () => send((client) => client.abortMultipartUpload(upload), { deadlineMs: deadlineMs() }),
      options,
      undefined,
    ).catch(() => {})
    throw error
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

/** Some of the bytes, with their CRC32C. */
interface Part {
  bytes: Buffer
  crc32c: string
}

/** The bytes in parts of that size, the last one smaller; summed up as they come, not all of a part at once. */
async function* partsOf(source: AsyncIterable<Uint8Array>, size: number, whole: Crc32cSum): AsyncGenerator<Part> {
  let bytes = Buffer.allocUnsafe(size)
  let sum = new Crc32cSum()
  let filled = 0
  for await (const chunk of source) {
    for (let at = 0; at < chunk.byteLength; ) {
      const piece = chunk.subarray(at, at + size - filled)
      bytes.set(piece, filled)
      sum.update(piece)
      whole.update(piece)
      filled += piece.byteLength
      at += piece.byteLength
      if (filled < size) continue
      yield { bytes, crc32c: sum.digest() }
      bytes = Buffer.allocUnsafe(size)
      sum = new Crc32cSum()
      filled = 0
    }
  }
  if (filled > 0) yield { bytes: bytes.subarray(0, filled), crc32c: sum.digest() }
}
