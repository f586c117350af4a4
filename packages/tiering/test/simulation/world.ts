import type { Day, StoredEvent } from '@analytics/protocol'
import type { ObjectStore } from '../../src/object-store.js'
import type { MemoryHotTier, withFaults } from '../../src/testing/index.js'
import type { Tiering } from '../../src/tiering.js'

export const HOUR_MS = 3_600_000

/** What a simulation works on. */
export interface Simulated {
  seed: number
  /** Whether all workers are of one process, which protects its readers; else those of others are given time. */
  isOneProcess: boolean
  random: () => number
  time: number
  /** Nothing fails any more. */
  isQuiet: boolean
  hot: MemoryHotTier
  cold: ObjectStore
  /** Every event that was ever stored. */
  events: Map<string, StoredEvent>
  /** Days that a hold has kept since before anything of them was deleted. */
  held: Set<Day>
  holdIds: string[]
  /** Whose erasure was asked for, whether the answer came or not. */
  erasing: Set<number>
  /** Those of them of whom an answer said that it is written down. */
  hidden: Set<number>
  open(faults?: Parameters<typeof withFaults>[1]): Tiering
}
