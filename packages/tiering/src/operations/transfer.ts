import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import type { CallOptions, ObjectBody, ObjectStore } from '../object-store.js'

/** Large files are read in larger pieces than the default of 64 KiB. */
const CHUNK_BYTES = 512 * 1024

/** Size and SHA-256 (lower-case hex) of some bytes. */
export interface Digest {
  size: number
  sha256: string
}

/** Digest of a local file. */
export async function fileDigest(path: string): Promise<Digest> {
  const sha256 = createHash('sha256')
  let size = 0
  for await (const bytes of createReadStream(path, { highWaterMark: CHUNK_BYTES }) as AsyncIterable<Uint8Array>) {
    sha256.update(bytes)
    size += bytes.byteLength
  }
  return { size, sha256: sha256.digest('hex') }
}

/** A local file as the body of a put. */
export function fileBody(path: string, digest: Digest): ObjectBody {
  return { ...digest, open: () => createReadStream(path, { highWaterMark: CHUNK_BYTES }) }
}

/** A text as the body of a put. */
export function textBody(text: string): ObjectBody {
  const bytes = Buffer.from(text)
  return {
    size: bytes.byteLength,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    async *open() {
      yield bytes
    },
  }
}

/** Fetches an object into a new local file, and tells what came. */
export async function download(store: ObjectStore, name: string, path: string, signal?: AbortSignal): Promise<Digest> {
  const sha256 = createHash('sha256')
  let size = 0
  const file = await open(path, 'wx')
  try {
    for await (const bytes of store.get(name, signal ? { signal } : {})) {
      sha256.update(bytes)
      size += bytes.byteLength
      await file.writeFile(bytes)
    }
  } finally {
    await file.close()
  }
  return { size, sha256: sha256.digest('hex') }
}

/** A small object as text. */
export async function readText(store: ObjectStore, name: string, call: CallOptions): Promise<string> {
  const parts: Uint8Array[] = []
  for await (const bytes of store.get(name, call)) parts.push(bytes)
  return Buffer.concat(parts).toString()
}
