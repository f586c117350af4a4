import { memoryHotTier } from '@analytics/tiering/testing'
import { describe, expect, it } from 'vitest'
import { holdLease } from '../../src/operations/lease.js'

describe('holdLease', () => {
  it('is not lost to its own renewals, however many meet', async () => {
    const hot = memoryHotTier()
    const lease = await holdLease(hot, { owner: 'worker', ttlMs: 1000 })
    await Promise.all(Array.from({ length: 10 }, () => lease!.check()))
    await lease!.check()
    await lease!.release()
  })

  it('is lost for good once another worker held it', async () => {
    let now = 0
    const hot = memoryHotTier({ now: () => now })
    const lease = await holdLease(hot, { owner: 'slow', ttlMs: 1000 })
    now = 5000
    const other = await holdLease(hot, { owner: 'other', ttlMs: 1000 })
    await other!.release()
    await expect(lease!.check()).rejects.toMatchObject({ code: 'lease_lost' })
    await expect(lease!.check()).rejects.toMatchObject({ code: 'lease_lost' })
    await lease!.release()
  })
})
