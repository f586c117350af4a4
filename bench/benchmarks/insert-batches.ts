/** Events a commit. */
export const BATCH = 500

/** Batches of one run. */
export const BATCHES = 120

/** One event in so many was sent before. */
export const DUPLICATE_EVERY = 50

/** When the events that are inserted begin; those that are there lie in the 30 days before. */
export const START: number = Date.parse('2026-11-01T00:00:00Z')

/** From one event to the next: 20 events a second, so that visits go on from batch to batch. */
export const STEP_MS = 50

/** What a way took, told by its process. */
export interface Inserted {
  /** Rows a second of each run. */
  speeds: number[]
  /** The most that the process held, in MB. */
  peakMb: number
}
