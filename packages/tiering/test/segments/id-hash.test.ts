import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hasIdHash, idHash } from '../../src/segments/id-hash.js'

describe('a list of ids', () => {
  it('has what was put into it and nothing else', () => {
    fc.assert(
      fc.property(
        fc.array(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })),
        fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
        (all, other) => {
          const list = BigUint64Array.from(all).sort()
          expect(all.every((one) => hasIdHash(list, one))).toBe(true)
          expect(hasIdHash(list, other)).toBe(all.includes(other))
        },
      ),
    )
  })

  it('is the same on every machine and in every release', () => {
    expect(idHash('01K1JKC800AAAAAAAAAAAAAAAA').toString(16)).toBe('e9d93c7bee32541')
  })
})
