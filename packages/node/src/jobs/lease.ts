import { AnalyticsError } from '@analytics/protocol'
import type { HotStore } from '../store.js'

/** The slice of a store that keeps one process of many at a job. */
export type LeaseStore = Pick<HotStore, 'acquireLease' | 'releaseLease'>

/** A lease as long as it is held. */
export interface HeldLease {
  /** Ends the renewals and gives the lease up. A failure is none: the lease expires. */
  release(): Promise<void>
}

/** How many times a lease is renewed while it lasts. */
const RENEWALS = 3

/**
 * Takes the lease and renews it in the background; undefined while another owner holds it.
 * @param options.onLost Told once, when another owner has taken the lease or it was not renewed for as long as it
 * lasts.
 */
export async function holdLease(
  store: LeaseStore,
  { name, owner, ttlMs, onLost }: { name: string; owner: string; ttlMs: number; onLost: (error: unknown) => void },
): Promise<HeldLease | undefined> {
  const lease = await store.acquireLease(name, { owner, ttlMs })
  if (!lease) return undefined
  let missed = 0
  let renewing: Promise<void> | undefined

  const timer = setInterval(() => {
    missed++
    if (missed >= RENEWALS) lose()
    else
      renewing ??= renew().finally(() => {
        renewing = undefined
      })
  }, ttlMs / RENEWALS)
  timer.unref()

  function lose(): void {
    clearInterval(timer)
    onLost(new AnalyticsError('lease_lost'))
  }

  async function renew(): Promise<void> {
    try {
      const renewed = await store.acquireLease(name, { owner, ttlMs })
      if (renewed?.epoch === lease?.epoch) {
        missed = 0
        return
      }
      // A greater epoch means that another held it in between, and may have done the same work.
      lose()
      if (renewed) await store.releaseLease(renewed)
    } catch {
      // The store may answer again while the lease still lasts; the count of missed renewals decides.
    }
  }

  return {
    async release() {
      clearInterval(timer)
      // A renewal that arrived after the release would take the lease once more.
      await renewing
      await store.releaseLease(lease).catch(() => {})
    },
  }
}
