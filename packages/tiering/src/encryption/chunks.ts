import { createCipheriv, createDecipheriv } from 'node:crypto'
import { AnalyticsError } from '@analytics/protocol'

/**
 * A body is encrypted in chunks of that many bytes, so that a range of it can be read. The nonce of a chunk is its number and
 * whether it is the last, as in STREAM (Hoang, Reyhanitabar, Rogaway and Vizár 2015): none can be left out, moved or added. Each key
 * encrypts one body only.
 */
const CHUNK_BYTES = 64 * 1024
const TAG_BYTES = 16

/** Size of what a body of that size becomes. */
export function sealedSize(size: number): number {
  return size + TAG_BYTES * Math.max(1, Math.ceil(size / CHUNK_BYTES))
}

/** Size of the body that became that many bytes. */
export function openedSize(sealed: number): number {
  return Math.max(0, sealed - TAG_BYTES * Math.max(1, Math.ceil(sealed / (CHUNK_BYTES + TAG_BYTES))))
}

/** Encrypts a body. */
export async function* sealChunks(plain: AsyncIterable<Uint8Array>, key: Buffer): AsyncGenerator<Uint8Array> {
  let number = 0
  let held: Buffer | undefined
  for await (const chunk of inChunks(plain, CHUNK_BYTES)) {
    if (held) yield seal(held, key, number++, false)
    held = chunk
  }
  yield seal(held ?? Buffer.alloc(0), key, number, true)
}

/** Which bytes of the encrypted body have that range of it, and what is to be left out of the first of their chunks. */
export function sealedRange(
  start: number,
  end: number | undefined,
): { start: number; end?: number; skip: number; first: number } {
  const first = Math.floor(start / CHUNK_BYTES)
  const last = end === undefined ? undefined : Math.ceil(end / CHUNK_BYTES)
  return {
    first,
    skip: start - first * CHUNK_BYTES,
    start: first * (CHUNK_BYTES + TAG_BYTES),
    ...(last === undefined ? {} : { end: last * (CHUNK_BYTES + TAG_BYTES) }),
  }
}

/**
 * Decrypts chunks, of which the first has that number.
 * @throws AnalyticsError `checksum_mismatch` where a chunk is not what was encrypted, or the last one is missing of a body that is
 *   read to its end.
 */
export async function* openChunks(
  sealed: AsyncIterable<Uint8Array>,
  key: Buffer,
  { objectName, first, toEnd }: { objectName: string; first: number; toEnd: boolean },
): AsyncGenerator<Uint8Array> {
  let number = first
  let isLast = false
  for await (const chunk of inChunks(sealed, CHUNK_BYTES + TAG_BYTES)) {
    const opened: Buffer | undefined = isLast ? undefined : open(chunk, key, number, false)
    const plain: Buffer | undefined = opened ?? (isLast ? undefined : open(chunk, key, number, true))
    if (!plain) throw damaged(objectName)
    isLast = opened === undefined
    number++
    yield plain
  }
  if (toEnd && !isLast) throw damaged(objectName)
}

function seal(plain: Buffer, key: Buffer, number: number, isLast: boolean): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, nonceOf(number, isLast))
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

function open(sealed: Buffer, key: Buffer, number: number, isLast: boolean): Buffer | undefined {
  if (sealed.byteLength < TAG_BYTES) return undefined
  const decipher = createDecipheriv('aes-256-gcm', key, nonceOf(number, isLast))
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES))
  const plain = decipher.update(sealed.subarray(0, -TAG_BYTES))
  try {
    return Buffer.concat([plain, decipher.final()])
  } catch {
    return undefined
  }
}

function nonceOf(number: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(12)
  nonce[0] = isLast ? 1 : 0
  nonce.writeBigUInt64BE(BigInt(number), 4)
  return nonce
}

/** The same bytes in pieces of that size; only the last may be smaller. */
async function* inChunks(bytes: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Buffer> {
  let parts: Uint8Array[] = []
  let held = 0
  for await (let piece of bytes) {
    while (held + piece.byteLength >= size) {
      const rest = size - held
      yield Buffer.concat([...parts, piece.subarray(0, rest)])
      piece = piece.subarray(rest)
      parts = []
      held = 0
    }
    if (piece.byteLength === 0) continue
    // Copied: whoever made it may use it again.
    parts.push(Uint8Array.from(piece))
    held += piece.byteLength
  }
  if (held > 0) yield Buffer.concat(parts)
}

function damaged(objectName: string): AnalyticsError {
  return new AnalyticsError('checksum_mismatch', `The bytes of ${objectName} are not those that were stored.`)
}
