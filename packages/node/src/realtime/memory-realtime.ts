import { BUILT_IN_EVENTS, type RealtimeSummary, type StoredEvent } from '@analytics/protocol'
import type { Realtime } from './realtime.js'
import { secondCounts } from './second-counts.js'

const MINUTE_MS = 60_000
const SHORT_MS = 5 * MINUTE_MS
const LONG_MS = 30 * MINUTE_MS
/** People who are remembered: those seen longest ago go first. */
const MAX_PEOPLE = 100_000
/** Distinct pages remembered a minute: beyond that, new ones are not told apart. */
const MAX_PAGES = 10_000
const TOP_PAGES = 10

/** The views of one minute, by page. */
interface Minute {
  start: number
  pages: Map<string, { views: number; people: Set<string> }>
}

/**
 * The last 30 minutes in memory, by the time of the event: events and errors by the second, people by when they were last seen, pages by
 * the minute. Bounded, whatever comes in.
 */
export function memoryRealtime(now: () => number): Realtime {
  const seconds = LONG_MS / 1000
  const events = secondCounts(seconds)
  const errors = secondCounts(seconds)
  /** When each person was last seen, those longest ago first. */
  const people = new Map<string, number>()
  /** Whose anonymous ids these are. */
  const owners = new Map<string, string>()
  let minutes: Minute[] = []

  const personOf = ({ userId, anonymousId }: StoredEvent): string => {
    if (anonymousId === null) return `u${userId}`
    // The first link wins, as in the store.
    if (userId !== null && !owners.has(anonymousId)) link(anonymousId, userId)
    const owner = userId ?? owners.get(anonymousId)
    return owner === undefined ? `a${anonymousId}` : `u${owner}`
  }

  /** A visitor is known now: who was there before is the same person. */
  const link = (anonymousId: string, userId: string) => {
    bounded(owners).set(anonymousId, userId)
    const seen = people.get(`a${anonymousId}`)
    if (seen === undefined) return
    people.delete(`a${anonymousId}`)
    see(`u${userId}`, seen)
  }

  const see = (person: string, at: number) => {
    const last = Math.max(at, people.get(person) ?? 0)
    people.delete(person)
    bounded(people).set(person, last)
  }

  const view = (page: string, person: string, at: number) => {
    const start = Math.floor(at / MINUTE_MS) * MINUTE_MS
    let minute = minutes.find((one) => one.start === start)
    if (!minute) {
      minute = { start, pages: new Map() }
      minutes = [...minutes.filter((one) => one.start > now() - LONG_MS), minute]
    }
    const known = minute.pages.get(page)
    if (known) {
      known.views++
      if (known.people.size < MAX_PEOPLE) known.people.add(person)
    } else if (minute.pages.size < MAX_PAGES) minute.pages.set(page, { views: 1, people: new Set([person]) })
  }

  const activeSince = (since: number): number => {
    let count = 0
    for (const last of people.values()) if (last > since) count++
    return count
  }

  return {
    record(stored) {
      const at = now()
      for (const event of stored) {
        // Imported and long delayed events are stored now, but did not happen now; clocks may be ahead.
        const time = Math.min(event.eventTimestamp, at)
        if (time <= at - LONG_MS) continue
        const person = personOf(event)
        see(person, time)
        events.add(time)
        if (event.eventType === BUILT_IN_EVENTS.error) errors.add(time)
        if (event.eventType === BUILT_IN_EVENTS.pageView && event.pageUrl !== null) view(event.pageUrl, person, time)
      }
    },

    summary() {
      const at = now()
      const perSecond = (ms: number): number => events.sum(at, ms) / (ms / 1000)
      return {
        at: new Date(at).toISOString(),
        activeUsers: { last5Minutes: activeSince(at - SHORT_MS), last30Minutes: activeSince(at - LONG_MS) },
        eventsPerSecond: {
          lastMinute: perSecond(MINUTE_MS),
          last5Minutes: perSecond(SHORT_MS),
          last30Minutes: perSecond(LONG_MS),
        },
        topPages: topPages(minutes.filter(({ start }) => start > at - LONG_MS)),
        errors: { last5Minutes: errors.sum(at, SHORT_MS), last30Minutes: errors.sum(at, LONG_MS) },
      }
    },
  }
}

/** Makes room for one more: what was set longest ago goes. */
function bounded<Value>(map: Map<string, Value>): Map<string, Value> {
  if (map.size >= MAX_PEOPLE) map.delete(map.keys().next().value!)
  return map
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
