import type { Day } from '@analytics/protocol'
import {
  type CatalogDay,
  type CatalogEntry,
  type CatalogSegment,
  liveSegments,
  type SegmentFacts,
  SUCCEEDED,
} from '../catalog.js'
import { addRowHashes } from '../segments/row-hash.js'
import type { MoveOutcome } from './move.js'
import type { MoveContext } from './move-context.js'
import { deleteReplaced, giveUp, type LocalFiles, namesOf, rewriteSegments, withLocalCopies } from './rewrite.js'
import { describeFile } from './write-segment.js'

/** So many segments of a day are too many. */
const MANY_SEGMENTS = 8
/** So large a part of a day's rows outside its largest segment is too much: each read reads them beside it. */
const LARGE_PART = 0.1

/** The segments of a day that could be one: several, none of them on its way anywhere, that number people alike. */
function mergeableSegments(value: CatalogDay): readonly CatalogSegment[] | undefined {
  const segments = liveSegments(value)
  const [first] = segments
  const isAtRest = segments.every(
    ({ drop, archive, dictionaryId }) => drop === 'done' && !archive && dictionaryId === first?.dictionaryId,
  )
  return segments.length > 1 && isAtRest && segments.length === value.segments.length && !value.move
    ? segments
    : undefined
}

/** Those of them that are read faster once they are one. */
export function fragmentsOf(value: CatalogDay): readonly CatalogSegment[] | undefined {
  const segments = mergeableSegments(value)
  if (!segments) return undefined
  const rows = segments.map((one) => one.rows)
  const all = rows.reduce((sum, one) => sum + one, 0)
  const isFragmented = segments.length >= MANY_SEGMENTS || all - Math.max(...rows) > all * LARGE_PART
  return isFragmented ? segments : undefined
}

/**
 * Makes one segment of a day's several, from wherever an earlier attempt stopped: the new one is written down, put, read back and
 * compared with what the others add up to before readers take it; those go when nobody reads them any more.
 */
export async function compactDay(context: MoveContext, day: Day): Promise<MoveOutcome> {
  const cleared = await deleteReplaced(context, await context.catalog.read(day))
  if (cleared.waiting) return { rows: 0, bytes: 0, waiting: cleared.waiting }
  const sources = fragmentsOf(cleared.entry.value)
  if (!sources) {
    await giveUp(context, cleared.entry)
    return { rows: 0, bytes: 0 }
  }
  const { entry, segment } = await rewriteSegments(context, cleared.entry, {
    replaces: namesOf(sources),
    step: 'compact',
    write: (before, files) => writeMerged(context, before, sources, files),
  })
  const committed = await commit(context, entry, segment, sources)
  const { waiting } = await deleteReplaced(context, committed)
  context.onProgress({ day, step: 'done' })
  return { rows: segment.rows, bytes: segment.size, ...(waiting ? { waiting } : {}) }
}

/** Writes the rows of the segments to one local file. It must add up to what they did when they were verified. */
async function writeMerged(
  context: MoveContext,
  { day, value }: CatalogEntry,
  sources: readonly CatalogSegment[],
  files: LocalFiles,
): Promise<SegmentFacts> {
  const { format, call } = context
  return withLocalCopies(context, sources, async (local) => ({
    ...(await describeFile(context, { day, value }, await format.merge(local, files.path, call), files)),
    rows: sources.reduce((sum, { rows }) => sum + rows, 0),
    rowHash: addRowHashes(sources.map(({ rowHash }) => rowHash)),
    minTime: Math.min(...sources.map(({ minTime }) => minTime)),
    maxTime: Math.max(...sources.map(({ maxTime }) => maxTime)),
    dictionaryId: sources[0]!.dictionaryId,
  }))
}

/** From here on readers take the new segment. */
async function commit(
  { hot, catalog, lease, now, onProgress }: MoveContext,
  entry: CatalogEntry,
  segment: SegmentFacts,
  sources: readonly CatalogSegment[],
): Promise<CatalogEntry> {
  const { day, value } = entry
  onProgress({ day, step: 'commit' })
  await lease.check()
  await hot.audit({
    action: 'tiering.compact',
    target: day,
    details: { object: segment.objectName, rows: segment.rows, segments: sources.length },
  })
  const at = now()
  const merged: CatalogSegment = { ...segment, seal: sources.at(-1)!.seal, committedAt: at, drop: 'done' }
  return catalog.change(entry, {
    segments: [merged],
    rewrite: undefined,
    replaced: [...(value.replaced ?? []), ...namesOf(sources).map((objectName) => ({ objectName, at }))],
    ...SUCCEEDED,
  })
}
