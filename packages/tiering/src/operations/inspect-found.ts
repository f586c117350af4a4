import { type Day, errorCode } from '@analytics/protocol'
import { throwIfAborted } from '../abort.js'
import { type CatalogSegment, isReadable, type SegmentArchive, type SegmentFacts } from '../catalog.js'
import type { ObjectInfo } from '../object-store.js'
import { differingFact } from '../segments/row-hash.js'
import type { Sidecar } from '../segments/sidecar.js'
import { sketchPeople } from '../segments/sketch.js'
import type { MoveContext } from './move-context.js'

/** An object that a rebuild could make no use of, or not of all of it. */
export interface RebuildProblem {
  day: Day
  objectName: string
  /**
   * `unverified`: nothing describes it, so that nobody proved it whole. `size`, `ids`, `contents`: it is not as described. `missing`: only
   * its description is there. `overlap`: another segment has some of its events. `busy`: the day has unfinished work.
   */
  problem: 'unverified' | 'size' | 'ids' | 'contents' | 'missing' | 'overlap' | 'busy'
  message: string
}

/** Looks whether a segment is as described; resolves to what the catalog says of it, or to what is wrong. */
export async function inspectFound(
  context: MoveContext,
  day: Day,
  objectName: string,
  sidecar: Sidecar | undefined,
  { deep, keepsSketch }: { deep: boolean; keepsSketch: boolean },
): Promise<CatalogSegment | RebuildProblem> {
  const wrong = (problem: RebuildProblem['problem'], message: string) => ({ day, objectName, problem, message })
  if (!sidecar) return wrong('unverified', 'Nothing that can be read describes it.')
  const { cold, now, call } = context
  const { segment } = sidecar
  const info = await cold.head(objectName, call)
  if (info?.size !== segment.size)
    return wrong('size', `It has ${info?.size ?? 'no'} bytes instead of ${segment.size}: encrypted, or another object.`)
  if ((await cold.head(segment.ids.objectName, call))?.size !== segment.ids.size)
    return wrong('ids', `${segment.ids.objectName} is missing, or has another size.`)
  const committed: CatalogSegment = {
    ...segment,
    // No seal of the hot store: it numbers anew.
    seal: { day, id: `rebuilt ${objectName}`, rows: segment.rows },
    committedAt: now(),
    drop: 'done',
    ...archiveOf(info, now()),
  }
  if (!deep || !isReadable(committed, now())) return committed
  const difference = await readThrough(context, segment, keepsSketch)
  return difference === undefined ? committed : wrong('contents', difference)
}

/** Since when it is archived nobody knows: the minimum stay counts from now. */
function archiveOf({ tier, archivalState, readableUntil }: ObjectInfo, now: number): { archive?: SegmentArchive } {
  if (tier !== 'archive') return {}
  const isRestored = archivalState === 'restored' && readableUntil !== undefined
  const restore = isRestored ? { restore: { requestedAt: now, hours: 1, readableUntil } } : {}
  return { archive: { step: 'archived', at: now, ...restore } }
}

/** Reads the segment; tells how it differs from its description, and keeps its sketch. */
async function readThrough(
  { cache, format, sketches, call }: MoveContext,
  segment: SegmentFacts,
  keepsSketch: boolean,
): Promise<string | undefined> {
  const open = cache.open(segment, { segments: 0, bytes: 0, requests: 0 }, call.signal)
  try {
    const read = await format.summarize(open.source, call)
    const different = differingFact(read, segment)
    if (different) return `Its rows differ from the description in ${different}.`
    if (keepsSketch) await sketches.keep(segment.objectName, await sketchPeople(format.personHashes(open.source, call)))
    return undefined
  } catch (error) {
    throwIfAborted(call.signal)
    if (errorCode(error) === 'checksum_mismatch') return (error as Error).message
    throw error
  } finally {
    await open.release()
  }
}
