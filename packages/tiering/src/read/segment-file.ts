import { open, rm } from 'node:fs/promises'
import { AnalyticsError, type ColdReadStats } from '@analytics/protocol'
import type { SegmentFacts } from '../catalog.js'
import type { ObjectStore } from '../object-store.js'
import { download } from '../operations/transfer.js'
import type { SegmentSource } from '../segment-format.js'
import type { TempFiles } from '../temp-files.js'

/** A segment's bytes as a source that must be released. */
export interface OpenSegment {
  source: SegmentSource
  release(): Promise<void>
}

/** A local file that holds a segment. */
export function localSource(path: string, size: number): SegmentSource {
  return {
    size,
    async slice(start, end) {
      const file = await open(path)
      try {
        const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(end - start), position: start })
        return buffer.subarray(0, bytesRead)
      } finally {
        await file.close()
      }
    },
    file: async () => path,
  }
}

/** A committed segment in an object store. It is fetched once, when a file is first asked for, and checked as it comes. */
export function openSegment(
  { cold, tempFiles }: { cold: ObjectStore; tempFiles: TempFiles },
  { objectName, size, sha256 }: SegmentFacts,
  stats: ColdReadStats,
  signal?: AbortSignal,
): OpenSegment {
  let fetched: Promise<string> | undefined
  let temporary: string | undefined

  async function fetchFile(): Promise<string> {
    stats.requests++
    if (cold.localFile) {
      const path = await cold.localFile(objectName, signal ? { signal } : {})
      stats.bytes += size
      return path
    }
    temporary = await tempFiles.path('.segment')
    const got = await download(cold, objectName, temporary, signal)
    stats.bytes += got.size
    if (got.sha256 !== sha256) {
      throw new AnalyticsError('checksum_mismatch', `The bytes of ${objectName} are not those that were stored.`)
    }
    return temporary
  }

  return {
    source: {
      size,
      async slice(start, end) {
        stats.requests++
        const parts: Uint8Array[] = []
        for await (const bytes of cold.get(objectName, { start, end, ...(signal ? { signal } : {}) })) parts.push(bytes)
        const part = Buffer.concat(parts)
        stats.bytes += part.byteLength
        return part
      },
      async file() {
        fetched ??= fetchFile()
        try {
          return await fetched
        } catch (error) {
          fetched = undefined
          throw error
        }
      },
    },
    async release() {
      await fetched?.catch(() => undefined)
      if (temporary !== undefined) await rm(temporary, { force: true })
    },
  }
}
