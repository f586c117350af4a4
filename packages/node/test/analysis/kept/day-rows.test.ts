import { dayStart, type EventBatch } from '@analytics/protocol'
import { describe, expect, it } from 'vitest'
import { batchesOf, collectDays, type DayRows } from '../../../src/analysis/kept/day-rows.js'

const DAY = '2026-01-15'
const START = dayStart(DAY)

function batch(times: readonly number[], counts?: readonly number[]): EventBatch {
  return {
    length: times.length,
    time: Float64Array.from(times, (time) => START + time),
    person: Int32Array.from(times, (_, i) => i),
    matches: new Uint32Array(times.length).fill(1),
    ...(counts ? { counts: Uint32Array.from(counts) } : {}),
    columns: {},
  }
}

describe('rows of a day', () => {
  it('stand for one event where their batch does not say for how many', () => {
    const days: DayRows[] = []
    const collected = collectDays(
      [DAY],
      () => 0,
      (_day, rows) => days.push(rows) > 0,
    )
    collected.add(batch([1, 2]))
    collected.add(batch([3], [7]))
    collected.add(batch([4]))
    collected.end()
    const [rows] = days
    const read = batchesOf([{ day: DAY, rows: rows!, masks: Uint32Array.of(4) }], { from: START + 2, to: START + 4 })
    const found = [...read].map(({ time, counts, matches }) => ({
      times: Array.from(time, (one) => one - START),
      counts: [...counts!],
      matches: [...matches],
    }))
    expect(found).toEqual([{ times: [2, 3], counts: [1, 7], matches: [4, 4] }])
    expect([...rows!.counts!]).toEqual([1, 1, 7, 1])
  })
})
