import { rm } from 'node:fs/promises'
import { AnalyticsError } from '@analytics/protocol'
import {
  type CatalogEntry,
  type CatalogSegment,
  liveSegments,
  type SegmentFacts,
  type SegmentRewrite,
  SUCCEEDED,
} from '../catalog.js'
import { localSource } from '../read/segment-file.js'
import type { SegmentSource } from '../segment-format.js'
import { assertThere, findDifference, isThere, putSegment, writeSidecar } from './copy.js'
import { deleteSegmentObjects } from './delete-objects.js'
import type { MoveContext, MoveProgress, Waiting } from './move-context.js'
import { download } from './transfer.js'

/** Where a segment and the list of its ids are written first. */
export interface LocalFiles {
  path: string
  idsPath: string
}

/** A segment that is to take the place of others. */
export interface PlannedRewrite extends Omit<SegmentRewrite, 'segment'> {
  step: MoveProgress['step']
  /** Writes it to local files. What it tells of the rows is what must be read back. */
  write(entry: CatalogEntry, files: LocalFiles): Promise<SegmentFacts>
}

/**
 * Puts a segment that is to take the place of others and proves that it is there, from wherever an earlier attempt stopped: it is
 * written down before it is put, and nothing is deleted.
 */
export async function rewriteSegments(
  context: MoveContext,
  start: CatalogEntry,
  planned: PlannedRewrite,
): Promise<{ entry: CatalogEntry; segment: SegmentFacts }> {
  const { rewrite } = start.value
  const isTheSame = rewrite !== undefined && keyOf(rewrite) === keyOf(planned)
  const adopted =
    isTheSame && (await isThere(context, rewrite.segment)) ? { entry: start, segment: rewrite.segment } : undefined
  const copy = adopted ?? (await writeAndPut(context, isTheSame ? start : await giveUp(context, start), planned))
  context.onProgress({ day: start.day, step: 'verify' })
  const problem = await findDifference(context, copy.segment)
  if (problem) throw await retire(context, copy.entry, problem)
  await writeSidecar(context, start.day, copy.segment, planned.replaces)
  return copy
}

const keyOf = ({ replaces, erasures = [] }: Omit<SegmentRewrite, 'segment'>): string =>
  [...replaces, '', ...erasures].join()

async function writeAndPut(
  context: MoveContext,
  entry: CatalogEntry,
  { replaces, erasures, step, write }: PlannedRewrite,
): Promise<{ entry: CatalogEntry; segment: SegmentFacts }> {
  const { tempFiles, format, catalog, lease, onProgress } = context
  const files = { path: await tempFiles.path(format.extension), idsPath: await tempFiles.path('.ids') }
  try {
    onProgress({ day: entry.day, step })
    const segment = await write(entry, files)
    const previous = entry.value.rewrite?.segment
    const retired = previous && previous.objectName !== segment.objectName ? [previous.objectName] : []
    await lease.check()
    const announced = await catalog.change(entry, {
      rewrite: { segment, replaces, ...(erasures ? { erasures } : {}) },
      retiredObjects: [...entry.value.retiredObjects, ...retired],
    })
    onProgress({ day: entry.day, step: 'put' })
    const problem = await putSegment(context, segment, files)
    if (problem) throw await retire(context, announced, problem)
    return { entry: announced, segment }
  } finally {
    await Promise.all([files.path, files.idsPath].map((file) => rm(file, { force: true })))
  }
}

/** Fetches segments for the time of the work, and makes sure of their bytes. */
export async function withLocalCopies<Result>(
  { cold, tempFiles, format, call }: MoveContext,
  segments: readonly CatalogSegment[],
  work: (local: SegmentSource[]) => Promise<Result>,
): Promise<Result> {
  const fetched: string[] = []
  try {
    for (const { objectName, sha256 } of segments) {
      const file = await tempFiles.path(format.extension)
      fetched.push(file)
      if ((await download(cold, objectName, file, call.signal)).sha256 !== sha256) {
        throw new AnalyticsError('checksum_mismatch', `The bytes of ${objectName} are not those that were stored.`)
      }
    }
    return await work(fetched.map((file, i) => localSource(file, segments[i]!.size)))
  } finally {
    await Promise.all(fetched.map((file) => rm(file, { force: true })))
  }
}

/** Deletes objects that nobody reads any more, once everybody who may read them has left. */
export async function deleteReplaced(
  context: MoveContext,
  entry: CatalogEntry,
): Promise<{ entry: CatalogEntry; waiting?: Waiting }> {
  const { readers, times, now, call, lease, catalog, erasures } = context
  const { replaced = [] } = entry.value
  if (replaced.length === 0) return { entry }
  const since = Math.max(...replaced.map(({ at }) => at))
  if (now() < since + times.readerGraceMs) return { entry, waiting: 'grace' }
  if (!(await readers.begunAfter(since, times.readerWaitMs, call.signal))) return { entry, waiting: 'readers' }
  // They are the only copies from here on.
  for (const segment of liveSegments(entry.value)) await assertThere(context, segment, 'nothing was deleted')
  await lease.check()
  for (const { objectName } of replaced) await deleteSegmentObjects(context, objectName)
  await lease.check()
  await erasures.noteDeleted(entry.day, replaced)
  return { entry: await catalog.change(entry, { replaced: undefined, ...SUCCEEDED }) }
}

/** A rewrite that will not be finished leaves its object to the day's expiry. */
export async function giveUp({ catalog, lease }: MoveContext, entry: CatalogEntry): Promise<CatalogEntry> {
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

/** Names of these segments' objects. */
export const namesOf = (segments: readonly CatalogSegment[]): string[] => segments.map(({ objectName }) => objectName)
