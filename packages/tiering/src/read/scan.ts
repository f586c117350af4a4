import {
  assertReadable,
  type ColdView,
  DAY_MS,
  type Day,
  dayStart,
  type EventColumn,
  type EventsRequest,
  type Filter,
  restoringError,
  type StoredEvent,
} from '@analytics/protocol'
import { throwIfAborted } from '../abort.js'
import type { TieringContext } from '../context.js'
import { restores } from '../operations/restore.js'
import { openView } from './view.js'

/** Which events to read. */
export interface ScanOptions<Column extends EventColumn = EventColumn> {
  /** UTC milliseconds, inclusive. */
  from: number
  /** UTC milliseconds, exclusive. */
  to: number
  where?: Filter
  /** Any of these types. */
  eventTypes?: readonly string[]
  /** Of these users alone. */
  userIds?: readonly string[]
  /** Only these columns. @default all */
  columns?: readonly Column[]
  /** `cold` leaves out what is only in the hot store. @default 'all' */
  tiers?: 'all' | 'cold'
  /**
   * What to do about days in the archive tier: `error` refuses, `partial` leaves them out, `restore` asks for them to be restored
   * and refuses until they are.
   * @default 'error'
   */
  onArchived?: 'error' | 'partial' | 'restore'
  signal?: AbortSignal
  /** Told of each day behind which the read is. */
  onDay?: (day: Day) => void
}

/**
 * Events of both tiers, each once, by time, then by id.
 * @throws AnalyticsError `archived`, `restoring`, `aborted`.
 */
export async function* scanTiers<Column extends EventColumn>(
  context: TieringContext,
  options: ScanOptions<Column>,
): AsyncGenerator<Pick<StoredEvent, Column>> {
  const { columns, tiers = 'all', onDay, signal } = options
  throwIfAborted(signal)
  const view = await openReadable(context, options)
  try {
    const cold = new Set(view.days.map(({ day }) => day))
    const { from, to } = options
    const hot = new Set(tiers === 'all' ? await hotDays(context, view, { from, to }) : [])
    for (const day of [...new Set([...cold, ...hot])].sort()) {
      const span = { from: Math.max(from, dayStart(day)), to: Math.min(to, dayStart(day) + DAY_MS) }
      if (span.from >= span.to) continue
      const request: EventsRequest = { ...span, where: filterOf(options), order: 'asc', ...(signal ? { signal } : {}) }
      const rows = hot.has(day) ? hotEvents(context, view, day, request) : undefined
      for await (const events of (cold.has(day) ? view.readEvents(day, request, rows) : rows) ?? []) {
        throwIfAborted(signal)
        yield* columns ? events.map((event) => pick(event, columns)) : events
      }
      onDay?.(day)
    }
  } finally {
    view.release()
  }
}

async function openReadable(
  context: TieringContext,
  { from, to, onArchived = 'error', signal }: ScanOptions,
): Promise<ColdView> {
  let view = await openView(context, { from, to })
  try {
    if (onArchived === 'restore' && view.archivedDays.length > 0) {
      view.release()
      const progress = await restores(context).request({ from, to }, signal ? { signal } : {})
      if (progress.state !== 'ready') throw restoringError(progress)
      view = await openView(context, { from, to })
    }
    if (onArchived !== 'partial') assertReadable(view)
    return view
  } catch (error) {
    view.release()
    throw error
  }
}

async function hotDays(
  { hot }: TieringContext,
  { seals }: ColdView,
  range: { from: number; to: number },
): Promise<Day[]> {
  return (await hot.listDays({ except: seals, ...range })).map(({ day }) => day)
}

/** The hot rows of a day that its segments don't have, in order. */
async function* hotEvents(
  { hot }: TieringContext,
  view: ColdView,
  day: Day,
  request: EventsRequest,
): AsyncGenerator<readonly StoredEvent[]> {
  const read = { ...request, except: view.seals }
  const isCold = view.days.some((one) => one.day === day)
  const doubles = isCold ? await view.storedIds(day, idsOf(hot.readEvents(read))) : undefined
  for await (const events of hot.readEvents(read))
    yield doubles?.size ? events.filter(({ eventId }) => !doubles.has(eventId)) : events
}

async function* idsOf(batches: AsyncIterable<readonly StoredEvent[]>): AsyncGenerator<string[]> {
  for await (const events of batches) yield events.map(({ eventId }) => eventId)
}

function filterOf({ where, eventTypes, userIds }: ScanOptions): Filter {
  const conditions: Filter[] = []
  if (where) conditions.push(where)
  if (eventTypes) conditions.push({ property: 'eventType', op: 'in', value: eventTypes })
  if (userIds) conditions.push({ property: 'userId', op: 'in', value: userIds })
  return { and: conditions }
}

function pick<Column extends EventColumn>(event: StoredEvent, columns: readonly Column[]): Pick<StoredEvent, Column> {
  return Object.fromEntries(columns.map((column) => [column, event[column]])) as Pick<StoredEvent, Column>
}
