import { type ColdView, type Day, dayOf, type StoredEvent } from '@analytics/protocol'
import type { MemoryHotTier } from '../src/testing/index.js'

/** The hot rows that a query takes: those outside the seals that no segment has already. */
export async function hotRows(hot: MemoryHotTier, view: ColdView): Promise<StoredEvent[]> {
  const byDay = new Map<Day, StoredEvent[]>()
  for (const event of await hot.read({ except: view.seals })) {
    const day = dayOf(event.eventTimestamp)
    byDay.set(day, [...(byDay.get(day) ?? []), event])
  }
  const coldDays = new Set(view.days.map(({ day }) => day))
  const taken: StoredEvent[] = []
  for (const [day, events] of byDay) {
    const stored = coldDays.has(day) ? await view.storedIds(day, idsOf(events)) : new Set()
    taken.push(...events.filter(({ eventId }) => !stored.has(eventId)))
  }
  return taken
}

async function* idsOf(events: readonly StoredEvent[]): AsyncGenerator<string[]> {
  yield events.map(({ eventId }) => eventId)
}
