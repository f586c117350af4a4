import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { AnalyticsError } from '@analytics/protocol'
import type { CallOptions, ObjectStore } from '../object-store.js'
import type { Digest } from '../operations/transfer.js'
import type { ByteRange } from './byte-ranges.js'

/** Fetches an object into a local file, over what is there of it, and tells what came. */
export async function fetchWhole(
  cold: ObjectStore,
  objectName: string,
  path: string,
  call: CallOptions,
): Promise<Digest> {
  const sha256 = createHash('sha256')
  let size = 0
  // Not truncated: readers of the parts that are there find the same bytes at any moment.
  const file = await openToWrite(path)
  try {
    for await (const bytes of cold.get(objectName, call)) {
      sha256.update(bytes)
      await writeAll(file, bytes, size)
      size += bytes.byteLength
    }
  } finally {
    await file.close()
  }
  return { size, sha256: sha256.digest('hex') }
}

/** Fetches some bytes of an object to their place in a local file. */
export async function fetchRange(
  cold: ObjectStore,
  objectName: string,
  file: FileHandle,
  { start, end }: ByteRange,
  call: CallOptions,
): Promise<void> {
  let at = start
  for await (const bytes of cold.get(objectName, { ...call, start, end })) {
    await writeAll(file, bytes, at)
    at += bytes.byteLength
  }
  if (at !== end) {
    throw new AnalyticsError('checksum_mismatch', `${objectName} gave ${at - start} bytes instead of ${end - start}.`)
  }
}

/** Opens a file to be written anywhere, and makes it where it is missing. */
export async function openToWrite(path: string): Promise<FileHandle> {
  await open(path, 'a').then((made) => made.close())
  return open(path, 'r+')
}

async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.byteLength; ) {
    done += (await file.write(bytes, done, bytes.byteLength - done, position + done)).bytesWritten
  }
}
