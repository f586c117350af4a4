import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ByteRange, bytesOf, joinRanges, missingRanges } from '../../src/read/byte-ranges.js'

const MEBIBYTE = 2 ** 20
const range = fc
  .tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 8 }))
  .map(([start, length]): ByteRange => ({ start: start * MEBIBYTE, end: (start + length) * MEBIBYTE }))
const ranges = fc.array(range, { maxLength: 12 })

function unitsOf(all: readonly ByteRange[]): Set<number> {
  const units = new Set<number>()
  for (const { start, end } of all) for (let at = start; at < end; at += MEBIBYTE) units.add(at)
  return units
}

describe('ranges of bytes', () => {
  it('are joined without losing or adding a byte', () => {
    fc.assert(
      fc.property(ranges, (all) => {
        const joined = joinRanges(all)
        expect(unitsOf(joined)).toEqual(unitsOf(all))
        expect(bytesOf(joined)).toBe(unitsOf(all).size * MEBIBYTE)
        expect(joined.every(({ start }, i) => i === 0 || start > joined[i - 1]!.end)).toBe(true)
      }),
    )
  })

  it('that are missing are those wanted and not there', () => {
    fc.assert(
      fc.property(ranges, ranges, (wanted, present) => {
        const there = unitsOf(present)
        const expected = [...unitsOf(wanted)].filter((unit) => !there.has(unit))
        expect([...unitsOf(missingRanges(wanted, present))].sort((a, b) => a - b)).toEqual(
          expected.sort((a, b) => a - b),
        )
      }),
    )
  })

  it('that lie close together are one request', () => {
    const wanted = [
      { start: 0, end: 10 },
      { start: 100_000, end: 100_010 },
      { start: 500_000, end: 500_010 },
    ]
    expect(missingRanges(wanted, [])).toEqual([
      { start: 0, end: 100_010 },
      { start: 500_000, end: 500_010 },
    ])
  })
})
