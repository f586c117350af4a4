import type { ImportEvent } from '@analytics/node'
import { DAY_MS, type Day, dayOf } from '@analytics/protocol'
import { seededRandom } from './random.js'
import { simulateVisit } from './visit.js'
import { createVisitor, timeOfVisit, type Visitor } from './visitor.js'

/** One UTC day of the shop, its events in order of time. */
export interface HistoryDay {
  day: Day
  events: ImportEvent[]
}

/** New visitors of an ordinary day. With those who come back they are about 200. */
const NEW_VISITORS = 80
/** How long somebody may stay away and still come back. */
const LONGEST_ABSENCE = 60
/** Sunday to Saturday. */
const WEEKDAY_SHAPE = [0.9, 1.08, 1.1, 1.07, 1.04, 0.97, 0.84]

/**
 * The days from `from` to `to` (UTC milliseconds, `from` the start of a day). What happens on a day depends on the date
 * alone, never on the range asked for: overlapping ranges agree about every event.
 */
export function* shopHistory({ from, to }: { from: number; to: number }): Generator<HistoryDay> {
  const firstDay = Math.floor(from / DAY_MS)
  const later = new Map<number, ImportEvent[]>()
  // Whoever comes back on the first day was there before it.
  for (let dayNumber = firstDay - LONGEST_ABSENCE; dayNumber * DAY_MS < to; dayNumber++) {
    for (const visitor of newVisitors(dayNumber)) {
      for (const event of lifetime(visitor, dayNumber)) {
        const time = Date.parse(event.timestamp)
        if (time < from || time >= to) continue
        const eventDay = Math.floor(time / DAY_MS)
        const events = later.get(eventDay) ?? []
        later.set(eventDay, events)
        events.push(event)
      }
    }
    if (dayNumber >= firstDay) yield { day: dayOf(dayNumber * DAY_MS), events: inOrder(later.get(dayNumber) ?? []) }
    later.delete(dayNumber)
  }
}

function inOrder(events: ImportEvent[]): ImportEvent[] {
  return events.sort((a, b) => (a.timestamp < b.timestamp ? -1 : a.timestamp > b.timestamp ? 1 : 0))
}

function* newVisitors(dayNumber: number): Generator<Visitor> {
  const noise = 0.93 + seededRandom(dayNumber)() * 0.14
  const count = Math.round(NEW_VISITORS * busyness(dayNumber) * noise)
  for (let number = 0; number < count; number++) yield createVisitor(dayNumber, number)
}

/** Every visit that somebody makes, from the first on. */
function* lifetime(visitor: Visitor, firstDay: number): Generator<ImportEvent> {
  for (let age = 0; age <= LONGEST_ABSENCE; age++) {
    const dayNumber = firstDay + age
    if (age > 0 && visitor.random() > chanceOfReturn(visitor, age) * busyness(dayNumber)) continue
    yield* simulateVisit(visitor, dayNumber * DAY_MS + timeOfVisit(visitor))
  }
}

function chanceOfReturn({ isRegular }: Visitor, age: number): number {
  return isRegular ? 0.2 / age ** 0.3 : 0.028 / age ** 0.4
}

/** 1 for an average day: the week has its shape, and the dark months are busier. */
function busyness(dayNumber: number): number {
  const date = new Date(dayNumber * DAY_MS)
  const yearShare = (date.getUTCMonth() + date.getUTCDate() / 31) / 12
  return WEEKDAY_SHAPE[date.getUTCDay()]! * (1 + 0.12 * Math.cos(2 * Math.PI * (yearShare - 0.95)))
}
