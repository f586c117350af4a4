import type { ErrorCode } from './errors.js'
import type { StoredEvent } from './event.js'
import type { Query } from './query.js'

/** What became of one event of a batch. */
export type EventStatus = 'accepted' | 'duplicate' | 'rejected' | 'dropped' | 'retry'

/** The answer for one event of a batch, in the batch's order. */
export interface EventResult {
  index: number
  eventId: string | null
  status: EventStatus
  code?: ErrorCode
  field?: string
  message?: string
}

/** The answer to a batch. With status 200 the counts alone; with 207 each event's fate as well. */
export interface BatchResult {
  accepted: number
  duplicates: number
  rejected?: number
  dropped?: number
  retry?: number
  results?: EventResult[]
}

/** The body of every HTTP error. */
export interface ErrorBody {
  error: {
    code: ErrorCode
    message: string
    requestId: string
    field?: string
    details?: Readonly<Record<string, unknown>>
  }
}

/** An event in a query's answer: as stored, its instants as ISO text. */
export type EventRow = Omit<StoredEvent, 'eventTimestamp' | 'receivedTimestamp' | 'processingTimestamp'> & {
  eventTimestamp: string
  receivedTimestamp: string
  processingTimestamp: string
}

/** Answer of an `EventsQuery`. */
export interface EventsResult {
  events: EventRow[]
  /** Present where more may follow. */
  nextCursor?: string
}

/** One step of a funnel's answer. */
export interface FunnelStepResult {
  name: string
  /** People who did the step on their deepest attempt. */
  users: number
  /** Share of the people of the first step, 0 to 1; null where there are none. */
  fromStart: number | null
  /** Share of the people of the step before that is not optional, 0 to 1; null where there are none. */
  fromPrevious: number | null
  /** Seconds from the step before that is not optional, over the people who did both; null at the first and at optional steps, and where there are none. */
  averageSeconds: number | null
  medianSeconds: number | null
}

/** Answer of a `FunnelQuery`. */
export interface FunnelResult {
  steps: FunnelStepResult[]
  /** Where it was asked for. */
  histogram?: FunnelHistogram
}

/** How long people took from one step to another. */
export interface FunnelHistogram {
  fromStep: number
  toStep: number
  /** Null where nobody reached the step. */
  averageSeconds: number | null
  /** Of equal width, the shortest first: how many took from `fromSeconds` on, up to where the next one begins. */
  bins: { fromSeconds: number; users: number }[]
}

/** One point of a series. */
export interface TrendPoint {
  /** Start of the interval, ISO with the offset of the query's time zone. */
  start: string
  /** Null where an aggregate of nothing has no value, such as an average. */
  value: number | null
  /** False while the interval is not over. */
  complete: boolean
}

/** Answer of a `TrendQuery`. */
export interface TrendResult {
  series: { metric: string; points: TrendPoint[] }[]
}

/** People who did the start event in the same interval. */
export interface RetentionCohort {
  /** Start of the interval, ISO with the offset of the query's time zone. */
  start: string
  size: number
  /** At 0 the size, at k those who came back in period k. */
  users: number[]
  /** Shares, 0 to 1; null where there is nobody to be a share of. */
  rates: (number | null)[]
  /** False where a period is not over, or lies behind the range: nobody could come back in it. */
  complete: boolean[]
}

/** Answer of a `RetentionQuery`. */
export interface RetentionResult {
  cohorts: RetentionCohort[]
  /** By period, of all people whose cohort is complete there; null where there are none. */
  average: (number | null)[]
}

/** One interval of a lifecycle. */
export interface LifecycleRow {
  /** Start of the interval, ISO with the offset of the query's time zone. */
  start: string
  /** People whose first event ever is in the interval. */
  new: number
  /** Active in this interval and the one before. */
  returning: number
  /** Active in this interval and some time ago, but not in the one before. */
  resurrecting: number
  /** Active in the interval before and not in this one, as a negative number. */
  dormant: number
  /** False while the interval is not over. */
  complete: boolean
}

/** Answer of a `LifecycleQuery`. */
export interface LifecycleResult {
  rows: LifecycleRow[]
}

/** Answer of a `StickinessQuery`. */
export interface StickinessResult {
  /** From 1 interval up to all of them: how many people were active in exactly so many. */
  rows: { intervals: number; users: number }[]
}

/** Answer of an `ActiveUsersQuery`. */
export interface ActiveUsersResult {
  /** One for each day of the range. */
  points: { start: string; users: number; complete: boolean }[]
}

/** A step at its place in the journeys. */
export interface JourneyNode {
  /** `step` and `label`, such as `2_/pricing`. */
  id: string
  /** From 1. */
  step: number
  label: string
  sessions: number
  /** People of these sessions, each once. */
  users: number
  /** Sessions whose journey ends here, be it that the query looks no further. */
  dropOff: number
}

/** Two steps that follow each other. */
export interface JourneyLink {
  /** Ids of nodes. */
  source: string
  target: string
  /** Sessions that took it. */
  value: number
  /** Mean time from one step to the other. */
  averageSeconds: number
}

/**
 * Answer of a `JourneysQuery`. The numbers of a node are those of all its sessions, also where some of its links are not among the most
 * taken. A link that no journey's first step leads to by other links, and a node without a link, are left out.
 */
export interface JourneysResult {
  /** By step, then by sessions, the most first. */
  nodes: JourneyNode[]
  /** By value, the highest first, then by the text of `source` and `target`. */
  links: JourneyLink[]
}

/** Which tiers an answer was read from, and whether it is whole. */
export interface QueryMeta {
  timeZone: string
  tiersRead: {
    /** Rows that the hot store returned. */
    hot: { rows: number }
    /** Segments read from object storage, their bytes, and the requests made for them. */
    cold: { segments: number; bytes: number; requests: number }
    /** Segments that lie in the archive tier and could not be read. */
    archived: { segments: number }
  }
  /** False where something that was asked for could not be read: `missing` tells what. */
  complete: boolean
  missing?: { from: string; to: string; reason: 'archived' }[]
  /** Until when the answer can still change: an interval or a conversion window that is not over. */
  openUntil?: string
  durationMs: number
  /** Changes when the meaning of an analysis does. */
  semanticsVersion: number
}

/** Results by the kind of their query. */
export interface ResultsByKind {
  events: EventsResult
  funnel: FunnelResult
  trend: TrendResult
  retention: RetentionResult
  lifecycle: LifecycleResult
  stickiness: StickinessResult
  'active-users': ActiveUsersResult
  journeys: JourneysResult
}

/** The result that goes with a query. */
export type ResultOf<Q extends Query> = ResultsByKind[Q['kind']]

/** The answer to a query. */
export interface QueryAnswer<Q extends Query = Query> {
  result: ResultOf<Q>
  meta: QueryMeta
}

/** What is going on now. People are counted once, whatever they did. */
export interface RealtimeSummary {
  /** When the summary was made, ISO. */
  at: string
  activeUsers: { last5Minutes: number; last30Minutes: number }
  /** Mean over the last minute. */
  eventsPerSecond: number
  /** Most viewed pages of the last 30 minutes. */
  topPages: { page: string; views: number; users: number }[]
  /** Errors of the last 30 minutes. */
  errors: number
}
