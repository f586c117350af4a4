import type { Scalar } from './json.js'
import type { Filter } from './queries/base.js'

/**
 * The environment's AbortSignal. This package is compiled without the types of any environment, so the type is looked up where
 * it is used; both browsers and Node have it.
 */
export type Signal = typeof globalThis extends { AbortSignal: { prototype: infer Standard } }
  ? Standard
  : { readonly aborted: boolean }

/** Which events count as one step or metric. */
export interface EventMatch {
  /** Any of these types; absent means every type. */
  eventTypes?: readonly string[]
  where?: Filter
}

/**
 * The one narrow read that analyses are built on, the same for a hot store and a segment.
 * A row is returned when `where` holds and at least one of `matches` does.
 */
export interface ScanRequest {
  /** UTC milliseconds, inclusive. */
  from: number
  /** UTC milliseconds, exclusive. */
  to: number
  /** 1 to 32 of them; match i sets bit i of `EventBatch.matches`. */
  matches: readonly EventMatch[]
  where?: Filter
  /** Further columns: names of event columns, or `properties.path`. */
  columns?: readonly string[]
  /**
   * Where intervals begin, UTC milliseconds, ascending, for who wants to know no more than how often people did what in each. The events
   * of a person in an interval that fit the same matches, and have the same in each of the columns, may then come as one row, at any
   * instant of the interval within the range, with `counts`. A source that can't do so gives each event.
   */
  intervals?: Float64Array
  signal?: Signal
}

/** Rows of a scan as columns, in order of time. Valid until the next batch is asked for. */
export interface EventBatch {
  length: number
  /** UTC milliseconds. */
  time: Float64Array
  /** The store's number of the event's own id; a merged visitor's number is translated by `People.canonical`. */
  person: Int32Array
  /** Bit i is set when `matches[i]` of the request holds. */
  matches: Uint32Array
  /** How many events each row stands for, where a request with `intervals` had some joined. @default one each */
  counts?: Uint32Array
  /** Each column that the request named. */
  columns: Readonly<Record<string, ScanColumn>>
}

/** A column of a batch. A value costs something when it is asked for, hence only those of rows that need it. */
export interface ScanColumn {
  /** The value of a row, from 0 on; null or undefined where there is none. */
  at(row: number): Scalar | undefined
  /** The same by numbers, where a source tells each different value once for many batches, which then share `values`. */
  numbered?: {
    /** By number; null where there is none. Several may be the same. */
    values: readonly Scalar[]
    /** The number of each row's value. */
    numbers: Uint32Array
  }
}

/** A read of whole events, oldest or newest first, for timelines, exports and moves. */
export interface EventsRequest {
  /** UTC milliseconds, inclusive. */
  from: number
  /** UTC milliseconds, exclusive. */
  to: number
  where?: Filter
  order?: 'asc' | 'desc'
  /** Continues behind this event, in the order asked for. */
  after?: EventPosition
  limit?: number
  signal?: Signal
}

/** A place in the total order of events: by time, then by id. */
export interface EventPosition {
  time: number
  eventId: string
}
