import type { Day } from '@analytics/protocol'
import { throwIfAborted } from '../abort.js'
import type { TieringContext } from '../context.js'
import { type HeldLease, holdLease } from './lease.js'

/** What a run is doing. */
export interface MoveProgress {
  day: Day
  step:
    | 'seal'
    | 'write'
    | 'put'
    | 'verify'
    | 'commit'
    | 'drop'
    | 'archive'
    | 'expire'
    | 'compact'
    | 'erase'
    | 'rebuild'
    | 'done'
  /** Which of the days of this run it is, from 1. */
  index?: number
  /** How many days this run works on. */
  of?: number
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

/** Works under the lease, of which there is one for all that changes the tiers; undefined while another worker holds it. */
export async function underLease<Result>(
  context: TieringContext,
  { signal, onProgress = () => {} }: { signal?: AbortSignal; onProgress?: (progress: MoveProgress) => void },
  work: (context: MoveContext) => Promise<Result>,
): Promise<Result | undefined> {
  throwIfAborted(signal)
  const lease = await holdLease(context.hot, { owner: context.newId(), ttlMs: context.times.leaseMs })
  if (!lease) return undefined
  try {
    return await work({ ...context, cold: context.background, lease, call: signal ? { signal } : {}, onProgress })
  } finally {
    await lease.release()
    await context.ledger.tryNote()
  }
}

/** What a move works with, beyond the context. */
export interface MoveContext extends TieringContext {
  lease: HeldLease
  call: { signal?: AbortSignal }
  onProgress(progress: MoveProgress): void
}
