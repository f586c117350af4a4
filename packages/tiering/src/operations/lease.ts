import { AnalyticsError } from '@analytics/protocol'
import type { HotTier } from '../hot-tier.js'

/** The lease on moving days, as long as this run holds it. */
export interface HeldLease {
  /**
   * Renews the lease, and with that makes sure of it.
   * @throws AnalyticsError `lease_lost` where it expired and another worker took it.
   */
  check(): Promise<void>
  /** Done twice, it does nothing more. A failure is none: the lease expires. */
  release(): Promise<void>
}

const LEASE_NAME = 'tiering'

/** Takes the lease and renews it in the background; undefined while another worker holds it. */
export async function holdLease(
  hot: HotTier,
  options: { owner: string; ttlMs: number },
): Promise<HeldLease | undefined> {
  const lease = await hot.acquireLease(LEASE_NAME, options)
  if (!lease) return undefined
  let isLost = false
  let checking: Promise<void> | undefined

  /** Checks that meet share one renewal: two of one owner would only compete. */
  function check(): Promise<void> {
    checking ??= renew().finally(() => {
      checking = undefined
    })
    return checking
  }

  async function renew(): Promise<void> {
    const renewed = isLost ? undefined : await hot.acquireLease(LEASE_NAME, options)
    // A greater epoch means that another worker held it in between, and may have gone on with the same day.
    if (renewed?.epoch === lease?.epoch) return
    isLost = true
    throw new AnalyticsError('lease_lost')
  }

  // An engine may write for longer than the lease lasts. What fails here shows at the next check.
  const timer = setInterval(() => void check().catch(() => {}), options.ttlMs / 3)
  timer.unref()
  return {
    check,
    async release() {
      clearInterval(timer)
      if (!isLost) await hot.releaseLease(lease).catch(() => {})
      isLost = true
    },
  }
}
