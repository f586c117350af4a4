import { rm } from 'node:fs/promises'
import { AnalyticsError, type ColdReadStats } from '@analytics/protocol'
import type { ObjectFacts } from '../catalog.js'
import type { ObjectStore } from '../object-store.js'
import type { SegmentSource } from '../segment-format.js'
import type { TempFiles } from '../temp-files.js'
import { type ByteRange, bytesOf, joinRanges, missingRanges } from './byte-ranges.js'
import { fetchRange, fetchWhole, openToWrite } from './fetch.js'

/** A segment's bytes as a source that must be released. */
export interface OpenSegment {
  source: SegmentSource
  release(): Promise<void>
}

/** Local copies of segments, whole or in part; those used last are kept. */
export interface SegmentCache {
  /** What is fetched is counted in `stats`. */
  open(object: ObjectFacts & { footerSize?: number }, stats: ColdReadStats, signal?: AbortSignal): OpenSegment
  /** Deletes what is there of the object, as soon as nobody reads it. */
  forget(objectName: string): Promise<void>
  /** Forgets every object but these. */
  keepOnly(objectNames: ReadonlySet<string>): Promise<void>
}

/** A local file of an object's size. Where nothing was fetched it has holes. */
interface Copy {
  path?: string
  /** In order, apart from one another. */
  present: ByteRange[]
  /** How many have it open. */
  users: number
  /** Whether it goes with its last user. */
  isForgotten: boolean
  /** Fetches, one after the other. */
  turn: Promise<unknown>
}

/** From this part of an object on, it is fetched whole, which is one request, and checked. */
const MOST_OF_IT = 0.5

/** A cache of so many bytes; what is open counts, and is kept also beyond them. */
export function createSegmentCache(options: {
  cold: ObjectStore
  tempFiles: TempFiles
  maxBytes: number
  /** Told of each read. */
  onUse?: (result: 'hit' | 'miss') => void
}): SegmentCache {
  const { cold, tempFiles, maxBytes, onUse = () => {} } = options
  /** By name, those used last at the end. */
  const copies = new Map<string, Copy>()

  async function remove(objectName: string, copy: Copy): Promise<void> {
    if (copies.get(objectName) === copy) copies.delete(objectName)
    if (copy.path !== undefined) await rm(copy.path, { force: true })
  }

  async function evict(): Promise<void> {
    let held = [...copies.values()].reduce((sum, { present }) => sum + bytesOf(present), 0)
    for (const [objectName, copy] of [...copies]) {
      if (held <= maxBytes) return
      if (copy.users > 0) continue
      held -= bytesOf(copy.present)
      await remove(objectName, copy)
    }
  }

  function take(objectName: string): Copy {
    const copy = copies.get(objectName) ?? {
      present: [],
      users: 0,
      isForgotten: false,
      turn: Promise.resolve(),
    }
    copies.delete(objectName)
    copies.set(objectName, copy)
    copy.users++
    return copy
  }

  async function forget(objectName: string): Promise<void> {
    const copy = copies.get(objectName)
    if (!copy) return
    copies.delete(objectName)
    copy.isForgotten = true
    if (copy.users === 0) await remove(objectName, copy)
  }

  return {
    open(object, stats, signal) {
      const { objectName, size, sha256, footerSize } = object
      const call = signal ? { signal } : {}
      let copy: Copy | undefined
      let isReleased = false

      async function fill(held: Copy, wanted: readonly ByteRange[] | undefined): Promise<string> {
        held.path ??= await tempFiles.path('.segment')
        const { path } = held
        const missing = missingRanges(wanted ?? [{ start: 0, end: size }], held.present)
        onUse(missing.length === 0 ? 'hit' : 'miss')
        if (missing.length === 0) return path
        if (!wanted || bytesOf(missing) > size * MOST_OF_IT) {
          stats.requests++
          const got = await fetchWhole(cold, objectName, path, call)
          stats.bytes += got.size
          if (got.sha256 !== sha256) {
            held.isForgotten = true
            copies.delete(objectName)
            throw new AnalyticsError('checksum_mismatch', `The bytes of ${objectName} are not those that were stored.`)
          }
          held.present = [{ start: 0, end: size }]
          return path
        }
        const file = await openToWrite(path)
        try {
          await file.truncate(size)
          await Promise.all(
            missing.map(async (range) => {
              stats.requests++
              await fetchRange(cold, objectName, file, range, call)
              stats.bytes += range.end - range.start
            }),
          )
        } finally {
          await file.close()
        }
        held.present = joinRanges([...held.present, ...missing])
        return path
      }

      async function inPlace(wanted: readonly ByteRange[] | undefined): Promise<string> {
        stats.requests++
        stats.bytes += wanted ? bytesOf(joinRanges(wanted)) : size
        return cold.localFile!(objectName, call)
      }

      return {
        source: {
          size,
          ...(footerSize === undefined ? {} : { footerSize }),
          file(wanted) {
            if (isReleased) return Promise.reject(new AnalyticsError('closed', 'The segment was released.'))
            if (cold.localFile) return inPlace(wanted)
            copy ??= take(objectName)
            const held = copy
            const filled = held.turn.then(() => fill(held, wanted))
            held.turn = filled.catch(() => {})
            return filled
          },
        },
        async release() {
          isReleased = true
          const held = copy
          copy = undefined
          if (!held) return
          await held.turn
          held.users--
          if (held.isForgotten && held.users === 0) await remove(objectName, held)
          await evict()
        },
      }
    },
    forget,
    async keepOnly(objectNames) {
      for (const objectName of [...copies.keys()]) if (!objectNames.has(objectName)) await forget(objectName)
    },
  }
}
