import { AnalyticsError, type Day } from '@analytics/protocol'
import { type CatalogEntry, type CatalogSegment, liveSegments, SUCCEEDED } from '../catalog.js'
import { assertThere } from './copy.js'
import type { MoveOutcome } from './move.js'
import { type MoveContext, waitForDayReaders } from './move-context.js'

/**
 * Brings the segments of a day to the archive tier, from wherever an earlier attempt stopped. It is written down first: readers that
 * come then count the day as archived, and those that were there before are waited for. The way has no return: an archived object can
 * only be restored for a while.
 */
export async function archiveDay(context: MoveContext, day: Day): Promise<MoveOutcome> {
  const outcome: MoveOutcome = { rows: 0, bytes: 0 }
  let entry = await announce(context, await context.catalog.read(day))
  const since = entry.value.segments.map(({ archive }) => (archive?.step === 'archiving' ? archive.at : 0))
  const waiting = await waitForDayReaders(context, day, Math.max(...since))
  if (waiting) return { ...outcome, waiting }
  for (const segment of liveSegments(entry.value).filter(({ archive }) => archive?.step === 'archiving')) {
    entry = await archiveSegment(context, entry, segment)
    outcome.rows += segment.rows
    outcome.bytes += segment.size
  }
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

async function archiveSegment(
  { cold, hot, catalog, lease, now, call }: MoveContext,
  entry: CatalogEntry,
  segment: CatalogSegment,
): Promise<CatalogEntry> {
  const { objectName, rows } = segment
  await assertThere({ cold, call }, segment, 'it was not archived')
  await lease.check()
  await hot.audit({ action: 'tiering.archive', target: entry.day, details: { object: objectName, rows } })
  await cold.archive(objectName, call)
  // The object itself tells whether it went.
  if ((await cold.head(objectName, call))?.tier !== 'archive')
    throw new AnalyticsError('outcome_unknown', `${objectName} is not in the archive tier yet.`)
  await lease.check()
  return catalog.change(entry, {
    segments: entry.value.segments.map((one) =>
      one.objectName === objectName ? { ...one, archive: { step: 'archived', at: now() } } : one,
    ),
    ...SUCCEEDED,
  })
}
