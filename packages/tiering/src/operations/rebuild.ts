import { type Day, FIRST_SEEN_RECORD, removeRecord } from '@analytics/protocol'
import { throwIfAborted } from '../abort.js'
import { type CatalogEntry, type CatalogSegment, objectNames } from '../catalog.js'
import type { TieringContext } from '../context.js'
import { dayOfObject, isSegment, sidecarName, stemOf } from '../segments/names.js'
import { parseSidecar, type Sidecar } from '../segments/sidecar.js'
import { findOverlaps, type Overlap } from './find-overlaps.js'
import { inspectFound, type RebuildProblem } from './inspect-found.js'
import { type MoveContext, type MoveProgress, underLease } from './move-context.js'
import { type TieringRunResult, withPlace } from './run.js'
import { readText } from './transfer.js'

/** Options of a rebuild of the catalog. */
export interface RebuildOptions {
  signal?: AbortSignal
  /** Told before each day. */
  onProgress?: (progress: MoveProgress) => void
  /** Tells what would be written, and writes nothing. @default true */
  dryRun?: boolean
  /**
   * Reads each segment that is found and can be read: its rows must be those of its description, and its sketch is made anew, without
   * which reads of one person leave out no segment. @default false
   */
  deep?: boolean
}

/** A day of which the bucket has segments that the catalog didn't know. */
export interface RebuiltDay {
  day: Day
  /** Names of segments that the catalog has now, or would have. */
  added: readonly string[]
  /** Their events. */
  rows: number
  /** Names of segments whose place those have taken: they are deleted as after any rewrite. */
  replaced: readonly string[]
  /** Names of objects that are not read, and that are kept until the day expires: see the problems. */
  keptAside: readonly string[]
}

/** What a rebuild found and did. */
export interface RebuildResult {
  status: TieringRunResult['status']
  days: readonly RebuiltDay[]
  problems: readonly RebuildProblem[]
}

/**
 * Finds segments that the catalog doesn't know by what lies beside them, for a database that was lost or is older than the bucket. What the
 * catalog knows stays, but for segments whose place another one has taken.
 */
export async function rebuildCatalog(
  context: TieringContext,
  { signal, onProgress, dryRun = true, deep = false }: RebuildOptions,
): Promise<RebuildResult> {
  const options = { ...(signal ? { signal } : {}), ...(onProgress ? { onProgress } : {}) }
  const done = await underLease(context, options, async (move): Promise<RebuildResult> => {
    const days: RebuiltDay[] = []
    const problems: RebuildProblem[] = []
    const byDay = [...(await namesByDay(move))]
    for (const [i, [day, names]] of byDay.entries()) {
      throwIfAborted(signal)
      const found = await rebuildDay(withPlace(move, i + 1, byDay.length), day, names, { dryRun, deep })
      if (found?.day) days.push(found.day)
      problems.push(...(found?.problems ?? []))
    }
    return { status: 'done', days, problems }
  })
  return done ?? { status: 'lease_held', days: [], problems: [] }
}

/** Names of our objects in the bucket, by day. */
async function namesByDay({ cold, call }: MoveContext): Promise<Map<Day, string[]>> {
  const days = new Map<Day, string[]>()
  for (const folder of ['_tiering/', 'events/']) {
    for await (const { name } of cold.list(folder, call)) {
      const day = dayOfObject(name)
      if (day !== undefined) days.set(day, [...(days.get(day) ?? []), name])
    }
  }
  return new Map([...days].sort(([a], [b]) => (a < b ? -1 : 1)))
}

async function rebuildDay(
  context: MoveContext,
  day: Day,
  objects: readonly string[],
  { dryRun, deep }: { dryRun: boolean; deep: boolean },
): Promise<{ day?: RebuiltDay; problems: RebuildProblem[] } | undefined> {
  const { catalog, onProgress } = context
  const entry = await catalog.read(day)
  const known = objectNames([entry.value])
  const unknown = objects.filter((name) => !known.has(name))
  if (unknown.length === 0) return undefined
  onProgress({ day, step: 'rebuild' })
  if (entry.value.move || entry.value.rewrite) {
    const message = 'The catalog has work on the day that was cut off: a run finishes it, then rebuild again.'
    return { problems: [{ day, objectName: unknown[0]!, problem: 'busy', message }] }
  }
  const { found, problems } = await inspectAll(context, day, unknown, { deep, keepsSketch: !dryRun })
  const settled = await settle(context, entry, found)
  problems.push(...settled.problems)
  const isUnread = (name: string): boolean =>
    isSegment(name) && !settled.added.some(({ objectName }) => objectName === name) && !settled.replaced.includes(name)
  const keptAside = unknown.filter(isUnread)
  if (!dryRun) await write(context, entry, { ...settled, keptAside })
  const added = settled.added.map(({ objectName }) => objectName)
  const rows = settled.added.reduce((sum, one) => sum + one.rows, 0)
  return { day: { day, added, rows, replaced: settled.replaced, keptAside }, problems }
}

/** A segment that is as described. */
interface Found extends Sidecar {
  segment: CatalogSegment
}

async function inspectAll(
  context: MoveContext,
  day: Day,
  unknown: readonly string[],
  options: { deep: boolean; keepsSketch: boolean },
): Promise<{ found: Found[]; problems: RebuildProblem[] }> {
  const found: Found[] = []
  const problems: RebuildProblem[] = []
  const segments = unknown.filter(isSegment)
  for (const objectName of segments) {
    const sidecar = await readSidecar(context, day, objectName, unknown)
    const inspected = await inspectFound(context, day, objectName, sidecar, options)
    if ('problem' in inspected) problems.push(inspected)
    else found.push({ ...sidecar!, segment: inspected })
  }
  const stems = new Set(segments.map(stemOf))
  for (const objectName of unknown.filter((name) => name.endsWith('.json') && !stems.has(stemOf(name))))
    problems.push({ day, objectName, problem: 'missing', message: 'The segment that it describes is not there.' })
  return { found, problems }
}

/** Which segments of the day are read from now on, and which are not, since others have their events. */
interface Settled {
  kept: readonly CatalogSegment[]
  added: readonly CatalogSegment[]
  replaced: readonly string[]
  problems: readonly RebuildProblem[]
}

async function settle(context: MoveContext, { day, value }: CatalogEntry, found: readonly Found[]): Promise<Settled> {
  const outdated = replacedBy(found, found)
  const isCurrent = ({ objectName }: CatalogSegment): boolean => !outdated.has(objectName)
  const standing = found.map(({ segment }) => segment).filter(isCurrent)
  const overlaps = await findOverlaps(context, value.segments.filter(isCurrent), standing)
  const aside = new Set(overlaps.map((one) => one.aside))
  const added = standing.filter(({ objectName }) => !aside.has(objectName))
  // Only a segment that is read takes the place of others.
  const replaced = replacedBy(
    found.filter(({ segment }) => added.includes(segment)),
    found,
  )
  const all = [...value.segments, ...found.map(({ segment }) => segment)].map(({ objectName }) => objectName)
  return {
    kept: value.segments.filter(({ objectName }) => !replaced.has(objectName)),
    added,
    replaced: all.filter((name) => replaced.has(name)),
    problems: overlaps.filter(({ isPartial }) => isPartial).map((one) => overlapProblem(day, one)),
  }
}

/** Objects whose place these segments have taken, and what those had replaced before. */
function replacedBy(segments: readonly Found[], found: readonly Found[]): Set<string> {
  const names = new Set<string>()
  const queue = [...segments]
  for (const { replaces = [] } of queue) {
    for (const name of replaces.filter((one) => !names.has(one))) {
      names.add(name)
      queue.push(...found.filter(({ segment }) => segment.objectName === name))
    }
  }
  return names
}

async function readSidecar(
  { cold, call }: MoveContext,
  day: Day,
  objectName: string,
  names: readonly string[],
): Promise<Sidecar | undefined> {
  const name = sidecarName(objectName)
  return names.includes(name) ? parseSidecar(await readText(cold, name, call), day, objectName) : undefined
}

function overlapProblem(day: Day, { aside, with: other }: Overlap): RebuildProblem {
  const message = `It shares some events with ${other}, and has others: it is not read.`
  return { day, objectName: aside, problem: 'overlap', message }
}

async function write(
  { catalog, hot, lease, now }: MoveContext,
  { day, value, version }: CatalogEntry,
  { kept, added, replaced, keptAside }: Settled & { keptAside: readonly string[] },
): Promise<void> {
  await lease.check()
  const details = { added: added.length, replaced: replaced.length, keptAside: keptAside.length }
  await hot.audit({ action: 'tiering.rebuild', target: day, details })
  // The store may never have had what these segments hold: it no longer knows who did what first.
  if (added.length > 0) await removeRecord(hot.records, FIRST_SEEN_RECORD)
  const going = [...(value.replaced ?? []), ...replaced.map((objectName) => ({ objectName, at: now() }))]
  await catalog.change(
    { day, value, version },
    {
      segments: [...kept, ...added],
      replaced: going.length > 0 ? going : undefined,
      retiredObjects: [...value.retiredObjects, ...keptAside],
    },
  )
}
