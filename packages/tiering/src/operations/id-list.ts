import { open } from 'node:fs/promises'
import type { ObjectFacts } from '../catalog.js'
import type { SegmentFormat, SegmentSource } from '../segment-format.js'
import { idsName } from '../segments/names.js'
import { fileDigest } from './transfer.js'

/** Writes the list of a segment's event ids to a local file. */
export async function writeIdList(
  format: SegmentFormat,
  source: SegmentSource,
  objectName: string,
  path: string,
  call: { signal?: AbortSignal },
): Promise<ObjectFacts> {
  const file = await open(path, 'wx')
  try {
    for await (const hashes of format.idHashes(source, call)) {
      await file.writeFile(new Uint8Array(hashes.buffer, hashes.byteOffset, hashes.byteLength))
    }
  } finally {
    await file.close()
  }
  return { objectName: idsName(objectName), ...(await fileDigest(path)) }
}
