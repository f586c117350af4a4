import type { ActiveUsersQuery, LifecycleQuery, LifecycleRow, StickinessQuery } from './activity.js'
import type { CohortQuery } from './cohort.js'
import type { FunnelQuery } from './funnel.js'
import type { JourneysQuery } from './journeys.js'
import type { RetentionQuery } from './retention.js'

/** The people who reached a step of a funnel, or who did not go on to it. */
export interface FunnelCell {
  /** Index of the step. */
  step: number
  /** Whether it is those who did the step before that is not optional, and not this one. @default false */
  dropped?: boolean
  /** A value of the breakdown, or all those that have no group of their own. @default everybody */
  group?: string | { isOther: true }
}

/** The people of a cohort, or those of it who came back. */
export interface RetentionCell {
  /** `start` of the cohort. */
  cohort: string
  /** Index in `users`: 0 is the cohort itself. */
  period: number
}

/** The people of one number of a lifecycle. */
export interface LifecycleCell {
  /** `start` of the row. */
  start: string
  state: Exclude<keyof LifecycleRow, 'start' | 'complete'>
}

/** The people who were active in exactly so many intervals. */
export interface StickinessCell {
  intervals: number
}

/** The people who were active in the days that end with one. */
export interface ActiveUsersCell {
  /** `start` of the point. */
  start: string
}

/** The people of whom a session has a step, or goes from one step to another: ids of nodes. */
export type JourneysCell = { node: string } | { source: string; target: string }

/** The people of a cohort, which has one number: there is nothing to name. */
export type CohortCell = Readonly<Record<string, never>>

/** Which people can be listed: by the kind of query, the query and what names a number in its answer. */
export interface PeopleByKind {
  funnel: { of: FunnelQuery; cell: FunnelCell }
  retention: { of: RetentionQuery; cell: RetentionCell }
  lifecycle: { of: LifecycleQuery; cell: LifecycleCell }
  stickiness: { of: StickinessQuery; cell: StickinessCell }
  'active-users': { of: ActiveUsersQuery; cell: ActiveUsersCell }
  journeys: { of: JourneysQuery; cell: JourneysCell }
  cohort: { of: CohortQuery; cell: CohortCell }
}

/** What names a number in an answer. */
export type PeopleCell<Kind extends keyof PeopleByKind = keyof PeopleByKind> = PeopleByKind[Kind]['cell']

/**
 * The people behind a number of another query's answer, page by page. Each page asks that query anew; over HTTP it needs an admin key, and it
 * is audited, in process too.
 */
export type PeopleQuery = { [Kind in keyof PeopleByKind]: PeopleQueryOf<Kind> }[keyof PeopleByKind]

/** A {@link PeopleQuery} of one kind of query. */
export interface PeopleQueryOf<Kind extends keyof PeopleByKind> {
  kind: 'people'
  /** Whose answer it is; its range, tiers and time limit count. */
  of: PeopleByKind[Kind]['of']
  /** Which number of the answer. */
  cell: PeopleCell<Kind>
  /** 1 to 1,000. @default 100 */
  limit?: number
  /** `nextCursor` of the page before. */
  cursor?: string
}

/** Somebody who was counted. Of whom everything is forgotten but the events has no id at all. */
export interface CountedPerson {
  /** Null for a visitor who never identified. */
  userId: string | null
  /** Those that belong to the user, the oldest link first, or the visitor's own. Left out where there are none. */
  anonymousIds?: string[]
}

/** Answer of a `PeopleQuery`. */
export interface PeopleResult {
  /** A page of them, in an order that stays. */
  users: CountedPerson[]
  /** Of all pages: the number that the other answer has. Where that counts sessions or people several times, here each person counts once. */
  total: number
  /** Present where more follow. */
  nextCursor?: string
}
