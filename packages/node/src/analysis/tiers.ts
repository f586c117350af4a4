import {
  assertReadable,
  type ColdDay,
  type ColdReadStats,
  type ColdView,
  DAY_MS,
  type Day,
  dayStart,
  type EventBatch,
  type EventsRequest,
  type QueryMeta,
  restoringError,
  type ScanRequest,
  type StoredEvent,
} from '@analytics/protocol'
import type { ColdTier } from '../cold-tier.js'
import { readAhead } from '../read-ahead.js'
import type { HotStore } from '../store.js'
import { doublesOf, readWithout, scanWithout } from './doubles.js'
import type { KeptRows, KeptScan } from './kept/kept-rows.js'

/** How a query wants its tiers. */
export interface TierOptions {
  from: number
  to: number
  tiers: 'all' | 'hot'
  onArchived: 'error' | 'partial' | 'restore'
}

/** Both tiers as one: every event of the range once, in order of time. */
export interface TierReader {
  /** The first instant that is read, UTC milliseconds. */
  from: number
  /** Rows that a scan looks at, at most. */
  rows: number
  scan(request: Omit<ScanRequest, 'from' | 'to'>): AsyncIterable<EventBatch>
  readEvents(request: Omit<EventsRequest, 'from' | 'to'>): AsyncIterable<readonly StoredEvent[]>
  /** Days of the range that can't be read, where they were asked for. */
  archivedDays: readonly ColdDay[]
  /** What was read so far. */
  stats(): { hotRows: number; keptRows: number; cold: ColdReadStats }
  /** Must be called when reading is over, also after an error. */
  release(): void
}

/** What is read. */
export interface Tiers {
  store: HotStore
  cold: ColdTier | undefined
  /** Rows that were read before. @default none */
  kept?: KeptRows
}

/**
 * Opens a range for reading. Which tier each event is read from is decided here, from the catalog, once: a move that happens
 * meanwhile changes nothing for this reader.
 * @throws AnalyticsError `archived` where days of the range must be restored first and `onArchived` is `error`; `restoring` where they
 * are on their way.
 */
export async function openTiers(all: Tiers, options: TierOptions): Promise<TierReader> {
  const { store, cold: coldTier } = all
  const { from, to, tiers, onArchived } = options
  // Before anything is read: what changes from now on is not for certain among what is.
  const asOf = store.lastChange?.()
  let view = await coldTier?.openView({ from, to })
  try {
    if (coldTier && view && tiers === 'all' && onArchived === 'restore' && view.archivedDays.length > 0) {
      view.release()
      await restored(coldTier, { from, to })
      view = await coldTier.openView({ from, to })
    }
    if (view && tiers === 'all' && onArchived !== 'partial') assertReadable(view)
    const except = view?.seals ?? []
    const inRange = ({ day }: { day: Day }): boolean => dayStart(day) < to && dayStart(day) + DAY_MS > from
    const hot = (await store.listDays({ except, from, to })).filter(inRange)
    const cold = tiers === 'all' && view ? view.days.filter(inRange) : []
    const hotDays = new Set(hot.map(({ day }) => day))
    const coldDays = new Set(cold.map(({ day }) => day))
    const days = [...new Set([...hotDays, ...coldDays])].sort()
    const rows = [...hot, ...cold].reduce((sum, day) => sum + day.rows, 0)
    return tierReader(all, view, { days, hotDays, coldDays, rows, options, asOf })
  } catch (error) {
    view?.release()
    throw error
  }
}

/** Resolves where the archived days of the range can be read now. @throws AnalyticsError `restoring` */
async function restored(cold: ColdTier, range: { from: number; to: number }): Promise<void> {
  const progress = await cold.restore?.request(range)
  if (!progress || progress.state === 'ready') return
  throw restoringError(progress)
}

interface Layout {
  /** Days with events in either tier, ascending. */
  days: readonly Day[]
  hotDays: ReadonlySet<Day>
  coldDays: ReadonlySet<Day>
  rows: number
  options: TierOptions
  /** Number of the last change before it was opened, where the store counts them. */
  asOf: number | undefined
}

function tierReader({ store, kept: memory }: Tiers, view: ColdView | undefined, layout: Layout): TierReader {
  const { days, hotDays, coldDays, rows, options, asOf } = layout
  const except = view?.seals ?? []
  const doubles = view && doublesOf(store, view, { except })
  const read = { hotRows: 0, keptRows: 0 }
  const archivedDays = options.tiers === 'all' ? (view?.archivedDays ?? []) : []

  /** What is kept of a scan. A day of which a part can't be read now may be whole tomorrow, without a change. */
  function keptOf(request: Omit<ScanRequest, 'from' | 'to'>): KeptScan | undefined {
    const lastChange = store.lastChange?.bind(store)
    if (asOf === undefined || !lastChange) return undefined
    const { from, to, tiers } = options
    return archivedDays.length > 0 ? undefined : memory?.of(request, { tiers, from, to, asOf, lastChange })
  }

  /** Events that came again after their day had left the hot store; only where a day is in both are there such. */
  const doublesIn = async (stretch: Stretch): Promise<ReadonlySet<string>> =>
    (stretch.isCold && (await doubles?.(stretch.days[0], span(stretch)))) || new Set()
  const span = ({ days }: Stretch) => ({
    from: Math.max(options.from, dayStart(days[0])),
    to: Math.min(options.to, dayStart(days.at(-1)!) + DAY_MS),
  })
  async function* counted<Batch extends { length: number }>(
    batches: AsyncIterable<Batch>,
    rows: keyof typeof read,
  ): AsyncGenerator<Batch> {
    for await (const batch of batches) {
      read[rows] += batch.length
      yield batch
    }
  }

  return {
    from: options.from,
    rows,

    async *scan(request) {
      const kept = keptOf(request)
      const scanOne = async function* (stretch: Stretch) {
        const one: ScanRequest = { ...(kept?.request ?? request), ...span(stretch) }
        const isHot = !stretch.isCold || hotDays.has(stretch.days[0])
        const hot = isHot
          ? counted(scanWithout(store, { ...one, except }, await doublesIn(stretch)), 'hotRows')
          : undefined
        if (view && stretch.isCold) yield* view.scan(stretch.days[0], one, hot)
        else if (hot) yield* hot
      }
      const sourceOf = (stretch: Stretch): AsyncIterable<EventBatch> => {
        if (!kept) return scanOne(stretch)
        if (stretch.isKept) return counted(kept.read(stretch.days), 'keptRows')
        return kept.keep(stretch.days, scanOne(stretch))
      }
      yield* readAhead(stretches(days, coldDays, kept).map((stretch) => () => sourceOf(stretch)))
    },

    async *readEvents(request) {
      let left = request.limit ?? Number.POSITIVE_INFINITY
      const parts = stretches(days, coldDays)
      for (const stretch of request.order === 'desc' ? parts.reverse() : parts) {
        const one: EventsRequest = { ...request, ...span(stretch), ...(Number.isFinite(left) ? { limit: left } : {}) }
        const isHot = !stretch.isCold || hotDays.has(stretch.days[0])
        const hot = isHot
          ? counted(readWithout(store, { ...one, except }, await doublesIn(stretch)), 'hotRows')
          : undefined
        const batches = view && stretch.isCold ? view.readEvents(stretch.days[0], one, hot) : hot
        for await (const batch of batches ?? []) {
          yield batch.length > left ? batch.slice(0, left) : batch
          left -= batch.length
          if (left <= 0) return
        }
      }
    },

    archivedDays,
    stats: () => ({ ...read, cold: view?.stats() ?? { segments: 0, bytes: 0, requests: 0 } }),

    release: () => view?.release(),
  }
}

/** What the readers of one query have read, and what none of them could. */
export function coverageOf(readers: readonly TierReader[]): Pick<QueryMeta, 'tiersRead' | 'complete' | 'missing'> {
  const stats = readers.map((reader) => reader.stats())
  const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0)
  const keptRows = sum(stats.map((one) => one.keptRows))
  const archived = new Map(readers.flatMap(({ archivedDays }) => archivedDays).map((one) => [one.day, one]))
  return {
    tiersRead: {
      hot: { rows: sum(stats.map(({ hotRows }) => hotRows)) },
      cold: {
        segments: sum(stats.map(({ cold }) => cold.segments)),
        bytes: sum(stats.map(({ cold }) => cold.bytes)),
        requests: sum(stats.map(({ cold }) => cold.requests)),
      },
      archived: { segments: sum([...archived.values()].map(({ segments }) => segments)) },
      ...(keptRows > 0 ? { memory: { rows: keptRows } } : {}),
    },
    complete: archived.size === 0,
    ...(archived.size > 0 ? { missing: [...archived.keys()].sort().map(missingDay) } : {}),
  }
}

/** Days that are read at once: one that has segments, or all that are kept, or only hot, up to the next one that is not. */
interface Stretch {
  days: [Day, ...Day[]]
  isKept: boolean
  isCold: boolean
}

function stretches(days: readonly Day[], coldDays: ReadonlySet<Day>, kept?: KeptScan): Stretch[] {
  const parts: Stretch[] = []
  for (const day of days) {
    const isKept = kept?.has(day) ?? false
    const isCold = coldDays.has(day)
    const open = parts.at(-1)
    const isAlike = open && open.isKept === isKept && (isKept || !(isCold || open.isCold))
    if (isAlike) open.days.push(day)
    else parts.push({ days: [day], isKept, isCold })
  }
  return parts
}

function missingDay(day: Day) {
  const text = (ms: number) => new Date(ms).toISOString()
  return { from: text(dayStart(day)), to: text(dayStart(day) + DAY_MS), reason: 'archived' as const }
}
