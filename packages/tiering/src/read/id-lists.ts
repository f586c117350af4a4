import { readFile } from 'node:fs/promises'
import { type ColdReadStats, errorCode } from '@analytics/protocol'
import type { CatalogSegment } from '../catalog.js'
import { hasIdHash, idHash } from '../segments/id-hash.js'
import type { SegmentCache } from './segment-cache.js'

/** Tells events that segments have already, whatever tier these are in. */
export interface KnownEvents {
  has(eventId: string): boolean
}

const NONE = new BigUint64Array()

/** Reads the lists of these segments, eight bytes an event. */
export async function knownEvents(
  { cache }: { cache: SegmentCache },
  segments: readonly CatalogSegment[],
  stats: ColdReadStats,
  signal?: AbortSignal,
): Promise<KnownEvents> {
  const lists = await Promise.all(
    segments.map(async ({ ids, expiry }) => {
      try {
        return await readList(cache, ids, stats, signal)
      } catch (error) {
        // The list goes after the segment: nobody has these events any more.
        if (expiry?.step === 'deleting' && errorCode(error) === 'object_not_found') return NONE
        throw error
      }
    }),
  )
  return {
    has(eventId) {
      const wanted = idHash(eventId)
      return lists.some((list) => hasIdHash(list, wanted))
    },
  }
}

/** The list of a segment's event ids, ascending. */
export async function readList(
  cache: SegmentCache,
  ids: CatalogSegment['ids'],
  stats: ColdReadStats,
  signal: AbortSignal | undefined,
): Promise<BigUint64Array> {
  const open = cache.open(ids, stats, signal)
  try {
    const bytes = await readFile(await open.source.file())
    // Copied, since a buffer of its own begins where its numbers may.
    return new BigUint64Array(Uint8Array.from(bytes).buffer)
  } finally {
    await open.release()
  }
}
