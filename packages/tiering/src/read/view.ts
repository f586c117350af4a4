import type {
  ColdDay,
  ColdReadStats,
  ColdView,
  Day,
  EventBatch,
  EventsRequest,
  ScanRequest,
  StoredEvent,
} from '@analytics/protocol'
import { compareText } from '@analytics/protocol/filter'
import { type CatalogEntry, type CatalogSegment, dayState, isReadable, liveSegments } from '../catalog.js'
import type { TieringContext } from '../context.js'
import { pendingSeals } from '../operations/plan.js'
import type { SegmentBatch } from '../segment-format.js'
import { mergeBatches, mergeRows } from './merge.js'
import { type OpenSegment, openSegment } from './segment-file.js'

/** Opens a view of the range, UTC milliseconds, `from` inclusive, `to` exclusive. */
export async function openView(context: TieringContext, range: { from: number; to: number }): Promise<ColdView> {
  // Registered before the catalog is read: hot rows that are dropped in between would be on neither side.
  const reader = context.readers.open()
  try {
    const entries = (await context.catalog.list(range)).filter(({ value }) => liveSegments(value).length > 0)
    const seals = pendingSeals(entries)
    reader.leavesOut(seals)
    const now = context.now()
    const isOpen = ({ value }: CatalogEntry) => liveSegments(value).every((segment) => isReadable(segment, now))
    const readable = entries.filter(isOpen)
    reader.reads(readable.map(({ day }) => day))
    const reading = createReading(context, readable)
    return {
      days: readable.map((entry) => coldDay(entry, now)),
      archivedDays: entries.filter((entry) => !isOpen(entry)).map((entry) => coldDay(entry, now)),
      seals,
      scan: (day, request, hot) => scanDay(reading, day, request, hot),
      readEvents: (day, request, hot) => readDayEvents(reading, day, request, hot),
      stats: () => ({ ...reading.stats }),
      release() {
        reader.release()
        void reading.release().catch((error) => context.logger.warn({ error }, 'A temporary file was left'))
      },
    }
  } catch (error) {
    reader.release()
    throw error
  }
}

function coldDay({ day, value }: CatalogEntry, now: number): ColdDay {
  const { recordsCount, sizeBytes } = value
  const segments = liveSegments(value).length
  return { day, state: dayState(value, now), rows: recordsCount, bytes: sizeBytes, segments }
}

/** What the reads of one view share. */
interface Reading extends TieringContext {
  stats: ColdReadStats
  /** Segments of the day that may have events of the range. */
  segmentsOf(day: Day, range: { from: number; to: number }): CatalogSegment[]
  open(segment: CatalogSegment): OpenSegment
  /** Whether the hot store gave the numbers of people that the segment carries. */
  isNumberedAsHot(segment: CatalogSegment): Promise<boolean>
  release(): Promise<void>
}

function createReading(context: TieringContext, entries: readonly CatalogEntry[]): Reading {
  const days = new Map(entries.map(({ day, value }) => [day, liveSegments(value)]))
  const opened = new Map<string, OpenSegment>()
  const stats: ColdReadStats = { segments: 0, bytes: 0, requests: 0 }
  let dictionaryId: Promise<string> | undefined
  return {
    ...context,
    stats,
    segmentsOf: (day, { from, to }) =>
      (days.get(day) ?? []).filter(({ minTime, maxTime }) => minTime < to && maxTime >= from),
    open(segment) {
      let open = opened.get(segment.objectName)
      if (!open) {
        open = openSegment(context, segment, stats)
        opened.set(segment.objectName, open)
        stats.segments++
      }
      return open
    },
    async isNumberedAsHot(segment) {
      dictionaryId ??= context.hot.dictionaryId()
      return (await dictionaryId) === segment.dictionaryId
    },
    async release() {
      const held = [...opened.values()]
      opened.clear()
      await Promise.all(held.map((one) => one.release()))
    },
  }
}

function scanDay(
  reading: Reading,
  day: Day,
  request: ScanRequest,
  hot: AsyncIterable<EventBatch> | undefined,
): AsyncIterable<EventBatch> {
  const scans = reading.segmentsOf(day, request).map((segment) => scanSegment(reading, segment, request))
  return mergeBatches(hot ? [...scans, hot] : scans, request.columns ?? [])
}

async function* scanSegment(
  reading: Reading,
  segment: CatalogSegment,
  request: ScanRequest,
): AsyncGenerator<EventBatch> {
  const { source } = reading.open(segment)
  const withIdentities = !(await reading.isNumberedAsHot(segment))
  for await (const batch of reading.format.scan(source, request, { withIdentities })) {
    yield withIdentities ? await renumbered(reading, batch) : batch
  }
}

/** The batch with the hot store's numbers in place of those of another dictionary. */
async function renumbered({ hot }: Reading, { identities = [], ...batch }: SegmentBatch): Promise<EventBatch> {
  return { ...batch, person: await hot.personNumbers(identities) }
}

async function* readDayEvents(
  reading: Reading,
  day: Day,
  request: EventsRequest,
  hot: AsyncIterable<readonly StoredEvent[]> | undefined,
): AsyncGenerator<readonly StoredEvent[]> {
  const sign = request.order === 'desc' ? -1 : 1
  const reads = reading
    .segmentsOf(day, request)
    .map((segment) => reading.format.readEvents(reading.open(segment).source, request))
  const merged = mergeRows(
    hot ? [...reads, hot] : reads,
    (a, b) => sign * (a.eventTimestamp - b.eventTimestamp || compareText(a.eventId, b.eventId)),
  )
  let left = request.limit ?? Number.POSITIVE_INFINITY
  for await (const events of merged) {
    yield events.length <= left ? events : events.slice(0, left)
    left -= events.length
    if (left <= 0) return
  }
}
