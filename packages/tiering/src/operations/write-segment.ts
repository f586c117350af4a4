import { AnalyticsError, type NumberedEvent, type Seal } from '@analytics/protocol'
import type { CatalogEntry, MoveIntent, SegmentFacts } from '../catalog.js'
import { type KnownEvents, knownEvents } from '../read/id-lists.js'
import { localSource } from '../read/segment-file.js'
import type { SegmentStats } from '../segment-format.js'
import { segmentName } from '../segments/names.js'
import { createRowSummer, type RowSummary } from '../segments/row-hash.js'
import { writeIdList } from './id-list.js'
import type { MoveContext } from './move-context.js'
import { fileDigest } from './transfer.js'

type Rows = AsyncIterable<readonly NumberedEvent[]>

/** What was written, and what it should have been. */
interface Written {
  stats: SegmentStats
  summary: RowSummary
  /** Rows left out, since earlier segments have them. */
  doubles: number
}

/**
 * Writes sealed rows to a local file, and the list of their ids to another, and sums the rows up as the hot store has them.
 * Undefined where earlier segments of the day have every row.
 */
export async function writeSegment(
  context: MoveContext,
  { day, value }: CatalogEntry,
  { seal }: MoveIntent,
  { path, idsPath }: { path: string; idsPath: string },
): Promise<SegmentFacts | undefined> {
  const { hot, lease } = context
  const dictionaryId = await hot.dictionaryId()
  // Those that expire, too: a hold may bring them back.
  const earlier = value.segments
  const written =
    earlier.length === 0
      ? await writeAll(context, seal, path)
      : await writeFresh(
          context,
          seal,
          await knownEvents(context, earlier, { segments: 0, bytes: 0, requests: 0 }),
          path,
        )
  await lease.check()
  if (!written) return undefined
  const { stats, summary, doubles } = written
  if (stats.rows !== summary.rows || stats.rows + doubles !== seal.rows) {
    const found = `sealed ${seal.rows}, read ${summary.rows + doubles}, written ${stats.rows}, there already ${doubles}`
    throw new AnalyticsError('verification_failed', `Rows of ${day}: ${found}; nothing was deleted.`)
  }
  const facts = await describeFile(context, { day, value }, stats, { path, idsPath })
  return { ...facts, ...summary, ...(doubles > 0 ? { doubles } : {}), dictionaryId }
}

/** What follows from a segment's local file; writes the list of its ids to another. */
export async function describeFile(
  { format, now, call }: MoveContext,
  { day, value }: Pick<CatalogEntry, 'day' | 'value'>,
  { schemaId, sortOrder, footerSize }: SegmentStats,
  { path, idsPath }: { path: string; idsPath: string },
): Promise<Omit<SegmentFacts, keyof RowSummary | 'doubles' | 'dictionaryId'>> {
  const digest = await fileDigest(path)
  const objectName = segmentName(day, digest.sha256, format.extension, value.retiredObjects)
  return {
    objectName,
    ...digest,
    ids: await writeIdList(format, localSource(path, digest.size), objectName, idsPath, call),
    format: format.name,
    compression: format.compression,
    schemaId,
    sortOrder,
    ...(footerSize === undefined ? {} : { footerSize }),
    createdAt: now(),
  }
}

/** Where the format reads the hot store's tables itself, the rows need not pass through here. */
async function writeAll({ hot, format, call }: MoveContext, seal: Seal, path: string): Promise<Written> {
  if (hot.lendSealed && format.writeLent) {
    const stats = await format.writeLent(await hot.lendSealed(seal), path, call)
    const { rows, rowHash, minTime, maxTime } = stats
    return { stats, summary: { rows, rowHash, minTime, maxTime }, doubles: 0 }
  }
  const summer = createRowSummer()
  const stats = await format.write(passing(hot.readSealed(seal, call), summer.add), path, call)
  return { stats, summary: summer.summary(), doubles: 0 }
}

/** Writes the rows that no earlier segment has; undefined where there are none. */
async function writeFresh(
  { hot, format, call }: MoveContext,
  seal: Seal,
  known: KnownEvents,
  path: string,
): Promise<Written | undefined> {
  const summer = createRowSummer()
  let read = 0
  async function* fresh(): AsyncGenerator<readonly NumberedEvent[]> {
    for await (const rows of hot.readSealed(seal, call)) {
      read += rows.length
      const unknown = rows.filter(({ eventId }) => !known.has(eventId))
      if (unknown.length > 0) yield unknown
    }
  }
  const rows = fresh()
  const first = await rows.next()
  if (first.done && read === seal.rows) return undefined
  const stats = await format.write(passing(chained(first, rows), summer.add), path, call)
  const summary = summer.summary()
  return { stats, summary, doubles: read - summary.rows }
}

async function* chained<Item>(first: IteratorResult<Item, unknown>, rest: AsyncIterable<Item>): AsyncGenerator<Item> {
  if (!first.done) yield first.value
  yield* rest
}

async function* passing(rows: Rows, see: (batch: readonly NumberedEvent[]) => void): Rows {
  for await (const batch of rows) {
    see(batch)
    yield batch
  }
}
