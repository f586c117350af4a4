import type { RealtimeSummary, StoredEvent } from '@analytics/protocol'

/**
 * What is going on now. A process keeps it in memory, of what it stored itself; several processes need one that they share.
 */
export interface Realtime {
  /** Told of events right after they were stored, in no particular order, some more than once after a failure. */
  record(events: readonly StoredEvent[]): void | Promise<void>
  /** What happened lately, `record` of two seconds ago included. */
  summary(): RealtimeSummary | Promise<RealtimeSummary>
}
