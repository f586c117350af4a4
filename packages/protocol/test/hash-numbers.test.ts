import { hashNumbers } from '@analytics/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

describe('hashNumbers', () => {
  it('gives each different hash the next number, and the same one its own again', () => {
    // Few different halves, so that hashes share one of them.
    const half = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constantFrom(2 ** 32 - 1, 2 ** 31))
    fc.assert(
      fc.property(fc.array(fc.tuple(half, half)), (hashes) => {
        const numbers = hashNumbers()
        const known = new Map<string, number>()
        for (const [low, high] of hashes) {
          const key = `${low} ${high}`
          if (!known.has(key)) known.set(key, known.size)
          expect(numbers.of(low, high)).toBe(known.get(key))
        }
        expect(numbers.count()).toBe(known.size)
      }),
    )
  })

  it('has room for many', () => {
    const numbers = hashNumbers()
    const all = Array.from({ length: 20_000 }, (_, i) => i)
    expect(all.map((i) => numbers.of(i, i * 7))).toEqual(all)
    expect(all.map((i) => numbers.of(i, i * 7))).toEqual(all)
  })
})
