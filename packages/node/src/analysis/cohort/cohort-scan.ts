import type { EventBatch, ScanRequest } from '@analytics/protocol'
import type { People } from '../../store.js'
import { EARLIEST } from '../analysis.js'
import type { PeopleSet } from '../people-set.js'
import type { CohortCondition } from './cohort-plan.js'

/** A scan that answers several conditions at once. */
export interface CohortScan {
  /** The first instant that it must read, UTC milliseconds. */
  from: number
  request: Pick<ScanRequest, 'matches' | 'columns' | 'intervals'>
  /** Takes rows in order of time. */
  push(batch: EventBatch): void
  /** Once all rows are there: of whom each of the conditions holds. */
  finish(): Iterable<[CohortCondition, PeopleSet]>
}

/** What scans go by. */
export interface CohortScanContext {
  /** The instant of the cohort, UTC milliseconds: what is at or after it doesn't count. */
  at: number
  people: People
}

/** Matches that one scan may have. */
export const MOST_MATCHES = 32

/** The first instant of a time that ends with the instant of the cohort. */
export function spanStart(at: number, withinMs: number | undefined): number {
  return Math.max(EARLIEST, at - (withinMs ?? Number.POSITIVE_INFINITY))
}
