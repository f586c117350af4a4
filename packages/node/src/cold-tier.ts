import type { ColdDay, ColdView } from '@analytics/protocol'

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
  status(): Promise<{ days: readonly ColdDay[] }>
}
