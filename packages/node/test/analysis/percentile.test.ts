import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { median, percentile } from '../../src/analysis/percentile.js'

const numbers = fc.array(fc.integer({ min: -50, max: 1e9 }), { minLength: 1, maxLength: 2000 })

describe('median', () => {
  it('is the middle percentile, whatever the order of the values', () => {
    fc.assert(
      fc.property(numbers, (values) => {
        const sorted = Float64Array.from(values).sort()
        expect(median(Float64Array.from(values))).toBe(percentile(sorted, 0.5))
      }),
    )
  })
})
