import type {
  ActiveUsersQuery,
  ActiveUsersResult,
  LifecycleQuery,
  LifecycleResult,
  StickinessQuery,
  StickinessResult,
} from './queries/activity.js'
import type { CohortQuery, CohortResult } from './queries/cohort.js'
import type { ErrorsQuery, ErrorsResult } from './queries/errors.js'
import type { EventsQuery, EventsResult } from './queries/events.js'
import type { FunnelQuery, FunnelResult } from './queries/funnel.js'
import type { JourneysQuery, JourneysResult } from './queries/journeys.js'
import type { PeopleQuery, PeopleResult } from './queries/people.js'
import type { PerformanceQuery, PerformanceResult } from './queries/performance.js'
import type { RetentionQuery, RetentionResult } from './queries/retention.js'
import type { SessionsQuery, SessionsResult } from './queries/sessions.js'
import type { TrendQuery, TrendResult } from './queries/trend.js'

/** A question, told apart by `kind`. */
export type Query =
  | EventsQuery
  | FunnelQuery
  | TrendQuery
  | RetentionQuery
  | LifecycleQuery
  | StickinessQuery
  | ActiveUsersQuery
  | JourneysQuery
  | SessionsQuery
  | PerformanceQuery
  | ErrorsQuery
  | CohortQuery
  | PeopleQuery

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
  sessions: SessionsResult
  performance: PerformanceResult
  errors: ErrorsResult
  cohort: CohortResult
  people: PeopleResult
}

/** The result that goes with a query. */
export type ResultOf<Q extends Query> = ResultsByKind[Q['kind']]

/** A definition that was stored under a name, in the version that an answer was made with. */
export interface UsedDefinition {
  kind: 'metric' | 'cohort'
  name: string
  version: number
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
    /** Rows that were in memory since an earlier question; absent where there are none. */
    memory?: { rows: number }
  }
  /** False where something that was asked for could not be read: `missing` tells what. */
  complete: boolean
  missing?: { from: string; to: string; reason: 'archived' }[]
  /** Until when the answer can still change: an interval or a conversion window that is not over. */
  openUntil?: string
  /** Present where the query names any that are stored. */
  definitions?: UsedDefinition[]
  durationMs: number
  /** The answer was made for the same query before, and nothing that it depends on has changed since. */
  cached?: true
  /** Changes when the meaning of an analysis does. */
  semanticsVersion: number
}

/** The answer to a query. */
export interface QueryAnswer<Q extends Query = Query> {
  result: ResultOf<Q>
  meta: QueryMeta
}
