import type { Day } from '@analytics/protocol'
import type { TieringContext } from '../context.js'
import type { HeldLease } from './lease.js'

/** What a run is doing. */
export interface MoveProgress {
  day: Day
  step: 'seal' | 'write' | 'put' | 'verify' | 'commit' | 'drop' | 'archive' | 'expire' | 'done'
}

/** What a move works with, beyond the context. */
export interface MoveContext extends TieringContext {
  lease: HeldLease
  call: { signal?: AbortSignal }
  onProgress(progress: MoveProgress): void
}
