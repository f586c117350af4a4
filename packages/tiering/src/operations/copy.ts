import { rm } from 'node:fs/promises'
import { AnalyticsError, type Day, errorCode } from '@analytics/protocol'
import type { CatalogEntry, MoveIntent, ObjectFacts, SegmentFacts } from '../catalog.js'
import { localSource } from '../read/segment-file.js'
import { sidecarName } from '../segments/names.js'
import { differingFact } from '../segments/row-hash.js'
import { sidecarText } from '../segments/sidecar.js'
import { sketchPeople } from '../segments/sketch.js'
import type { MoveContext } from './move-context.js'
import { download, fileBody, readText, textBody } from './transfer.js'
import { writeSegment } from './write-segment.js'

/** A verified copy: the day's entry as it was last written, and what the segment is. */
export interface VerifiedCopy {
  entry: CatalogEntry
  segment: SegmentFacts
}

/**
 * Brings the sealed rows into the object store and proves that they are there: what was announced in the catalog is read
 * back byte by byte and row by row. Whatever it finds half done it takes up, and it deletes nothing. Undefined
 * where earlier segments of the day have every row.
 */
export async function copySealed(
  context: MoveContext,
  entry: CatalogEntry,
  intent: MoveIntent,
): Promise<VerifiedCopy | undefined> {
  const adopted =
    intent.segment && (await isThere(context, intent.segment)) ? { entry, segment: intent.segment } : undefined
  const copy = adopted ?? (await writeCopy(context, entry, intent))
  if (!copy) return undefined
  await verifyCopy(context, copy.entry, copy.segment)
  await writeSidecar(context, entry.day, copy.segment)
  return copy
}

/** Whether the object is there, by its size. */
export async function isThere(
  { cold, call }: Pick<MoveContext, 'cold' | 'call'>,
  { objectName, size }: ObjectFacts,
): Promise<boolean> {
  return (await cold.head(objectName, call))?.size === size
}

/** @throws AnalyticsError `verification_failed` where the object is not there: time may have passed since it was verified. */
export async function assertThere(
  context: Pick<MoveContext, 'cold' | 'call'>,
  segment: ObjectFacts,
  consequence: string,
): Promise<void> {
  if (await isThere(context, segment)) return
  throw new AnalyticsError('verification_failed', `${segment.objectName} is not there as committed; ${consequence}.`)
}

/** Writes the rows and puts them; undefined where earlier segments have every one. */
async function writeCopy(
  context: MoveContext,
  entry: CatalogEntry,
  intent: MoveIntent,
): Promise<VerifiedCopy | undefined> {
  const { format, tempFiles, catalog, lease, onProgress } = context
  const path = await tempFiles.path(format.extension)
  const idsPath = await tempFiles.path('.ids')
  try {
    onProgress({ day: entry.day, step: 'write' })
    const written = await writeSegment(context, entry, intent, { path, idsPath })
    if (!written) return undefined
    const previous = intent.segment
    // The same bytes keep the facts of the first attempt, so that a sidecar written then still says the same.
    const segment = previous?.objectName === written.objectName ? previous : written
    const retired = previous && previous !== segment ? [...entry.value.retiredObjects, previous.objectName] : undefined
    await lease.check()
    const announced = await catalog.change(entry, {
      move: { step: 'copying', seal: intent.seal, segment },
      ...(retired ? { retiredObjects: retired } : {}),
    })
    onProgress({ day: entry.day, step: 'put' })
    const problem = await putSegment(context, segment, { path, idsPath })
    if (problem) throw await retire(context, announced, segment, problem)
    return { entry: announced, segment }
  } finally {
    await Promise.all([path, idsPath].map((file) => rm(file, { force: true })))
  }
}

/** Puts what was written to local files, and keeps its sketch. Resolves to what is wrong where another object has the name. */
export async function putSegment(
  { format, sketches, cold, lease, call }: MoveContext,
  segment: SegmentFacts,
  { path, idsPath }: { path: string; idsPath: string },
): Promise<string | undefined> {
  const sketch = await sketchPeople(format.personHashes(localSource(path, segment.size), call))
  await lease.check()
  await sketches.keep(segment.objectName, sketch)
  // The list first: where the segment is there, so is the list.
  for (const [file, object] of [
    [idsPath, segment.ids],
    [path, segment],
  ] as const) {
    const put = await cold.put(object.objectName, fileBody(file, object), call)
    if (put.status === 'exists' && !(await isThere({ cold, call }, object)))
      return `${object.objectName} is there with another size.`
  }
  return undefined
}

/** Reads the whole object back from the store. */
async function verifyCopy(context: MoveContext, entry: CatalogEntry, segment: SegmentFacts): Promise<void> {
  context.onProgress({ day: entry.day, step: 'verify' })
  const problem = await findDifference(context, segment)
  if (!problem) return
  const failedChecks = (entry.value.move?.failedChecks ?? 0) + 1
  // Bytes can be damaged on their way here: only a second look condemns the object.
  if (failedChecks > 1) throw await retire(context, entry, segment, problem)
  await context.lease.check()
  await context.catalog.change(entry, { move: { ...entry.value.move!, failedChecks } })
  throw new AnalyticsError('verification_failed', `${problem} Nothing was deleted.`)
}

/** How the object differs from what was announced; undefined where it doesn't. */
export async function findDifference(
  { cold, format, tempFiles, call }: Pick<MoveContext, 'cold' | 'format' | 'tempFiles' | 'call'>,
  segment: SegmentFacts,
): Promise<string | undefined> {
  const path = await tempFiles.path(format.extension)
  try {
    const got = await download(cold, segment.objectName, path, call.signal)
    if (got.size !== segment.size) return `${segment.objectName} has ${got.size} bytes instead of ${segment.size}.`
    if (got.sha256 !== segment.sha256) return `The bytes of ${segment.objectName} are not those that were sent.`
    const read = await format.summarize(localSource(path, got.size), call)
    const different = differingFact(read, segment)
    return different && `The rows read back from ${segment.objectName} differ in ${different}.`
  } catch (error) {
    // A store that encrypts tells by itself.
    if (errorCode(error) === 'checksum_mismatch') return (error as Error).message
    throw error
  } finally {
    await rm(path, { force: true })
  }
}

/** Gives an object's name up; the next attempt takes another. The object stays: nothing is deleted on a doubt. */
async function retire({ catalog, lease }: MoveContext, entry: CatalogEntry, segment: SegmentFacts, problem: string) {
  await lease.check()
  await catalog.change(entry, {
    move: { step: 'sealed', seal: entry.value.move!.seal },
    retiredObjects: [...entry.value.retiredObjects, segment.objectName],
  })
  return new AnalyticsError(
    'verification_failed',
    `${problem} The next attempt takes another name; nothing was deleted.`,
  )
}

/**
 * Describes the segment beside it, so that the catalog could be rebuilt; written last, it says that the segment is whole.
 * `replaces` names the objects whose place it takes.
 */
export async function writeSidecar(
  { cold, call, lease }: MoveContext,
  day: Day,
  segment: SegmentFacts,
  replaces?: readonly string[],
): Promise<void> {
  await lease.check()
  const name = sidecarName(segment.objectName)
  const body = textBody(sidecarText({ day, segment, ...(replaces ? { replaces } : {}) }))
  const put = await cold.put(name, body, call)
  if (put.status === 'created') return
  if (textBody(await readText(cold, name, call)).sha256 !== body.sha256) {
    throw new AnalyticsError('verification_failed', `${name} is there and says something else; nothing was deleted.`)
  }
}
