import type { Lease, RecordStore } from '@analytics/protocol'

interface LeaseValue {
  owner: string
  epoch: number
  /** UTC milliseconds. */
  until: number
}

/** What a store's lease methods are made of. */
export interface Leases {
  acquire(name: string, options: { owner: string; ttlMs: number }): Promise<Lease | undefined>
  release(lease: Lease): Promise<void>
  /** Ends every lease, for a store that knows that no holder is left. Epochs go on growing. */
  expireAll(): Promise<void>
}

/**
 * Leases kept as records. `now` is the clock of whatever the records live in, so that all contenders share one.
 * An expired lease keeps its row: the epoch must go on growing.
 */
export function recordLeases(records: RecordStore, now: () => number | Promise<number>): Leases {
  return {
    async acquire(name, { owner, ttlMs }) {
      for (;;) {
        const current = await records.get<LeaseValue>('lease', name)
        const held = current?.value
        const at = await now()
        if (held && held.owner !== owner && held.until > at) return undefined
        const isRenewal = held?.owner === owner && held.until > at
        const epoch = isRenewal ? held.epoch : (held?.epoch ?? 0) + 1
        const value: LeaseValue = { owner, epoch, until: at + ttlMs }
        const version = await records.put('lease', name, value, current?.version ?? 0)
        if (version !== undefined) return { name, owner, epoch }
        // Somebody was faster: another contender, who holds it now, or this owner's own renewal. Looking again tells.
      }
    },

    async release({ name, owner, epoch }) {
      const current = await records.get<LeaseValue>('lease', name)
      if (current?.value.owner !== owner || current.value.epoch !== epoch) return
      await records.put('lease', name, { owner, epoch, until: 0 } satisfies LeaseValue, current.version)
    },

    async expireAll() {
      for (const { key, version, value } of await records.list<LeaseValue>('lease')) {
        if (value.until > 0) await records.put('lease', key, { ...value, until: 0 } satisfies LeaseValue, version)
      }
    },
  }
}
