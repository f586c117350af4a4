import type { CatalogSegment } from '../catalog.js'
import { readList } from '../read/id-lists.js'
import type { MoveContext } from './move-context.js'

/** A segment that is set aside, since another one has events of it. */
export interface Overlap {
  aside: string
  with: string
  /** Whether it has events that the other one doesn't have. */
  isPartial: boolean
}

/**
 * Which of the segments that were found have events that others of the day have, by the lists of their ids. What the catalog knows stays;
 * of those that were found the newer one, which was written with the knowledge of the older, where one has all of the other; or else the larger.
 */
export async function findOverlaps(
  context: MoveContext,
  known: readonly CatalogSegment[],
  found: readonly CatalogSegment[],
): Promise<Overlap[]> {
  if (found.length === 0 || known.length + found.length < 2) return []
  let kept: Listed[] = []
  for (const segment of known) kept.push(await listed(context, segment, true))
  const overlaps: Overlap[] = []
  for (const segment of [...found].sort((a, b) => a.createdAt - b.createdAt)) {
    const one = await listed(context, segment, false)
    const others = kept.filter((other) => sharedIds(one.list, other.list) > 0)
    const isStronger = (other: Listed): boolean => {
      const shared = sharedIds(one.list, other.list)
      const isContained = shared === one.list.length || shared === other.list.length
      return !other.isKnown && (isContained || one.list.length > other.list.length)
    }
    const weaker = others.every(isStronger) ? others : []
    for (const other of weaker) overlaps.push(overlap(other, one))
    if (weaker.length < others.length) overlaps.push(overlap(one, others[0]!))
    else kept = [...kept.filter((other) => !weaker.includes(other)), one]
  }
  return overlaps
}

interface Listed {
  segment: CatalogSegment
  list: BigUint64Array
  isKnown: boolean
}

async function listed({ cache, call }: MoveContext, segment: CatalogSegment, isKnown: boolean): Promise<Listed> {
  const stats = { segments: 0, bytes: 0, requests: 0 }
  return { segment, list: await readList(cache, segment.ids, stats, call.signal), isKnown }
}

function overlap(aside: Listed, stays: Listed): Overlap {
  return {
    aside: aside.segment.objectName,
    with: stays.segment.objectName,
    isPartial: sharedIds(aside.list, stays.list) < aside.list.length,
  }
}

/** How many ids two lists, each ascending, have in common. */
function sharedIds(a: BigUint64Array, b: BigUint64Array): number {
  let [i, j, shared] = [0, 0, 0]
  while (i < a.length && j < b.length) {
    if (a[i]! === b[j]!) {
      shared++
      i++
      j++
    } else if (a[i]! < b[j]!) i++
    else j++
  }
  return shared
}
