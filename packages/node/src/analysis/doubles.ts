import type { ColdView, Day, EventBatch, EventsRequest, ScanRequest, StoredEvent } from '@analytics/protocol'
import type { HotRead, HotStore } from '../store.js'
import { keepRows } from './batch-rows.js'

/** Which hot events of a day came again: the day's segments have them already. */
export type DoublesOf = (day: Day, span: { from: number; to: number }) => Promise<ReadonlySet<string>>

/** Looks a day up once, however often it is read. */
export function doublesOf(store: HotStore, view: ColdView, read: HotRead): DoublesOf {
  const days = new Map<Day, Promise<ReadonlySet<string>>>()
  return (day, span) => {
    const found = days.get(day) ?? view.storedIds(day, idsOf(store, { ...read, ...span }))
    days.set(day, found)
    return found
  }
}

async function* idsOf(
  store: HotStore,
  request: HotRead & { from: number; to: number },
): AsyncGenerator<readonly string[]> {
  for await (const { length, columns } of store.scan({ ...request, matches: [{}], columns: ['eventId'] })) {
    yield Array.from({ length }, (_, row) => String(columns.eventId?.at(row)))
  }
}

/** The narrow read of a hot day without its doubles. */
export async function* scanWithout(
  store: HotStore,
  request: ScanRequest & HotRead,
  doubles: ReadonlySet<string>,
): AsyncGenerator<EventBatch> {
  if (doubles.size === 0) return yield* store.scan(request)
  const columns = [...new Set([...(request.columns ?? []), 'eventId'])]
  for await (const batch of store.scan({ ...request, columns })) {
    const ids = batch.columns.eventId!
    yield keepRows(batch, (row) => !doubles.has(String(ids.at(row))))
  }
}

/** Whole events of a hot day without its doubles. */
export async function* readWithout(
  store: HotStore,
  { limit, ...request }: EventsRequest & HotRead,
  doubles: ReadonlySet<string>,
): AsyncGenerator<readonly StoredEvent[]> {
  const most = limit === undefined ? {} : { limit: limit + doubles.size }
  for await (const events of store.readEvents({ ...request, ...most })) {
    yield doubles.size === 0 ? events : events.filter(({ eventId }) => !doubles.has(eventId))
  }
}
