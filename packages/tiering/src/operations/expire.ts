import type { Day } from '@analytics/protocol'
import { type CatalogEntry, type CatalogSegment, liveSegments, SUCCEEDED } from '../catalog.js'
import { deleteSegmentObjects } from './delete-objects.js'
import { activeHolds, holdOf } from './hold.js'
import type { MoveOutcome } from './move.js'
import { type MoveContext, waitForDayReaders } from './move-context.js'

/**
 * Deletes the segments of a day for good, from wherever an earlier attempt stopped. It is written down first: readers that come then
 * don't see them, and those that were there before are waited for. A hold that comes before an object is deleted brings back what is left.
 */
export async function expireDay(context: MoveContext, day: Day): Promise<MoveOutcome> {
  const outcome: MoveOutcome = { rows: 0, bytes: 0 }
  let entry = await announce(context, await context.catalog.read(day))
  const announced = entry.value.segments.flatMap(({ expiry }) => (expiry?.step === 'announced' ? expiry.at : []))
  const waiting = announced.length > 0 ? await waitForDayReaders(context, day, Math.max(...announced)) : undefined
  if (waiting) return { ...outcome, waiting }
  for (const { objectName } of entry.value.segments.filter(({ expiry }) => expiry)) {
    const isHeld = holdOf(day, await activeHolds(context)) !== undefined
    if (isHeld) entry = await bringBack(context, entry)
    const segment = entry.value.segments.find((one) => one.objectName === objectName)
    // One that is gone, or may be in part, can't be brought back: its deletion is finished.
    if (!segment?.expiry) continue
    entry = await deleteSegment(context, entry, segment)
    outcome.rows += segment.rows
    outcome.bytes += segment.size
  }
  if (liveSegments(entry.value).length > 0) return { ...outcome, waiting: 'hold' }
  if (entry.value.segments.length === 0) await deleteRest(context, entry)
  context.onProgress({ day, step: 'done' })
  return outcome
}

async function announce({ catalog, lease, now, onProgress }: MoveContext, entry: CatalogEntry): Promise<CatalogEntry> {
  onProgress({ day: entry.day, step: 'expire' })
  await lease.check()
  if (liveSegments(entry.value).length === 0) return entry
  return catalog.change(entry, {
    segments: entry.value.segments.map((one) =>
      one.expiry ? one : { ...one, expiry: { step: 'announced', at: now() } },
    ),
  })
}

/** Keeps after all what is still there as it was committed. */
async function bringBack({ cold, catalog, lease, call }: MoveContext, entry: CatalogEntry): Promise<CatalogEntry> {
  const segments: CatalogSegment[] = []
  for (const one of entry.value.segments) {
    const { expiry, ...kept } = one
    const isWhole = expiry && (await cold.head(one.objectName, call))?.size === one.size
    segments.push(isWhole ? kept : one)
  }
  await lease.check()
  return catalog.change(entry, { segments })
}

async function deleteSegment(
  context: MoveContext,
  start: CatalogEntry,
  segment: CatalogSegment,
): Promise<CatalogEntry> {
  const { hot, catalog, lease, now } = context
  const { objectName, rows, size, sha256 } = segment
  await lease.check()
  // Whoever adds a hold writes the day after it: this change then fails, and the hold is seen.
  const entry = await catalog.change(start, {
    segments: start.value.segments.map((one) =>
      one.objectName === objectName ? { ...one, expiry: { step: 'deleting' as const, at: now() } } : one,
    ),
  })
  await hot.audit({ action: 'tiering.expire', target: entry.day, details: { object: objectName, rows } })
  await deleteSegmentObjects(context, objectName)
  await lease.check()
  return catalog.change(entry, {
    segments: entry.value.segments.filter((one) => one.objectName !== objectName),
    expired: [...(entry.value.expired ?? []), { objectName, rows, size, sha256, expiredAt: now() }],
    ...SUCCEEDED,
  })
}

/** Objects that were given up, or replaced, hold events of the day as well. */
async function deleteRest(context: MoveContext, entry: CatalogEntry): Promise<void> {
  const { retiredObjects, rewrite, replaced = [] } = entry.value
  const rest = [...retiredObjects, ...replaced.map(({ objectName }) => objectName)]
  if (rewrite) rest.push(rewrite.segment.objectName)
  if (rest.length === 0) return
  for (const name of rest) await deleteSegmentObjects(context, name)
  await context.lease.check()
  await context.erasures.noteDeleted(entry.day, replaced)
  await context.catalog.change(entry, { retiredObjects: [], rewrite: undefined, replaced: undefined })
}
