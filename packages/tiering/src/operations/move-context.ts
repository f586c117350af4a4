import type { Day } from '@analytics/protocol'
import type { TieringContext } from '../context.js'
import type { HeldLease } from './lease.js'

/** What a run is doing. */
export interface MoveProgress {
  day: Day
  step: 'seal' | 'write' | 'put' | 'verify' | 'commit' | 'drop' | 'archive' | 'expire' | 'compact' | 'erase' | 'done'
}

/** Why a day is left to a later run. */
export type Waiting = 'readers' | 'grace' | 'hold'

/**
 * Whether readers may still take the day from segments, who began before it was written down at `since` that these go: other processes are
 * given their time, those of this one are waited for.
 */
export async function waitForDayReaders(
  { readers, times, now, call }: MoveContext,
  day: Day,
  since: number,
): Promise<Waiting | undefined> {
  if (now() < since + times.readerGraceMs) return 'grace'
  return (await readers.left(day, times.readerWaitMs, call.signal)) ? undefined : 'readers'
}

/** The context of work under a lease. */
export function moveContext(
  context: TieringContext,
  lease: HeldLease,
  { signal, onProgress = () => {} }: { signal?: AbortSignal; onProgress?: (progress: MoveProgress) => void },
): MoveContext {
  return { ...context, cold: context.background, lease, call: signal ? { signal } : {}, onProgress }
}

/** What a move works with, beyond the context. */
export interface MoveContext extends TieringContext {
  lease: HeldLease
  call: { signal?: AbortSignal }
  onProgress(progress: MoveProgress): void
}
