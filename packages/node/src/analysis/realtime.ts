import { BUILT_IN_EVENTS, type RealtimeSummary, type StoredEvent } from '@analytics/protocol'

const MINUTE_MS = 60_000
const WINDOW_MINUTES = 30
/** Distinct pages and people remembered a minute: beyond that, new ones are not told apart. */
const MAX_DISTINCT = 10_000
const TOP_PAGES = 10

interface Minute {
  start: number
  events: number
  errors: number
  people: Set<string>
  pages: Map<string, { views: number; people: Set<string> }>
}

/** What is going on now, from the events that this process stored, in memory bounded by minutes and distinct values. */
export interface Realtime {
  record(events: readonly StoredEvent[]): void
  summary(): RealtimeSummary
}

/** Keeps the last 30 minutes by the minute of receipt. */
export function realtime(now: () => number): Realtime {
  let minutes: Minute[] = []

  const current = (): Minute => {
    const start = Math.floor(now() / MINUTE_MS) * MINUTE_MS
    const last = minutes.at(-1)
    if (last && last.start >= start) return last
    const minute: Minute = { start, events: 0, errors: 0, people: new Set(), pages: new Map() }
    minutes = [...minutes.filter((one) => one.start > start - WINDOW_MINUTES * MINUTE_MS), minute]
    return minute
  }
  const within = (count: number) => minutes.filter(({ start }) => start > now() - count * MINUTE_MS)

  return {
    record(events) {
      const minute = current()
      const earliest = now() - WINDOW_MINUTES * MINUTE_MS
      // Imported and long delayed events are stored now, but did not happen now.
      for (const event of events) if (event.eventTimestamp > earliest) count(minute, event)
    },
    summary() {
      const recent = within(WINDOW_MINUTES)
      const lastMinute = within(1)
      return {
        at: new Date(now()).toISOString(),
        activeUsers: { last5Minutes: distinctPeople(within(5)), last30Minutes: distinctPeople(recent) },
        eventsPerSecond: lastMinute.reduce((sum, { events }) => sum + events, 0) / 60,
        topPages: topPages(recent),
        errors: recent.reduce((sum, { errors }) => sum + errors, 0),
      }
    },
  }
}

function count(minute: Minute, event: StoredEvent): void {
  // An anonymous id stays the same before and after its visitor identifies: counted first, nobody counts twice.
  const person = event.anonymousId ?? event.userId ?? ''
  minute.events++
  if (event.eventType === BUILT_IN_EVENTS.error) minute.errors++
  if (minute.people.size < MAX_DISTINCT) minute.people.add(person)
  if (event.eventType !== BUILT_IN_EVENTS.pageView || event.pageUrl === null) return
  const page = minute.pages.get(event.pageUrl)
  if (page) {
    page.views++
    page.people.add(person)
  } else if (minute.pages.size < MAX_DISTINCT) {
    minute.pages.set(event.pageUrl, { views: 1, people: new Set([person]) })
  }
}

function distinctPeople(minutes: readonly Minute[]): number {
  return new Set(minutes.flatMap(({ people }) => [...people])).size
}

function topPages(minutes: readonly Minute[]): RealtimeSummary['topPages'] {
  const pages = new Map<string, { views: number; people: Set<string> }>()
  for (const minute of minutes) {
    for (const [page, { views, people }] of minute.pages) {
      const sum = pages.get(page) ?? { views: 0, people: new Set<string>() }
      sum.views += views
      for (const person of people) sum.people.add(person)
      pages.set(page, sum)
    }
  }
  return [...pages]
    .map(([page, { views, people }]) => ({ page, views, users: people.size }))
    .sort((a, b) => b.views - a.views || (a.page < b.page ? -1 : 1))
    .slice(0, TOP_PAGES)
}
