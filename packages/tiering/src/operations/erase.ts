import { type Day, type Subject, signedReceipt } from '@analytics/protocol'
import { throwIfAborted } from '../abort.js'
import { type CatalogEntry, type CatalogSegment, liveSegments } from '../catalog.js'
import type { TieringContext } from '../context.js'
import type { ErasurePart, ErasureReceipt, ErasureWaiting, PendingErasure } from '../erasure/records.js'
import { checkedSubject, idsOf } from '../erasure/subject.js'
import { eraseDay, havingEvents, type OpenErasure } from './erase-day.js'
import { findOrphans } from './gc.js'
import { activeHolds, holdOf } from './hold.js'
import { type MoveContext, underLease } from './move-context.js'
import { newResult, runDay, type TieringRunOptions, type TieringRunResult, withPlace } from './run.js'

/** What a run of the erasures did; `moved` are the days whose segments were written anew. */
export interface ErasureRunResult extends TieringRunResult {
  /** Ids of the erasures that are complete now. */
  completed: readonly string[]
  /** Those that are not. */
  pending: readonly { id: string; waiting: readonly ErasurePart[] }[]
}

/** Ids of people that are worked on at once: each segment is rewritten once for all of them. */
const MOST_IDS = 1000

/** How long events may still come that another process took before it knew of the erasure. */
const SETTLING_MS = 60_000

/** From this part of its time on, an erasure that is not complete is worth a warning. */
const WARNING_PART = 0.8

/** What each erasure waits for, by its id. */
type Waits = ReadonlyMap<string, ErasurePart[]>

function addWait(waits: Waits, ids: readonly string[], reason: ErasureWaiting, day: Day): void {
  for (const id of ids) waits.get(id)?.push({ reason, day })
}

/**
 * Works on every erasure that is not complete. It is complete once a run has found nothing more of the person: not in the hot store,
 * not in a segment of any tier, not in an object that was given up.
 * @throws AnalyticsError `aborted`, or what the hot store throws before there is a day to blame.
 */
export async function runErasures(context: TieringContext, options: TieringRunOptions): Promise<ErasureRunResult> {
  const done = await underLease(context, options, eraseFromDays)
  return done ?? { ...newResult(), status: 'lease_held', completed: [], pending: [] }
}

async function eraseFromDays(context: MoveContext): Promise<ErasureRunResult> {
  const { erasures: records, catalog, sketches, call } = context
  const erasures = firstOf(await records.pending())
  const result = newResult()
  if (erasures.length === 0) return { ...result, completed: [], pending: [] }
  const waits: Waits = new Map(erasures.map(({ key }) => [key, []]))
  await eraseHot(context, erasures, waits)
  const entries = await catalog.list()
  await sketches.load(entries.flatMap(({ value }) => objectsOf(value)))
  const concerned = entries
    .map(({ day, value }) => ({ day, value, theirs: erasures.filter((one) => isConcerned(context, one, value)) }))
    .filter(({ theirs }) => theirs.length > 0)
  for (const [i, { day, value, theirs }] of concerned.entries()) {
    throwIfAborted(call.signal)
    const ids = theirs.map(({ key }) => key)
    const left = value.parked ? 'parked' : (value.nextTryAt ?? 0) > context.now() ? 'backoff' : undefined
    if (left) {
      addWait(waits, ids, left, day)
      continue
    }
    const ofDay = withPlace(context, i + 1, concerned.length)
    const outcome = await runDay(ofDay, day, result, async () => {
      const isHeld = holdOf(day, await activeHolds(ofDay)) !== undefined
      const { waiting, ...erased } = await eraseDay(ofDay, day, theirs, isHeld)
      for (const [id, reason] of waiting) addWait(waits, [id], reason, day)
      return erased
    })
    if (outcome === 'lease_lost') return { ...result, completed: [], pending: [] }
    if (outcome === 'failed') addWait(waits, ids, 'failed', day)
  }
  return { ...result, ...(await finish(context, waits)) }
}

/** The oldest ones, of so many ids that a segment is still searched for all of them in one statement. */
function firstOf(erasures: OpenErasure[]): OpenErasure[] {
  let ids = 0
  return erasures.filter(({ value }, i) => {
    ids += idsOf(value.subject).size
    return i === 0 || ids <= MOST_IDS
  })
}

const objectsOf = ({ segments, retiredObjects, rewrite, replaced = [] }: CatalogEntry['value']): string[] => [
  ...[...segments, ...replaced].map(({ objectName }) => objectName),
  ...retiredObjects,
  ...(rewrite ? [rewrite.segment.objectName] : []),
]

/** Whether the day may have anything to do with the person, as far as the catalog tells. */
function isConcerned(context: MoveContext, erasure: OpenErasure, value: CatalogEntry['value']): boolean {
  const isMoving = value.move !== undefined && value.move.step !== 'doubles'
  return isMoving || objectsOf(value).some((name) => havingEvents(context, [erasure], name).length > 0)
}

/** Deletes what the hot store has. Where a hold covers one of its days, it has to keep all of it. */
async function eraseHot(context: MoveContext, erasures: readonly OpenErasure[], waits: Waits): Promise<void> {
  const held = await heldHotDay(context)
  for (const { key, value } of erasures) {
    if (held === undefined) await eraseHotSubject(context, key, value.subject)
    else addWait(waits, [key], 'hold', held)
  }
}

async function heldHotDay(context: TieringContext): Promise<Day | undefined> {
  const holds = await activeHolds(context)
  return holds.length === 0 ? undefined : (await context.hot.listDays()).find(({ day }) => holdOf(day, holds))?.day
}

async function eraseHotSubject({ hot, erasures }: TieringContext, id: string, subject: Subject): Promise<void> {
  const erased = Object.entries(await hot.eraseSubject(subject))
  if (erased.every(([, rows]) => rows === 0)) return
  await erasures.update(id, ({ hotRows }) => ({
    hotRows: { ...hotRows, ...Object.fromEntries(erased.map(([what, rows]) => [what, (hotRows[what] ?? 0) + rows])) },
  }))
}

/** Ends those that wait for nothing, and writes down what the others wait for. */
async function finish(context: MoveContext, waits: Waits): Promise<Pick<ErasureRunResult, 'completed' | 'pending'>> {
  const completed: string[] = []
  const pending: { id: string; waiting: readonly ErasurePart[] }[] = []
  // Looked for once, however many erasures end.
  const hasOrphans = once(async () => (await findOrphans(context, context.call.signal)).orphans.length > 0)
  const segments = once(async () => (await context.catalog.list()).flatMap(({ value }) => liveSegments(value)))
  for (const [id, waiting] of waits) {
    const erasure = await context.erasures.find(id)
    if (!erasure) continue
    if (context.now() < erasure.requestedAt + SETTLING_MS) waiting.push({ reason: 'settling' })
    // What nobody knows of may be a copy of anything.
    if (waiting.length === 0 && (await hasOrphans())) waiting.push({ reason: 'orphans' })
    if (waiting.length === 0) {
      await context.lease.check()
      await complete(context, id, erasure, await segments())
      completed.push(id)
    } else {
      await context.erasures.update(id, () => ({ waiting }))
      warnOfDeadline(context, id, erasure)
      pending.push({ id, waiting })
    }
  }
  return { completed, pending }
}

function once<Result>(make: () => Promise<Result>): () => Promise<Result> {
  let made: Promise<Result> | undefined
  return () => {
    made ??= make()
    return made
  }
}

async function complete(
  context: MoveContext,
  id: string,
  erasure: PendingErasure,
  segments: readonly CatalogSegment[],
): Promise<void> {
  const { hot, cold, sketches, erasures, now } = context
  const { subject, hashes, requestedAt, dueAt, hotRows, objects, searched } = erasure
  const known = new Set([...searched, ...objects].map(({ objectName }) => objectName))
  const excluded = segments.filter(
    ({ objectName }) => !known.has(objectName) && !sketches.mayHave(objectName, idsOf(subject)),
  ).length
  const body: ErasureReceipt = {
    kind: 'analytics.tiering.erasure',
    version: 1,
    id,
    subject: hashes,
    requestedAt: new Date(requestedAt).toISOString(),
    dueAt: new Date(dueAt).toISOString(),
    completedAt: new Date(now()).toISOString(),
    hot: hot.name,
    cold: `${cold.name}:${cold.location}`,
    hotRows,
    objects,
    searched,
    excluded,
  }
  await hot.audit({
    action: 'tiering.erased',
    target: id,
    details: { objects: objects.length, hotEvents: hotRows.events ?? 0 },
  })
  await erasures.complete(id, await signedReceipt(hot, body))
}

function warnOfDeadline({ now, logger }: MoveContext, id: string, { requestedAt, dueAt }: PendingErasure): void {
  if (now() < requestedAt + (dueAt - requestedAt) * WARNING_PART) return
  logger.warn({ erasure: id, dueAt }, 'An erasure is close to its deadline, or past it')
}

/** Writes an erasure down, and deletes what the hot store has. */
export async function requestErasure(
  context: TieringContext,
  subject: Partial<Subject>,
  withinMs: number,
): Promise<string> {
  const checked = checkedSubject(subject)
  const { erasures, hot, now } = context
  const id = context.newId()
  const requestedAt = now()
  const hashes = await erasures.hashes(checked)
  const held = await heldHotDay(context)
  await hot.audit({ action: 'tiering.request-erasure', target: id, details: { ids: hashes.length } })
  const erasure: PendingErasure = {
    subject: checked,
    hashes,
    requestedAt,
    dueAt: requestedAt + withinMs,
    hotRows: {},
    objects: [],
    searched: [],
    waiting: [held === undefined ? { reason: 'settling' } : { reason: 'hold', day: held }],
  }
  await erasures.add(id, erasure)
  if (held === undefined) await eraseHotSubject(context, id, checked)
  return id
}
