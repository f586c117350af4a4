import { AnalyticsError, type Day } from '@analytics/protocol'
import { type CatalogEntry, type CatalogSegment, type MoveIntent, SUCCEEDED } from '../catalog.js'
import { dayReachesAge } from '../policy.js'
import { assertThere, copySealed, type VerifiedCopy } from './copy.js'
import type { MoveContext, Waiting } from './move-context.js'

/**
 * What became of a day. `waiting`: it is committed where the rows go, where they were they are still being read; `copying`: the object
 * store is at it.
 */
export interface MoveOutcome {
  rows: number
  bytes: number
  waiting?: Waiting | 'copying'
  /** Whether its hot rows stay for now. */
  isCopy?: boolean
}

/**
 * Moves one day, from wherever an earlier attempt stopped. Every step can be cut off anywhere: the catalog says what was
 * about to happen before it happens, and the step that deletes comes after the commit of a verified copy.
 */
export async function moveDay(context: MoveContext, day: Day, hasRows: boolean): Promise<MoveOutcome> {
  const entry = await withErasedRows(context, await context.catalog.read(day))
  // A seal that stands would be returned again: what is committed must go before the day is sealed anew.
  const mayDrop = context.now() >= dayReachesAge(day, context.policy.dropAfter)
  if (!mayDrop && entry.value.segments.some(({ drop }) => drop === 'pending')) return { rows: 0, bytes: 0 }
  const finished = await dropCommitted(context, entry)
  if (finished.waiting || !(hasRows || finished.entry.value.move)) return outcome(finished)
  const sealed = await sealRows(context, finished.entry)
  if (!sealed) return outcome(finished)
  const copy = sealed.intent.step === 'doubles' ? undefined : await copySealed(context, sealed.entry, sealed.intent)
  if (!copy) {
    await dropDoubles(context, sealed.entry, sealed.intent)
    return outcome(finished)
  }
  const committed = await commit(context, copy)
  if (!mayDrop) {
    context.onProgress({ day, step: 'done' })
    return { rows: copy.segment.rows, bytes: copy.segment.size, isCopy: true }
  }
  const dropped = await dropCommitted(context, committed)
  const moved = outcome(dropped)
  return { ...moved, rows: moved.rows + finished.rows, bytes: moved.bytes + finished.bytes }
}

interface Dropped extends MoveOutcome {
  entry: CatalogEntry
}

function outcome({ rows, bytes, waiting }: Dropped): MoveOutcome {
  return { rows, bytes, ...(waiting ? { waiting } : {}) }
}

/**
 * Takes note of sealed rows that were erased since: what was written of them must not be committed. The object that may be there of it
 * is given up.
 */
export async function withErasedRows({ hot, catalog, lease }: MoveContext, entry: CatalogEntry): Promise<CatalogEntry> {
  const { move, retiredObjects } = entry.value
  if (!move || move.step === 'doubles') return entry
  const seal = await hot.sealDay(entry.day)
  if (seal.id !== move.seal.id || seal.rows === move.seal.rows) return entry
  await lease.check()
  return catalog.change(entry, {
    move: seal.rows > 0 ? { step: 'sealed', seal } : undefined,
    retiredObjects: move.segment ? [...retiredObjects, move.segment.objectName] : retiredObjects,
  })
}

/** Freezes the day's rows, or takes up the seal of an earlier attempt; undefined where there are none. */
async function sealRows(
  { hot, catalog, lease, onProgress }: MoveContext,
  entry: CatalogEntry,
): Promise<{ entry: CatalogEntry; intent: MoveIntent } | undefined> {
  if (entry.value.move) return { entry, intent: entry.value.move }
  onProgress({ day: entry.day, step: 'seal' })
  await lease.check()
  const seal = await hot.sealDay(entry.day)
  if (seal.rows === 0) {
    // All were erased; while the seal stands, those that come later would never be sealed.
    await hot.dropSealed(seal)
    return undefined
  }
  if (entry.value.segments.some((segment) => segment.seal.id === seal.id)) {
    throw new AnalyticsError(
      'verification_failed',
      `The hot store sealed rows of ${entry.day} that a segment holds already.`,
    )
  }
  const intent: MoveIntent = { step: 'sealed', seal }
  return { entry: await catalog.change(entry, { move: intent }), intent }
}

/** From here on readers take the events from the segment. */
async function commit(context: MoveContext, { entry, segment }: VerifiedCopy): Promise<CatalogEntry> {
  const { hot, catalog, lease, now, onProgress } = context
  const { day, value } = entry
  onProgress({ day, step: 'commit' })
  await lease.check()
  await hot.audit({
    action: 'tiering.commit',
    target: day,
    details: { object: segment.objectName, rows: segment.rows },
  })
  const committed: CatalogSegment = { ...segment, seal: value.move!.seal, committedAt: now(), drop: 'pending' }
  return catalog.change(entry, { segments: [...value.segments, committed], move: undefined, ...SUCCEEDED })
}

/** Drops the hot rows of committed segments, as soon as nobody reads them any more. */
async function dropCommitted(context: MoveContext, start: CatalogEntry): Promise<Dropped> {
  const dropped: Dropped = { entry: start, rows: 0, bytes: 0 }
  for (const segment of start.value.segments.filter(({ drop }) => drop === 'pending')) {
    const waiting = await waitForReaders(context, segment)
    if (waiting) return { ...dropped, waiting }
    dropped.entry = await dropSegmentRows(context, dropped.entry, segment)
    dropped.rows += segment.rows
    dropped.bytes += segment.size
  }
  return dropped
}

/**
 * Drops sealed rows that earlier segments have already, every one. No reader counts on them: each leaves out what these
 * segments have.
 */
async function dropDoubles(context: MoveContext, entry: CatalogEntry, { seal }: MoveIntent): Promise<void> {
  const { hot, catalog, lease, onProgress } = context
  const { day } = entry
  onProgress({ day, step: 'drop' })
  await lease.check()
  // Written down first: once the rows are gone, it could not be told any more that they may.
  const announced = await catalog.change(entry, { move: { step: 'doubles', seal } })
  await hot.audit({ action: 'tiering.drop', target: day, details: { doubles: seal.rows } })
  await lease.check()
  await hot.dropSealed(seal)
  await catalog.change(announced, { move: undefined, ...SUCCEEDED })
  onProgress({ day, step: 'done' })
}

async function waitForReaders({ readers, times, now, call }: MoveContext, { committedAt, seal }: CatalogSegment) {
  if (now() < committedAt + times.readerGraceMs) return 'grace'
  return (await readers.settled(seal, times.readerWaitMs, call.signal)) ? undefined : 'readers'
}

async function dropSegmentRows(
  context: MoveContext,
  entry: CatalogEntry,
  segment: CatalogSegment,
): Promise<CatalogEntry> {
  const { hot, catalog, lease, onProgress } = context
  const { day } = entry
  onProgress({ day, step: 'drop' })
  // It is the only copy from here on.
  await assertThere(context, segment, 'nothing was deleted')
  await lease.check()
  await hot.audit({ action: 'tiering.drop', target: day, details: { object: segment.objectName, rows: segment.rows } })
  await hot.dropSealed(segment.seal)
  const segments = entry.value.segments.map((one) =>
    one.objectName === segment.objectName ? { ...one, drop: 'done' as const } : one,
  )
  const changed = await catalog.change(entry, { segments, ...SUCCEEDED })
  onProgress({ day, step: 'done' })
  return changed
}
