import { describe, expect, it } from 'vitest'
import { resolveTieringOptions } from '../src/options.js'
import { memoryObjectStore } from '../src/stores/memory.js'
import { memoryHotTier } from '../src/testing/index.js'

const good = { hot: memoryHotTier(), cold: memoryObjectStore(), policy: { dropAfter: '90d' } } as const

describe('resolveTieringOptions', () => {
  it('fills in every default', () => {
    const resolved = resolveTieringOptions(good)
    expect(resolved.format.name).toBe('parquet')
    expect(resolved.times).toEqual({ leaseMs: 60_000, readerWaitMs: 60_000, readerGraceMs: 0 })
    expect(resolved.newId()).toMatch(/^[0-9A-Z]{26}$/)
  })

  it.each([
    [{ ...good, hot: undefined }, 'hot'],
    [{ ...good, cold: undefined }, 'cold'],
    [{ ...good, policy: undefined }, 'policy'],
    [{ ...good, times: { leaseMs: 5 } }, 'times.leaseMs'],
    [{ ...good, times: { readerGraceMs: -1 } }, 'times.readerGraceMs'],
    [undefined, 'hot'],
  ])('refuses what makes no sense and names the field (%#)', (options, field) => {
    expect(() => resolveTieringOptions(options as never)).toThrow(
      expect.objectContaining({ code: 'invalid_options', field }),
    )
  })
})
