import type { Day, StoredRecord } from '@analytics/protocol'
import { type CatalogEntry, type CatalogSegment, isReadable, liveSegments, type SegmentFacts } from '../catalog.js'
import type { ErasureWaiting, PendingErasure } from '../erasure/records.js'
import { idsOf, subjectFilter, unitedSubject } from '../erasure/subject.js'
import type { SegmentSource } from '../segment-format.js'
import { subtractRowHash } from '../segments/row-hash.js'
import { deleteSegmentObjects } from './delete-objects.js'
import { withErasedRows } from './move.js'
import type { MoveContext } from './move-context.js'
import { askForDay } from './restore.js'
import { deleteReplaced, giveUp, rewriteSegments, withLocalCopies } from './rewrite.js'
import { describeFile } from './write-segment.js'

/** An erasure that is not complete, its id as the key. */
export type OpenErasure = StoredRecord<PendingErasure>

/** What was done on a day, and what is not done yet. */
export interface ErasedDay {
  /** Of the segments that were rewritten. */
  rows: number
  bytes: number
  /** By the id of the erasure. */
  waiting: ReadonlyMap<string, ErasureWaiting>
}

/** How long an archived segment is asked for: long enough that a run which comes once a day finds it. */
const RESTORE_HOURS = 48

/**
 * Takes the events of people out of a day's segments, from wherever an earlier attempt stopped. A segment that has some is written
 * anew without them, read back, and compared with what it should add up to before readers take it; the old object goes with all its
 * versions when nobody reads it any more. Segments of which the sketch tells that they have none are not looked at.
 */
export async function eraseDay(
  context: MoveContext,
  day: Day,
  erasures: readonly OpenErasure[],
  isHeld: boolean,
): Promise<ErasedDay> {
  const done = { rows: 0, bytes: 0, waiting: new Map<string, ErasureWaiting>() }
  let entry = await withErasedRows(context, await context.catalog.read(day))
  entry = (await deleteReplaced(context, entry)).entry
  for (const { objectName } of entry.value.segments) {
    const theirs = havingEvents(context, erasures, objectName)
    if (theirs.length === 0) continue
    const found = await bringNear(context, entry, objectName, isHeld)
    entry = found.entry
    if (found.waiting) {
      for (const { key } of theirs) done.waiting.set(key, found.waiting)
      continue
    }
    const erased = await eraseFromSegment(context, entry, found.segment, theirs)
    entry = erased.entry
    done.rows += erased.segment?.rows ?? 0
    done.bytes += erased.segment?.size ?? 0
  }
  entry = await deleteLeftovers(context, entry, { erasures, isHeld, waiting: done.waiting })
  const cleared = await deleteReplaced(context, entry)
  // Also what a compaction has replaced.
  for (const { objectName } of cleared.entry.value.replaced ?? [])
    for (const { key } of havingEvents(context, erasures, objectName))
      done.waiting.set(key, cleared.waiting ?? 'readers')
  context.onProgress({ day, step: 'done' })
  return done
}

/** Erasures of people of whom the object may have events, as far as it was not searched yet. */
export function havingEvents(
  { sketches }: Pick<MoveContext, 'sketches'>,
  erasures: readonly OpenErasure[],
  objectName: string,
): OpenErasure[] {
  return erasures.filter(
    ({ value: { subject, searched } }) =>
      !searched.some((one) => one.objectName === objectName) && sketches.mayHave(objectName, idsOf(subject)),
  )
}

type Found = { entry: CatalogEntry } & (
  | { segment: CatalogSegment; waiting?: undefined }
  | { segment?: undefined; waiting: ErasureWaiting }
)

/** The segment, once it can be read and rewritten; archived ones are asked for. */
async function bringNear(
  context: MoveContext,
  entry: CatalogEntry,
  objectName: string,
  isHeld: boolean,
): Promise<Found> {
  const segment = entry.value.segments.find((one) => one.objectName === objectName)!
  if (isHeld) return { entry, waiting: 'hold' }
  if (segment.expiry) return { entry, waiting: 'expiry' }
  if (isReadable(segment, context.now())) return { entry, segment }
  if (liveSegments(entry.value).some(({ archive }) => archive?.step === 'archiving'))
    return { entry, waiting: 'archiving' }
  await askForDay(context, entry.day, { hours: RESTORE_HOURS, requestedAt: context.now(), signal: context.call.signal })
  const info = await context.cold.head(objectName, context.call)
  // It was written down, and the call that asks for it may have been lost.
  if (info?.archivalState === 'archived')
    await context.cold.restore(objectName, { hours: RESTORE_HOURS, ...context.call })
  const now = await context.catalog.read(entry.day)
  if (info?.archivalState !== 'restored' && info?.archivalState !== 'available')
    return { entry: now, waiting: 'restore' }
  return { entry: now, segment }
}

/** Writes the segment anew without the events of these people; where it has none, that is written down. */
async function eraseFromSegment(
  context: MoveContext,
  entry: CatalogEntry,
  segment: CatalogSegment,
  erasures: readonly OpenErasure[],
): Promise<{ entry: CatalogEntry; segment?: SegmentFacts }> {
  return withLocalCopies(context, [segment], async ([local]) => {
    const removed = await countTheirs(context, entry.day, segment, local!, erasures)
    const ids = Object.keys(removed)
    if (ids.length === 0) return { entry }
    const subjects = erasures.filter(({ key }) => ids.includes(key)).map(({ value }) => value.subject)
    const where = subjectFilter(unitedSubject(subjects))
    const gone = await context.format.summarize(local!, { ...context.call, where })
    const kept = { rows: segment.rows - gone.rows, rowHash: subtractRowHash(segment.rowHash, gone.rowHash) }
    if (kept.rows === 0)
      // Nothing takes its place, also not what an earlier attempt has begun.
      return { entry: await commit(context, await giveUp(context, entry), segment, undefined, removed) }
    const put = await rewriteSegments(context, entry, {
      replaces: [segment.objectName],
      erasures: ids,
      step: 'erase',
      async write(before, files) {
        const stats = await context.format.merge([local!], files.path, { ...context.call, where: { not: where } })
        const { minTime, maxTime } = stats
        const { dictionaryId } = segment
        return { ...(await describeFile(context, before, stats, files)), ...kept, minTime, maxTime, dictionaryId }
      },
    })
    return {
      entry: await commit(context, put.entry, segment, put.segment, removed),
      segment: put.segment,
    }
  })
}

/** How many events it has of each erasure's person, by the id of the erasure; those who have none are left out. */
async function countTheirs(
  { format, erasures: records, call }: MoveContext,
  day: Day,
  { objectName, sha256 }: CatalogSegment,
  local: SegmentSource,
  erasures: readonly OpenErasure[],
): Promise<Record<string, number>> {
  const removed: Record<string, number> = {}
  for (const { key, value } of erasures) {
    const { rows } = await format.summarize(local, { ...call, where: subjectFilter(value.subject) })
    if (rows > 0) removed[key] = rows
    else {
      const line = { day, objectName, sha256 }
      await records.update(key, ({ searched }) =>
        searched.some((one) => one.objectName === objectName) ? {} : { searched: [...searched, line] },
      )
    }
  }
  return removed
}

/** From here on readers take the new segment, or none where nobody else had events in it. */
async function commit(
  { hot, catalog, lease, now, onProgress }: MoveContext,
  entry: CatalogEntry,
  segment: CatalogSegment,
  kept: SegmentFacts | undefined,
  removed: Readonly<Record<string, number>>,
): Promise<CatalogEntry> {
  const { day, value } = entry
  const { objectName, rows, sha256, seal, drop } = segment
  onProgress({ day, step: 'commit' })
  await lease.check()
  await hot.audit({
    action: 'tiering.erase',
    target: day,
    details: { object: objectName, rows, kept: kept?.rows ?? 0, replacedBy: kept?.objectName ?? null },
  })
  const at = now()
  // It lies in the cold tier, wherever the old one lay; where its age says so, it is archived again.
  const after: CatalogSegment[] = kept ? [{ ...kept, seal, committedAt: at, drop }] : []
  const replacedBy = kept ? { replacedBy: kept.objectName } : {}
  return catalog.change(entry, {
    segments: value.segments.flatMap((one) => (one.objectName === objectName ? after : [one])),
    rewrite: undefined,
    replaced: [...(value.replaced ?? []), { objectName, at, erased: { removed, rows, sha256, ...replacedBy } }],
  })
}

/** Objects that were given up have events, too: no reader takes them, and what they should hold is held by others. */
async function deleteLeftovers(
  context: MoveContext,
  start: CatalogEntry,
  {
    erasures,
    isHeld,
    waiting,
  }: { erasures: readonly OpenErasure[]; isHeld: boolean; waiting: Map<string, ErasureWaiting> },
): Promise<CatalogEntry> {
  const { rewrite } = start.value
  const isTheirs = (objectName: string) => havingEvents(context, erasures, objectName)
  const entry = rewrite && isTheirs(rewrite.segment.objectName).length > 0 ? await giveUp(context, start) : start
  const { retiredObjects } = entry.value
  const theirs = retiredObjects.filter((objectName) => isTheirs(objectName).length > 0)
  if (theirs.length === 0) return entry
  if (isHeld) {
    for (const objectName of theirs) for (const { key } of isTheirs(objectName)) waiting.set(key, 'hold')
    return entry
  }
  await context.lease.check()
  for (const objectName of theirs) await deleteSegmentObjects(context, objectName)
  await context.lease.check()
  return context.catalog.change(entry, { retiredObjects: retiredObjects.filter((name) => !theirs.includes(name)) })
}
