import type {
  ColdDay,
  ColdReadStats,
  ColdView,
  Day,
  EventBatch,
  EventsRequest,
  ScanColumn,
  ScanRequest,
  StoredEvent,
} from '@analytics/protocol'
import { compareText, peopleOfFilter } from '@analytics/protocol/filter'
import { type CatalogEntry, type CatalogSegment, dayState, isReadable, liveSegments } from '../catalog.js'
import type { TieringContext } from '../context.js'
import { pendingSeals } from '../operations/survey.js'
import type { SegmentSource } from '../segment-format.js'
import { type KnownEvents, knownEvents } from './id-lists.js'
import { mergeBatches, mergeRows } from './merge.js'
import type { OpenSegment } from './segment-cache.js'

/** Opens a view of the range, UTC milliseconds, `from` inclusive, `to` exclusive. */
export async function openView(context: TieringContext, range: { from: number; to: number }): Promise<ColdView> {
  // Registered before the catalog is read: hot rows that are dropped in between would be on neither side.
  const reader = context.readers.open()
  try {
    await context.hidden.refresh()
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
      storedIds: (day, eventIds) => storedIds(reading, day, eventIds),
      stats: () => ({ ...reading.stats }),
      release() {
        reader.release()
        context.accesses.note(readable.filter(({ day }) => reading.daysRead.has(day)))
        void reading.release().catch((error) => context.logger.warn({ error }, 'A temporary file was left'))
        void context.ledger.tryNote({ everyMs: 60_000 })
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

/** Days of which a read fetches what it will need while it reads one. */
const AHEAD_DAYS = 8

/** What the reads of one view share. */
interface Reading extends TieringContext {
  stats: ColdReadStats
  /** Days of which segments were opened. */
  daysRead: ReadonlySet<Day>
  /** Segments of the day that may have events of the range that the filter lets through. */
  segmentsOf(day: Day, request: Pick<ScanRequest, 'from' | 'to' | 'where'>): Promise<CatalogSegment[]>
  segmentsOfDay(day: Day): readonly CatalogSegment[]
  /** To be released once it was read: what a long read has left behind may go from the disk. */
  open(segment: CatalogSegment, signal: AbortSignal | undefined): OpenSegment
  /** Fetches what a read that goes on through the days will need, a few days ahead; without an end in sight, that is. */
  readAhead(day: Day, request: ScanRequest | EventsRequest): void
  /** Whether the hot store gave the numbers of people that the segment carries. */
  isNumberedAsHot(segment: CatalogSegment): Promise<boolean>
  release(): Promise<void>
}

function createReading(context: TieringContext, entries: readonly CatalogEntry[]): Reading {
  const { sketches, cache, cold, format, cacheBytes, hidden } = context
  const hidesSome = !hidden.isEmpty()
  const days = new Map(entries.map(({ day, value }) => [day, liveSegments(value)]))
  const opened = new Set<OpenSegment>()
  const read = new Set<string>()
  const daysRead = new Set<Day>()
  const stats: ColdReadStats = { segments: 0, bytes: 0, requests: 0 }
  let dictionaryId: Promise<string> | undefined
  let sketched: Promise<void> | undefined
  /** Ends what is fetched ahead of a read that stopped. */
  const over = new AbortController()
  /** Days that are fetched already. */
  const ahead = new Set<Day>()

  async function fetchAhead(day: Day, { from, to, where, signal }: ScanRequest | EventsRequest): Promise<void> {
    for (const segment of await reading.segmentsOf(day, { from, to, ...(where ? { where } : {}) })) {
      if (over.signal.aborted) return
      const { source, release } = reading.open(segment, signal)
      // It stays in the cache.
      await format.prefetch(source, where).finally(release)
    }
  }

  const reading: Reading = {
    ...context,
    stats,
    daysRead,
    async segmentsOf(day, { from, to, where }) {
      const inTime = (days.get(day) ?? []).filter(({ minTime, maxTime }) => minTime < to && maxTime >= from)
      const people = where && peopleOfFilter(where)
      if (inTime.length === 0 || !(people || hidesSome)) return inTime
      // All at once: a read of one person goes on to the other days.
      sketched ??= sketches.load([...days.values()].flat().map(({ objectName }) => objectName))
      await sketched
      if (!people) return inTime
      return inTime.filter(({ objectName }) => sketches.mayHave(objectName, people))
    },
    segmentsOfDay: (day) => days.get(day) ?? [],
    open(segment, signal) {
      const { source, release } = cache.open(
        segment,
        stats,
        signal ? AbortSignal.any([over.signal, signal]) : over.signal,
      )
      const open: OpenSegment = {
        source,
        release() {
          opened.delete(open)
          return release()
        },
      }
      opened.add(open)
      stats.segments = read.add(segment.objectName).size
      daysRead.add(segment.seal.day)
      return open
    },
    readAhead(day, request) {
      const people = request.where && peopleOfFilter(request.where)
      // A page of events may end with the day; and what lies on a local disk is there.
      if (cold.localFile || cacheBytes === 0 || ('limit' in request && !people)) return
      const order = [...days.keys()]
      if ('order' in request && request.order === 'desc') order.reverse()
      const next = order.indexOf(day) + 1
      for (const later of order.slice(next, next + AHEAD_DAYS)) {
        if (ahead.has(later)) continue
        ahead.add(later)
        // Where it fails, so does the read itself, and says why.
        void fetchAhead(later, request).catch(() => {})
      }
    },
    async isNumberedAsHot(segment) {
      dictionaryId ??= context.hot.dictionaryId()
      return (await dictionaryId) === segment.dictionaryId
    },
    async release() {
      over.abort()
      await Promise.all([...opened].map((one) => one.release()))
    },
  }
  return reading
}

async function storedIds(
  reading: Reading,
  day: Day,
  eventIds: AsyncIterable<readonly string[]>,
): Promise<ReadonlySet<string>> {
  const stored = new Set<string>()
  let known: KnownEvents | undefined
  for await (const ids of eventIds) {
    known ??= await knownEvents(reading, reading.segmentsOfDay(day), reading.stats)
    for (const id of ids) if (known.has(id)) stored.add(id)
  }
  return stored
}

async function* scanDay(
  reading: Reading,
  day: Day,
  request: ScanRequest,
  hot: AsyncIterable<EventBatch> | undefined,
): AsyncGenerator<EventBatch> {
  reading.readAhead(day, request)
  const segments = await reading.segmentsOf(day, request)
  const scans = segments.map((segment) => scanSegment(reading, segment, request))
  yield* mergeBatches(hot ? [...scans, hot] : scans, request.columns ?? [])
}

async function* scanSegment(
  reading: Reading,
  segment: CatalogSegment,
  request: ScanRequest,
): AsyncGenerator<EventBatch> {
  const isNumberedAsHot = await reading.isNumberedAsHot(segment)
  const { source, release } = reading.open(segment, request.signal)
  try {
    const visible = withoutHidden(reading, segment, request)
    if (isNumberedAsHot) yield* reading.format.scan(source, visible)
    else yield* renumbered(reading, source, visible)
  } finally {
    await release()
  }
}

/** The request without the events of people who are being erased. */
function withoutHidden<Request extends ScanRequest | EventsRequest>(
  { hidden }: Reading,
  { objectName }: CatalogSegment,
  request: Request,
): Request {
  const others = hidden.isEmpty() ? undefined : hidden.filterFor(objectName)
  return others ? { ...request, where: request.where ? { and: [request.where, others] } : others } : request
}

/** The rows with the hot store's numbers in place of those of another dictionary. */
async function* renumbered(
  { hot, format }: Reading,
  source: SegmentSource,
  request: ScanRequest,
): AsyncGenerator<EventBatch> {
  const columns = [...(request.columns ?? []), 'userId', 'anonymousId']
  for await (const batch of format.scan(source, { ...request, columns })) {
    const { userId, anonymousId } = batch.columns
    const text = (column: ScanColumn | undefined, row: number) => (column?.at(row) ?? null) as string | null
    const identities = Array.from({ length: batch.length }, (_, row) => ({
      userId: text(userId, row),
      anonymousId: text(anonymousId, row),
    }))
    yield { ...batch, person: await hot.personNumbers(identities) }
  }
}

async function* readSegment(
  reading: Reading,
  segment: CatalogSegment,
  request: EventsRequest,
): AsyncGenerator<readonly StoredEvent[]> {
  const { source, release } = reading.open(segment, request.signal)
  try {
    yield* reading.format.readEvents(source, withoutHidden(reading, segment, request))
  } finally {
    await release()
  }
}

async function* readDayEvents(
  reading: Reading,
  day: Day,
  request: EventsRequest,
  hot: AsyncIterable<readonly StoredEvent[]> | undefined,
): AsyncGenerator<readonly StoredEvent[]> {
  const sign = request.order === 'desc' ? -1 : 1
  reading.readAhead(day, request)
  const segments = await reading.segmentsOf(day, request)
  const reads = segments.map((segment) => readSegment(reading, segment, request))
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
