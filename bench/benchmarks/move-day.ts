/** When the day that moves begins, UTC milliseconds. */
export const DAY_START: number = Date.parse('2026-11-01T00:00:00Z')

/** What a way took, told by its process. */
export interface Moved {
  ms: number
  /** The most that the process held, in MB. */
  peakMb: number
  bytes: number
}
