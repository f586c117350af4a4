import type { Day } from '@analytics/protocol'

/** Days to restore: those that lie in part in the range, UTC milliseconds, `from` inclusive, `to` exclusive. */
export interface RestoreRange {
  from: number
  to: number
}

/** A restore and how far it is. */
export interface RestoreStatus {
  id: string
  range: RestoreRange
  hours: number
  /** UTC milliseconds. */
  requestedAt: number
  /** `ready`: every object can be read. `expired`: some were, and have closed again. */
  state: 'restoring' | 'ready' | 'expired'
  days: readonly Day[]
  objects: number
  /** Objects that can be read now. */
  readable: number
  bytes: number
  /** When all can be read, at the latest, UTC milliseconds. */
  readyBy: number
  /** Until when all can be read; missing while some can't. */
  readableUntil?: number
}
