import { describe, expect, it } from 'vitest'
import type { ColdTier } from '../../src/cold-tier.js'
import { jobDefinitions } from '../../src/jobs/definitions.js'
import type { JobContext } from '../../src/jobs/job.js'

const moved = (days: number, failed = 0) => ({ moved: Array(days).fill({}), failed: Array(failed).fill({}) })

/** Runs the job `tiering` of a tier manager. */
async function runTiering(cold: Partial<ColdTier>) {
  const definitions = jobDefinitions({ cold, store: {}, retention: {}, erasures: {} } as never)
  const { signal } = new AbortController()
  return definitions.find(({ name }) => name === 'tiering')!.work({ signal } as JobContext)
}

describe('the job tiering', () => {
  it('goes on each night with what is on its way to the archive, and begins with nothing', async () => {
    const asked: unknown[] = []
    const cold: Partial<ColdTier> = {
      run: async () => moved(3, 1),
      compact: async () => moved(2, 1),
      async archive(options) {
        asked.push(options?.onlyBegun)
        return moved(4, 1)
      },
    }
    expect(await runTiering(cold)).toEqual({ days: 3, compacted: 2, archived: 4, failed: 3 })
    expect(asked).toEqual([true])
  })

  it('tells of no archive where nothing was on its way, or there is none', async () => {
    const cold: Partial<ColdTier> = { run: async () => moved(3), compact: async () => moved(0) }
    expect(await runTiering(cold)).toEqual({ days: 3, compacted: 0, failed: 0 })
    expect(await runTiering({ ...cold, archive: async () => moved(0) })).toEqual({ days: 3, compacted: 0, failed: 0 })
    expect(await runTiering({ run: async () => moved(1) })).toEqual({ days: 1, failed: 0 })
  })
})

describe('the job restores', () => {
  const jobs = (cold: Partial<ColdTier>) => jobDefinitions({ cold, store: {}, retention: {}, erasures: {} } as never)

  it('looks at restores that have not ended', async () => {
    const restore = {
      request: () => Promise.reject(new Error('not asked for')),
      refresh: async () => ['ready', 'restoring', 'expired', 'restoring'].map((state) => ({ state })),
    }
    const job = jobs({ restore }).find(({ name }) => name === 'restores')!
    const { signal } = new AbortController()
    expect(await job.work({ signal } as JobContext)).toEqual({ ready: 1, restoring: 2 })
  })

  it('is not there without a tier manager that has any', () => {
    expect(jobs({}).map(({ name }) => name)).not.toContain('restores')
  })
})
