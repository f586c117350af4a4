import type {
  EventBatch,
  EventMatch,
  Filter,
  Metric,
  PeopleByKind,
  PeopleCell,
  Query,
  ResultOf,
  ScanRequest,
  Step,
} from '@analytics/protocol'
import type { z } from 'zod'
import type { HotStore, People } from '../store.js'
import { byPeople } from './by-people.js'
import type { PeopleSet } from './people-set.js'
import type { TierReader } from './tiers.js'
import type { ResolvedRange } from './time.js'

/** What an analysis works with. */
export interface AnalysisContext {
  store: HotStore
  /** Over the instants that the analysis reads. */
  reader: TierReader
  /** Of the query. */
  range: ResolvedRange
  /** The people of the query's cohort, where it has one: the reader knows of no others. */
  cohort: PeopleSet | undefined
  /** The metric that is defined under a name, the same each time it is asked for; undefined where there is none. */
  findMetric(name: string): Promise<Metric | undefined>
  signal: AbortSignal
  /** UTC milliseconds. */
  now: number
}

/** How one kind of query is answered. */
export interface Analysis<Q extends Query> {
  /** Checks a query that came from outside. */
  schema: z.ZodObject
  /** Whether it reads a page at most: without a cohort, it then neither waits for other queries nor is its answer kept. @default false */
  isLight?: true
  /** Whether its answers name people: then none is kept. @default false */
  namesPeople?: true
  /** The events of which instants decide its answers, UTC milliseconds. @default those of the range */
  reads?(query: Q, range: ResolvedRange): { from: number; to: number }
  /** Which of these instants are scanned, where the store tells the rest. @default all */
  scans?(query: Q, range: ResolvedRange, store: HotStore): Promise<{ from: number; to: number }>
  run(query: Q, context: AnalysisContext): Promise<ResultOf<Q>>
}

/** One of which the people behind each number of its answers can be listed. */
export type AnalysisOfPeople<Kind extends keyof PeopleByKind> = Analysis<PeopleByKind[Kind]['of']> & {
  /** Checks what names a number of an answer. */
  cell: z.ZodType<PeopleCell<Kind>>
  /**
   * The numbers of the people whom the machine of the answer has counted there, in any order, some perhaps several times.
   * @throws AnalyticsError `invalid_query` where no answer has such a number.
   */
  peopleIn(query: PeopleByKind[Kind]['of'], cell: PeopleCell<Kind>, context: AnalysisContext): Promise<Int32Array>
}

/** Days are four-digit years: no event is older. */
export const EARLIEST: number = Date.parse('0001-01-02')

export const ANY_EVENT: Step = { event: '*' }

/** Which events count as a step. */
export function stepMatch({ event, where }: Step): EventMatch {
  return {
    ...(event === '*' ? {} : { eventTypes: typeof event === 'string' ? [event] : event }),
    ...(where ? { where } : {}),
  }
}

/**
 * Reads the rows that a query asks for into what consumes them.
 * @param people Where they are given, only each person's rows come in order of time, and by persons in place of ids: see {@link byPeople}.
 */
export async function feed(
  machine: { push(batch: EventBatch): void },
  { reader, signal }: Pick<AnalysisContext, 'reader' | 'signal'>,
  request: Pick<ScanRequest, 'matches' | 'columns' | 'where' | 'intervals'>,
  people?: People,
): Promise<void> {
  const rows = reader.scan({ ...request, signal })
  for await (const batch of people ? byPeople(rows, people) : rows) machine.push(batch)
}

/** The optional condition of a query. */
export const whereOf = ({ where }: { where?: Filter }): { where?: Filter } => (where ? { where } : {})
