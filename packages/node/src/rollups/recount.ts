import { BUILT_IN_EVENTS, type StoredEvent } from '@analytics/protocol'
import { compareText } from '@analytics/protocol/filter'
import { SERVER_SESSION } from '../sessions/session.js'
import type { UserMetrics } from './rollup.js'

/** The category whose labels are features; of the tracker's `feature_usage` events it is the default. */
export const FEATURE_CATEGORY = 'feature_usage'

/** What metrics are made of: these columns of an event, and the person it belongs to. */
export interface CountedEvent
  extends Pick<
    StoredEvent,
    | 'eventTimestamp'
    | 'eventType'
    | 'eventCategory'
    | 'eventAction'
    | 'eventLabel'
    | 'eventValue'
    | 'sessionId'
    | 'pageUrl'
  > {
  person: number
}

/** The columns of a scan that {@link CountedEvent} needs beside time and person. */
export const COUNTED_COLUMNS = [
  'eventType',
  'eventCategory',
  'eventAction',
  'eventLabel',
  'eventValue',
  'sessionId',
  'pageUrl',
] as const

/** Metrics before the ids of their person are looked up. */
export type PersonMetrics = Omit<UserMetrics, 'userId' | 'anonymousId'>

/** Counts events of one bucket, in any order. Memory grows with the people of the bucket, not with its events. */
export interface Recount {
  add(event: CountedEvent): void
  /** One row a person, in order of their numbers. */
  rows(): PersonMetrics[]
}

interface Tally {
  events: number
  sessions: Map<string, { first: number; last: number }>
  pageViews: number
  pages: Set<string>
  actions: Map<string, number>
  features: Set<string>
  loads: number
  loadSum: number
  errors: number
}

/** The meaning of the metrics, event by event: stores compute the same in SQL, and buckets that they don't have pass here. */
export function recount(bucketStart: number): Recount {
  const people = new Map<number, Tally>()
  return {
    add(event) {
      const tally = people.get(event.person) ?? emptyTally()
      people.set(event.person, tally)
      count(tally, event)
    },
    rows: () =>
      [...people]
        .sort(([a], [b]) => a - b)
        .map(([person, tally]) => ({ bucket: bucketStart, person, ...totals(tally) })),
  }
}

function emptyTally(): Tally {
  return {
    events: 0,
    sessions: new Map(),
    pageViews: 0,
    pages: new Set(),
    actions: new Map(),
    features: new Set(),
    loads: 0,
    loadSum: 0,
    errors: 0,
  }
}

function count(tally: Tally, event: CountedEvent): void {
  tally.events++
  if (event.sessionId !== SERVER_SESSION) {
    const session = tally.sessions.get(event.sessionId)
    const { eventTimestamp: time } = event
    if (!session) tally.sessions.set(event.sessionId, { first: time, last: time })
    else {
      session.first = Math.min(session.first, time)
      session.last = Math.max(session.last, time)
    }
  }
  if (event.eventType === BUILT_IN_EVENTS.pageView) {
    tally.pageViews++
    if (event.pageUrl !== null) tally.pages.add(event.pageUrl)
  }
  if (event.eventAction !== null) tally.actions.set(event.eventAction, (tally.actions.get(event.eventAction) ?? 0) + 1)
  if (event.eventCategory === FEATURE_CATEGORY && event.eventLabel !== null) tally.features.add(event.eventLabel)
  if (event.eventType === BUILT_IN_EVENTS.pageLoad && event.eventValue !== null) {
    tally.loads++
    tally.loadSum += event.eventValue
  }
  if (event.eventType === BUILT_IN_EVENTS.error) tally.errors++
}

function totals(tally: Tally): Omit<PersonMetrics, 'bucket' | 'person'> {
  const durationMs = [...tally.sessions.values()].reduce((sum, { first, last }) => sum + last - first, 0)
  return {
    totalEvents: tally.events,
    totalSessions: tally.sessions.size,
    totalDurationSeconds: durationMs / 1000,
    pageViews: tally.pageViews,
    uniquePages: tally.pages.size,
    actionsPerformed: Object.fromEntries([...tally.actions].sort(([a], [b]) => compareText(a, b))),
    featuresUsed: [...tally.features].sort(compareText),
    avgPageLoadTime: tally.loads === 0 ? null : tally.loadSum / tally.loads,
    errorCount: tally.errors,
  }
}
