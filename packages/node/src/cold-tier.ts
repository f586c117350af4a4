import type { Day, EventBatch, EventsRequest, ScanRequest, Seal, StoredEvent } from '@analytics/protocol'

/** One day as the catalog has it, for people to look at. */
export interface TierDay {
  day: Day
  state: string
  rows: number
  /** Bytes in object storage. */
  bytes: number
  segments: number
}

/** What was read from object storage through a view. */
export interface ColdReadStats {
  segments: number
  bytes: number
  requests: number
}

/**
 * The catalog as it is at one moment. While a view is open, the hot rows that it counts on are not dropped.
 * Everything read through it adds up with the hot rows outside `seals`: each event lies on exactly one side.
 */
export interface ColdView {
  /** Days of the range with committed segments, oldest first. */
  readonly days: readonly TierDay[]
  /** Days of the range whose segments must be restored before they can be read. */
  readonly archivedDays: readonly TierDay[]
  /** Hot rows that committed segments stand for; a reader of the hot store leaves them out. */
  readonly seals: readonly Seal[]
  /**
   * The narrow read of one day, in order of time, people numbered as in the hot store. `hot` are the day's rows that the hot
   * store still has, late arrivals: they are merged in.
   */
  scan(day: Day, request: ScanRequest, hot?: AsyncIterable<EventBatch>): AsyncIterable<EventBatch>
  /** Whole events of one day in the order asked for, those of `hot` merged in. */
  readEvents(
    day: Day,
    request: EventsRequest,
    hot?: AsyncIterable<readonly StoredEvent[]>,
  ): AsyncIterable<readonly StoredEvent[]>
  /** What was read through this view so far. */
  stats(): ColdReadStats
  /** Must be called when reading is over, also after an error. */
  release(): void
}

/** Options of a run of the tier manager. */
export interface TieringRunOptions {
  signal?: AbortSignal
}

/** The slice of `@analytics/tiering` that the server uses; `createTiering` returns one. */
export interface ColdTier {
  /**
   * Opens the catalog for reading.
   * @param range UTC milliseconds, `from` inclusive, `to` exclusive.
   */
  openView(range: { from: number; to: number }): Promise<ColdView>
  /** What would move, and why. */
  plan(): Promise<unknown>
  /** Moves what is due. */
  run(options?: TieringRunOptions): Promise<unknown>
  /** Every day by tier. */
  status(): Promise<{ days: readonly TierDay[] }>
}
