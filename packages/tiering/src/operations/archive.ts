import { AnalyticsError, type Day } from '@analytics/protocol'
import {
  type CatalogChange,
  type CatalogEntry,
  type CatalogSegment,
  liveSegments,
  type SegmentArchive,
  SUCCEEDED,
} from '../catalog.js'
import { assertThere } from './copy.js'
import type { MoveOutcome } from './move.js'
import { type MoveContext, waitForDayReaders } from './move-context.js'

/**
 * Brings the segments of a day to the archive tier, from wherever an earlier attempt stopped. It is written down first: readers that
 * come then count the day as archived, and those that were there before are waited for. The way has no return: an archived object can
 * only be restored for a while.
 * @param onlyBegun Leaves a day alone that nothing was written down of.
 */
export async function archiveDay(context: MoveContext, day: Day, onlyBegun: boolean): Promise<MoveOutcome> {
  const outcome: MoveOutcome = { rows: 0, bytes: 0 }
  const found = await context.catalog.read(day)
  if (onlyBegun && !liveSegments(found.value).some(({ archive }) => archive?.step === 'archiving')) return outcome
  let entry = await announce(context, found)
  const since = entry.value.segments.map(({ archive }) => (archive?.step === 'archiving' ? archive.at : 0))
  const waiting = await waitForDayReaders(context, day, Math.max(...since))
  if (waiting) return { ...outcome, waiting }
  let isCopying = false
  for (const segment of liveSegments(entry.value).filter(({ archive }) => archive?.step === 'archiving')) {
    const archived = await archiveSegment(context, entry, segment)
    entry = archived.entry
    isCopying ||= archived.isCopying
    if (archived.isCopying) continue
    outcome.rows += segment.rows
    outcome.bytes += segment.size
  }
  if (isCopying) return { ...outcome, waiting: 'copying' }
  context.onProgress({ day, step: 'done' })
  return outcome
}

/** Writes down that the segments which are readable at any time go. */
async function announce({ catalog, lease, now, onProgress }: MoveContext, entry: CatalogEntry): Promise<CatalogEntry> {
  onProgress({ day: entry.day, step: 'archive' })
  await lease.check()
  if (liveSegments(entry.value).every(({ archive }) => archive)) return entry
  return catalog.change(entry, {
    segments: entry.value.segments.map((one) =>
      one.archive || one.expiry ? one : { ...one, archive: { step: 'archiving', at: now() } },
    ),
  })
}

/** One call of the object store: it may take the object there, or begin with it, or tell that it still is at it. */
async function archiveSegment(
  context: MoveContext,
  entry: CatalogEntry,
  segment: CatalogSegment,
): Promise<{ entry: CatalogEntry; isCopying: boolean }> {
  const { cold, hot, lease, now, call } = context
  const { objectName, rows, archive } = segment
  const { ticket, ...begun } = archive!
  await assertThere({ cold, call }, segment, 'it was not archived')
  await lease.check()
  if (ticket === undefined)
    await hot.audit({ action: 'tiering.archive', target: entry.day, details: { object: objectName, rows } })
  const result = await cold.archive(objectName, { ...call, ...(ticket === undefined ? {} : { ticket }) })
  if (result.status === 'failed') {
    await note(context, entry, objectName, begun)
    throw new AnalyticsError('store_unavailable', `${objectName} was not archived: ${result.reason}`)
  }
  if (result.status === 'pending') {
    const copying = { ...begun, ticket: result.ticket }
    return {
      entry: result.ticket === ticket ? entry : await note(context, entry, objectName, copying),
      isCopying: true,
    }
  }
  // The object itself tells whether it went.
  if ((await cold.head(objectName, call))?.tier !== 'archive')
    throw new AnalyticsError('outcome_unknown', `${objectName} is not in the archive tier yet.`)
  const archived: SegmentArchive = { ...begun, step: 'archived', at: now() }
  return { entry: await note(context, entry, objectName, archived, SUCCEEDED), isCopying: false }
}

/** Writes down how far a segment is. */
async function note(
  { catalog, lease }: MoveContext,
  entry: CatalogEntry,
  objectName: string,
  archive: SegmentArchive,
  change: CatalogChange = {},
): Promise<CatalogEntry> {
  await lease.check()
  const segments = entry.value.segments.map((one) => (one.objectName === objectName ? { ...one, archive } : one))
  return catalog.change(entry, { segments, ...change })
}
