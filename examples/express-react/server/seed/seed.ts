import type { ImportEvent, ImportResult } from '@analytics/node'
import { DAY_MS } from '@analytics/protocol'
import type { App } from '../app.js'
import type { Clock } from '../clock.js'
import { shopHistory } from './history.js'

/** Options of {@link seed}. */
export interface SeedOptions {
  /** Whole days before today; today is filled up to now. */
  days: number
  now: Clock
  signal?: AbortSignal
  /** Told how many of the days are done, today included. */
  onProgress?: (done: number, total: number) => void
}

/**
 * Fills the days before today with believable visits. Done again, or over a part of the same days, it adds only what is not
 * there: each event has the same id every time.
 */
export async function seed({ analytics, tiering }: App, options: SeedOptions): Promise<ImportResult> {
  const { days, now, signal, onProgress } = options
  const to = now()
  const from = Math.floor(to / DAY_MS) * DAY_MS - days * DAY_MS
  // A day that moved to cold storage is whole, and the store that would know its ids no longer has them.
  const status = await tiering.status()
  const moved = new Set(status.days.filter(({ segments }) => segments > 0).map(({ day }) => day))

  function* missingEvents(): Generator<ImportEvent> {
    let done = 0
    for (const { day, events } of shopHistory({ from, to })) {
      if (!moved.has(day)) yield* events
      onProgress?.(++done, days + 1)
    }
  }
  return analytics.import(missingEvents(), signal ? { signal } : {})
}
