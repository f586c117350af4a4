import { describe, expect, it } from 'vitest'
import { type KeptDay, keptDays } from '../../../src/analysis/kept/kept-days.js'

const day = (date: string, asOf: number): KeptDay => ({
  ...{ day: date, parts: ['a'], asOf },
  ...{ time: Uint32Array.of(0), person: Int32Array.of(0), part: Uint8Array.of(0) },
})

describe('days that are kept', () => {
  it('are forgotten when they have changed, even if nobody asks for them', () => {
    const days = keptDays(1e6)
    days.add('first', day('2026-01-01', 3))
    days.add('second', day('2026-01-02', 3))
    days.forgetChanged((date) => (date === '2026-01-01' ? 4 : 0))
    const never = () => 0
    expect([days.find('first', never), days.find('second', never)?.asOf]).toEqual([undefined, 3])
  })
})
