import {
  AnalyticsError,
  type Duration,
  durationMs,
  eachRecord,
  type RecordStore,
  removeRecord,
  type StoredRecord,
} from '@analytics/protocol'
import { throwIfAborted } from '../abort.js'
import { objectNames } from '../catalog.js'
import type { TieringContext } from '../context.js'
import type { ObjectInfo } from '../object-store.js'
import { dayOfObject } from '../segments/names.js'
import { type MoveContext, underLease } from './move-context.js'
import type { TieringRunResult } from './run.js'

/** Options of a collection of orphans. */
export interface GcOptions {
  signal?: AbortSignal
  /** Tells what would be deleted, and deletes nothing; it still notes what it has seen. @default true */
  dryRun?: boolean
  /**
   * How old an orphan must be, and it must have been seen by an earlier collection at least a third of that ago: whoever put it
   * may be about to write it down. @default '3d'
   */
  olderThan?: Duration
  /** Deletes also where there are more orphans than a few failures leave. @default false */
  force?: boolean
}

/** An object of ours that the catalog doesn't know. */
export interface Orphan {
  objectName: string
  /** Bytes. */
  size: number
  /** When it was put, UTC milliseconds. */
  modifiedAt: number
  /** When a collection saw it first, UTC milliseconds. */
  seenAt: number
  /** `waiting`: it is too young, or was not seen before. `due`: it would be deleted. */
  state: 'waiting' | 'due' | 'deleted'
}

/** What a collection found and did. */
export interface GcResult {
  status: TieringRunResult['status']
  /** Objects that were looked at. */
  objects: number
  /** Objects in our folders whose names are not ours: none is ever touched. */
  foreign: number
  orphans: readonly Orphan[]
}

/** So many orphans are never too many: each segment has two objects beside it. */
const FEW_ORPHANS = 30
/** Above that part of all objects, or that many bytes, the catalog is doubted rather than the objects. */
const LARGE_PART = 0.05
const LARGE_BYTES = 10 * 1024 ** 3

const SEEN = 'orphan/'

/** The folders that tiering writes to. */
const FOLDERS = ['_tiering/', 'events/'] as const

/**
 * Finds objects that a cut-off worker has left and that the catalog knows in no state, and deletes those that are old enough.
 * @throws AnalyticsError `invalid_options`, `aborted`; `verification_failed` where there are so many that the catalog may be the one
 *   that is wrong: nothing is deleted then.
 */
export async function collectOrphans(
  context: TieringContext,
  { signal, dryRun = true, olderThan = '3d', force = false }: GcOptions,
): Promise<GcResult> {
  const ageMs = durationMs(olderThan)
  if (!ageMs || ageMs <= 0)
    throw new AnalyticsError('invalid_options', 'olderThan is no time such as 3d.', { field: 'olderThan' })
  const done = await underLease(context, signal ? { signal } : {}, async (move): Promise<GcResult> => {
    const { objects, foreign, orphans } = await findOrphans(move, signal)
    const noted = await noteSightings(move, orphans)
    const now = move.now()
    const isDue = ({ modifiedAt, seenAt }: Orphan) => modifiedAt + ageMs <= now && seenAt + ageMs / 3 <= now
    const found = noted.map((one) => (isDue(one) ? { ...one, state: 'due' as const } : one))
    const due = found.filter(({ state }) => state === 'due')
    if (dryRun || due.length === 0) return { status: 'done', objects, foreign, orphans: found }
    if (!force) assertFew(due, objects)
    const deleted = await deleteOrphans(move, due)
    const after = found.map((one) => (deleted.has(one.objectName) ? { ...one, state: 'deleted' as const } : one))
    return { status: 'done', objects, foreign, orphans: after }
  })
  return done ?? { status: 'lease_held', objects: 0, foreign: 0, orphans: [] }
}

/** Objects of ours that the catalog doesn't know, as it is after they were listed: what is put is written down before. */
export async function findOrphans(
  { cold, catalog }: Pick<TieringContext, 'cold' | 'catalog'>,
  signal: AbortSignal | undefined,
): Promise<{ objects: number; foreign: number; orphans: ObjectInfo[] }> {
  const ours: ObjectInfo[] = []
  let objects = 0
  let foreign = 0
  for (const folder of FOLDERS) {
    for await (const info of cold.list(folder, signal ? { signal } : {})) {
      objects++
      if (dayOfObject(info.name) === undefined) foreign++
      else ours.push(info)
    }
  }
  const known = objectNames((await catalog.list()).map(({ value }) => value))
  return { objects, foreign, orphans: ours.filter(({ name }) => !known.has(name)) }
}

/** Writes down which orphans were seen for the first time, and forgets those that are none any more. */
async function noteSightings({ hot, now }: TieringContext, found: readonly ObjectInfo[]): Promise<Orphan[]> {
  const seen = new Map<string, StoredRecord<{ at: number }>>()
  for await (const record of eachRecord<{ at: number }>(hot.records, 'meta', { prefix: SEEN }))
    seen.set(record.key.slice(SEEN.length), record)
  const orphans: Orphan[] = []
  for (const { name, size, modifiedAt } of found) {
    const seenAt = seen.get(name)?.value.at ?? now()
    if (!seen.delete(name)) await hot.records.put('meta', SEEN + name, { at: seenAt }, 0)
    orphans.push({ objectName: name, size, modifiedAt, seenAt, state: 'waiting' })
  }
  for (const { key } of seen.values()) await removeRecord(hot.records, key)
  return orphans
}

/** Objects that the last collection saw and that the catalog doesn't know. */
export async function countOrphans(records: RecordStore): Promise<number> {
  let count = 0
  for await (const _ of eachRecord(records, 'meta', { prefix: SEEN })) count++
  return count
}

function assertFew(due: readonly Orphan[], objects: number): void {
  const bytes = due.reduce((sum, { size }) => sum + size, 0)
  const isFew = due.length <= Math.max(FEW_ORPHANS, objects * LARGE_PART) && bytes <= LARGE_BYTES
  if (isFew) return
  throw new AnalyticsError(
    'verification_failed',
    `${due.length} of ${objects} objects would be deleted, ${bytes} bytes: is this the catalog of this bucket? Nothing was deleted; force does it.`,
  )
}

async function deleteOrphans(
  { cold, catalog, hot, lease, call }: MoveContext,
  due: readonly Orphan[],
): Promise<Set<string>> {
  const deleted = new Set<string>()
  for (const { objectName, size } of due) {
    throwIfAborted(call.signal)
    await lease.check()
    // Somebody may have written it down since.
    const { value } = await catalog.read(dayOfObject(objectName)!)
    if (objectNames([value]).has(objectName)) continue
    await hot.audit({ action: 'tiering.gc', target: objectName, details: { bytes: size } })
    await cold.delete(objectName, call)
    await removeRecord(hot.records, SEEN + objectName)
    deleted.add(objectName)
  }
  return deleted
}
