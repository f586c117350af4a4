import type {
  ColdDay,
  ColdView,
  Duration,
  ErasureProgress,
  RestoreProgress,
  SignedReceipt,
  Subject,
} from '@analytics/protocol'

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
  /**
   * Does an operation by its name, such as `plan` or `hold add`; the routes below `/tiers` do no more than call it. Its input is as it
   * came, unchecked.
   */
  perform(
    operation: string,
    input: unknown,
    options: { signal: AbortSignal; onProgress?: (progress: unknown) => void },
  ): Promise<unknown>
  /** Moves what is due. */
  run(options?: TieringRunOptions): Promise<unknown>
  /** Makes one segment of the several that late events have left of a day. */
  compact?(options?: TieringRunOptions): Promise<unknown>
  /** Brings what is due to the archive tier; with `onlyBegun` only what was on its way before. */
  archive?(options?: TieringRunOptions & { onlyBegun?: boolean }): Promise<unknown>
  /** Deletes what has passed the age of the tier manager's policy; with `dryRun` it only tells. */
  expire?(options: TieringRunOptions & { dryRun: boolean }): Promise<unknown>
  /** Finds objects that the catalog doesn't know, and deletes those that are old enough; with `dryRun` it only tells. */
  gc?(options: TieringRunOptions & { dryRun: boolean }): Promise<{ orphans: readonly { state: string }[] }>
  /** Makes archived days readable for a while. */
  readonly restore?: {
    /** Asks for the archived days of the range, UTC milliseconds; asked again, it tells how far they are. */
    request(range: { from: number; to: number }): Promise<RestoreProgress>
    /** Looks at every restore that has not ended, and tells the host of those that are ready. */
    refresh?(options?: TieringRunOptions): Promise<readonly { state: string }[]>
  }
  /** Takes people out of the hot store and of segments in every tier. */
  readonly erase?: {
    /** Writes it down and deletes what the hot store has; readers see nothing more of the person in segments. */
    request(subject: Subject, options?: { within?: Duration }): Promise<{ id: string }>
    /** Works on every erasure that is not complete. */
    run(options?: TieringRunOptions): Promise<unknown>
    /** How far one is. */
    status(id: string): Promise<ErasureProgress>
    /** What a complete one did. */
    receipt(id: string): Promise<SignedReceipt>
  }
  /** Every day by tier. */
  status(): Promise<{ days: readonly ColdDay[] }>
}
