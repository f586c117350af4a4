import { rm } from 'node:fs/promises'
import { AnalyticsError, type Day } from '@analytics/protocol'
import {
  type CatalogDay,
  type CatalogEntry,
  type CatalogSegment,
  liveSegments,
  type SegmentFacts,
  SUCCEEDED,
} from '../catalog.js'
import { localSource } from '../read/segment-file.js'
import { addRowHashes } from '../segments/row-hash.js'
import { findDifference, isThere, putSegment, writeSidecar } from './copy.js'
import { deleteSegmentObjects } from './delete-objects.js'
import type { MoveOutcome } from './move.js'
import type { MoveContext, Waiting } from './move-context.js'
import { download } from './transfer.js'
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
  const { entry, segment } = await copyMerged(context, cleared.entry, sources)
  const committed = await commit(context, entry, segment, sources)
  const { waiting } = await deleteReplaced(context, committed)
  context.onProgress({ day, step: 'done' })
  return { rows: segment.rows, bytes: segment.size, ...(waiting ? { waiting } : {}) }
}

/** Puts the new segment and proves that it is there. */
async function copyMerged(
  context: MoveContext,
  start: CatalogEntry,
  sources: readonly CatalogSegment[],
): Promise<{ entry: CatalogEntry; segment: SegmentFacts }> {
  const { rewrite } = start.value
  const isTheSame = rewrite?.replaces.join() === namesOf(sources).join()
  const adopted =
    rewrite && isTheSame && (await isThere(context, rewrite.segment))
      ? { entry: start, segment: rewrite.segment }
      : undefined
  const copy = adopted ?? (await writeMerged(context, isTheSame ? start : await giveUp(context, start), sources))
  context.onProgress({ day: start.day, step: 'verify' })
  const problem = await findDifference(context, copy.segment)
  if (problem) throw await retire(context, copy.entry, problem)
  await writeSidecar(context, start.day, copy.segment)
  return copy
}

async function writeMerged(
  context: MoveContext,
  entry: CatalogEntry,
  sources: readonly CatalogSegment[],
): Promise<{ entry: CatalogEntry; segment: SegmentFacts }> {
  const { tempFiles, format, catalog, lease, onProgress } = context
  const [path, idsPath] = [await tempFiles.path(format.extension), await tempFiles.path('.ids')]
  try {
    onProgress({ day: entry.day, step: 'compact' })
    const segment = await writeLocal(context, entry, sources, { path, idsPath })
    const previous = entry.value.rewrite?.segment
    const retired = previous && previous.objectName !== segment.objectName ? [previous.objectName] : []
    await lease.check()
    const announced = await catalog.change(entry, {
      rewrite: { segment, replaces: namesOf(sources) },
      retiredObjects: [...entry.value.retiredObjects, ...retired],
    })
    onProgress({ day: entry.day, step: 'put' })
    const problem = await putSegment(context, segment, { path, idsPath })
    if (problem) throw await retire(context, announced, problem)
    return { entry: announced, segment }
  } finally {
    await Promise.all([path, idsPath].map((file) => rm(file, { force: true })))
  }
}

/** Writes the rows of the segments to one local file. It must add up to what they did when they were verified. */
async function writeLocal(
  context: MoveContext,
  { day, value }: CatalogEntry,
  sources: readonly CatalogSegment[],
  { path, idsPath }: { path: string; idsPath: string },
): Promise<SegmentFacts> {
  const { cold, tempFiles, format, call } = context
  const fetched: string[] = []
  try {
    for (const { objectName, sha256 } of sources) {
      const file = await tempFiles.path(format.extension)
      fetched.push(file)
      if ((await download(cold, objectName, file, call.signal)).sha256 !== sha256) {
        throw new AnalyticsError('checksum_mismatch', `The bytes of ${objectName} are not those that were stored.`)
      }
    }
    const local = fetched.map((file, i) => localSource(file, sources[i]!.size))
    const stats = await format.merge(local, path, call)
    return {
      ...(await describeFile(context, { day, value }, stats, { path, idsPath })),
      rows: sources.reduce((sum, { rows }) => sum + rows, 0),
      rowHash: addRowHashes(sources.map(({ rowHash }) => rowHash)),
      minTime: Math.min(...sources.map(({ minTime }) => minTime)),
      maxTime: Math.max(...sources.map(({ maxTime }) => maxTime)),
      dictionaryId: sources[0]!.dictionaryId,
    }
  } finally {
    await Promise.all(fetched.map((file) => rm(file, { force: true })))
  }
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

/** Deletes objects whose events another one has, once everybody who may read them has left. */
async function deleteReplaced(
  context: MoveContext,
  entry: CatalogEntry,
): Promise<{ entry: CatalogEntry; waiting?: Waiting }> {
  const { readers, times, now, call, lease, catalog } = context
  const { replaced = [] } = entry.value
  if (replaced.length === 0) return { entry }
  const since = Math.max(...replaced.map(({ at }) => at))
  if (now() < since + times.readerGraceMs) return { entry, waiting: 'grace' }
  if (!(await readers.begunAfter(since, times.readerWaitMs, call.signal))) return { entry, waiting: 'readers' }
  // Time may have passed since they were verified; they are the only copies from here on.
  for (const segment of liveSegments(entry.value)) {
    if (await isThere(context, segment)) continue
    throw new AnalyticsError(
      'verification_failed',
      `${segment.objectName} is not there as committed; nothing was deleted.`,
    )
  }
  await lease.check()
  for (const { objectName } of replaced) await deleteSegmentObjects(context, objectName)
  await lease.check()
  return { entry: await catalog.change(entry, { replaced: undefined, ...SUCCEEDED }) }
}

/** A rewrite that will not be finished leaves its object to the day's expiry. */
async function giveUp({ catalog, lease }: MoveContext, entry: CatalogEntry): Promise<CatalogEntry> {
  const { rewrite, retiredObjects } = entry.value
  if (!rewrite) return entry
  await lease.check()
  return catalog.change(entry, {
    rewrite: undefined,
    retiredObjects: [...retiredObjects, rewrite.segment.objectName],
  })
}

async function retire(context: MoveContext, entry: CatalogEntry, problem: string): Promise<AnalyticsError> {
  await giveUp(context, entry)
  return new AnalyticsError(
    'verification_failed',
    `${problem} The next attempt takes another name; nothing was deleted.`,
  )
}

const namesOf = (segments: readonly CatalogSegment[]): string[] => segments.map(({ objectName }) => objectName)
