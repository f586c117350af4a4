import { BUILT_IN_EVENTS, type JsonObject, type StoredEvent } from '@analytics/protocol'
import { compareText } from '@analytics/protocol/filter'

/** The session id of events that a server tracks without naming one. They are no visit and make no session. */
export const SERVER_SESSION = 'server'

/**
 * A visit of one person, as far as its events say. Sessions are kept under the session id and the number of the event's own
 * id: where a visitor identifies during a visit there is one for each id, and readers merge those of one person.
 */
export interface StoredSession {
  sessionId: string
  /** Number of the event's own id; `People.canonical` tells whose it is. */
  person: number
  userId: string | null
  anonymousId: string | null
  /** Time of the first event, UTC milliseconds. */
  startedAt: number
  /** Time of the last event. */
  endedAt: number
  eventCount: number
  /** Number of page views. */
  pageCount: number
  /** The page of the first page view. */
  entryPage: string | null
  entryAt: number | null
  /** The page of the last page view. */
  exitPage: string | null
  exitAt: number | null
  /** Device, browser and operating system of the first event, without what is unknown. */
  device: JsonObject
  /** Country of the first event, where it is known. */
  geo: JsonObject
  /** How often each conversion happened, by event type. */
  conversions: Readonly<Record<string, number>>
  /** Sum of the values of its conversions. */
  value: number
}

/** The name under which the pipeline marks events whose definition says `conversion`. */
export const CONVERSION_PROPERTY = '$conversion'

/** The sessions that these events make by themselves, in order of their keys. */
export function sessionsOf(events: readonly StoredEvent[], people: Int32Array): StoredSession[] {
  const sessions = new Map<string, StoredSession>()
  events.forEach((event, i) => {
    if (event.sessionId === SERVER_SESSION) return
    const one = sessionOf(event, people[i]!)
    const key = sessionKey(one)
    const known = sessions.get(key)
    sessions.set(key, known ? mergeSessions(known, one) : one)
  })
  // A fixed order, so that two writers never wait for each other's rows.
  return [...sessions].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, session]) => session)
}

/** What tells sessions apart. */
export function sessionKey({ sessionId, person }: Pick<StoredSession, 'sessionId' | 'person'>): string {
  return `${sessionId}\n${person}`
}

function sessionOf(event: StoredEvent, person: number): StoredSession {
  const time = event.eventTimestamp
  const isPageView = event.eventType === BUILT_IN_EVENTS.pageView
  const page = isPageView && event.pageUrl !== null ? { url: event.pageUrl, at: time } : { url: null, at: null }
  const isConversion = event.properties?.[CONVERSION_PROPERTY] === true
  return {
    sessionId: event.sessionId,
    person,
    userId: event.userId,
    anonymousId: event.anonymousId,
    startedAt: time,
    endedAt: time,
    eventCount: 1,
    pageCount: isPageView ? 1 : 0,
    entryPage: page.url,
    entryAt: page.at,
    exitPage: page.url,
    exitAt: page.at,
    device: known({ deviceType: event.deviceType, browser: event.browser, os: event.os }),
    geo: known({ country: event.country }),
    conversions: isConversion ? { [event.eventType]: 1 } : {},
    value: isConversion ? (event.eventValue ?? 0) : 0,
  }
}

function known(facts: Readonly<Record<string, string | null>>): JsonObject {
  return Object.fromEntries(Object.entries(facts).filter(([, fact]) => fact !== null))
}

/**
 * Two parts of one session as one. The order of parts makes no difference, so that late events and events that several
 * processes store at once end in the same session.
 */
export function mergeSessions(a: StoredSession, b: StoredSession): StoredSession {
  const first = isBefore(a.startedAt, textOf(a), b.startedAt, textOf(b)) ? a : b
  const entry = earlierPage(pageOf(a.entryPage, a.entryAt), pageOf(b.entryPage, b.entryAt), true)
  const exit = earlierPage(pageOf(a.exitPage, a.exitAt), pageOf(b.exitPage, b.exitAt), false)
  return {
    ...first,
    userId: a.userId ?? b.userId,
    anonymousId: firstText(a.anonymousId, b.anonymousId),
    startedAt: Math.min(a.startedAt, b.startedAt),
    endedAt: Math.max(a.endedAt, b.endedAt),
    eventCount: a.eventCount + b.eventCount,
    pageCount: a.pageCount + b.pageCount,
    entryPage: entry?.url ?? null,
    entryAt: entry?.at ?? null,
    exitPage: exit?.url ?? null,
    exitAt: exit?.at ?? null,
    conversions: addCounts(a.conversions, b.conversions),
    value: a.value + b.value,
  }
}

interface Page {
  url: string
  at: number
}

const pageOf = (url: string | null, at: number | null): Page | undefined =>
  url === null || at === null ? undefined : { url, at }

function earlierPage(a: Page | undefined, b: Page | undefined, wantsEarlier: boolean): Page | undefined {
  if (!a || !b) return a ?? b
  return isBefore(a.at, a.url, b.at, b.url) === wantsEarlier ? a : b
}

/** Text decides between equal times, so that the order of parts doesn't. */
function isBefore(atA: number, textA: string, atB: number, textB: string): boolean {
  return atA === atB ? compareText(textA, textB) <= 0 : atA < atB
}

/** The names in an order of their own: a database may have stored them in another. */
const textOf = ({ device: { deviceType, browser, os }, geo: { country } }: StoredSession): string =>
  JSON.stringify([{ deviceType, browser, os }, { country }])

/** A person may use several devices in one session id only if ids are forged; any rule that ignores order will do. */
const firstText = (a: string | null, b: string | null): string | null =>
  a === null ? b : b === null || compareText(a, b) <= 0 ? a : b

function addCounts(a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): Record<string, number> {
  const sum = new Map(Object.entries(a))
  for (const [name, count] of Object.entries(b)) sum.set(name, (sum.get(name) ?? 0) + count)
  return Object.fromEntries([...sum].sort(([x], [y]) => (x < y ? -1 : 1)))
}
