import { describe, expect, it } from 'vitest'
import { bucketEnd, bucketOf, GRAINS } from '../../src/rollups/rollup.js'

const at = (text: string) => Date.parse(text)

describe('bucketOf', () => {
  it.each([
    ['hour', '2026-01-15T12:34:56.789Z', '2026-01-15T12:00:00.000Z'],
    ['hour', '2026-01-15T12:00:00.000Z', '2026-01-15T12:00:00.000Z'],
    ['hour', '2026-01-15T11:59:59.999Z', '2026-01-15T11:00:00.000Z'],
    ['day', '2026-01-15T23:59:59.999Z', '2026-01-15T00:00:00.000Z'],
    ['week', '2026-01-12T00:00:00.000Z', '2026-01-12T00:00:00.000Z'],
    ['week', '2026-01-11T23:59:59.999Z', '2026-01-05T00:00:00.000Z'],
    ['week', '1970-01-01T00:00:00.000Z', '1969-12-29T00:00:00.000Z'],
    ['week', '1969-12-28T23:59:59.999Z', '1969-12-22T00:00:00.000Z'],
    ['day', '1969-12-31T23:59:59.999Z', '1969-12-31T00:00:00.000Z'],
  ] as const)('puts an instant into its %s in UTC: %s begins %s', (grain, instant, start) => {
    expect(bucketOf(grain, at(instant))).toEqual({ grain, start: at(start) })
  })

  it('gives a bucket that holds the instant and ends where the next one begins', () => {
    for (const grain of GRAINS) {
      for (let time = at('2025-12-25T00:00:00Z'); time < at('2026-01-20T00:00:00Z'); time += 1_799_999) {
        const bucket = bucketOf(grain, time)
        expect(bucket.start <= time && time < bucketEnd(bucket)).toBe(true)
        expect(bucketOf(grain, bucketEnd(bucket)).start).toBe(bucketEnd(bucket))
        expect(bucketOf(grain, bucketEnd(bucket) - 1)).toEqual(bucket)
      }
    }
  })
})
