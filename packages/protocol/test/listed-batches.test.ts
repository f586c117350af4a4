import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type DuckDbChunk, listedBatches } from '../src/duckdb.js'

/** The one row that a listed scan gives. */
function chunkOf(rows: readonly (readonly [time: number, person: number, matches: number])[]): DuckDbChunk {
  const columns = [
    Float64Array.from(rows, ([time]) => time),
    Int32Array.from(rows, ([, person]) => person),
    Uint32Array.from(rows, ([, , matches]) => matches),
  ]
  const vectors = columns.map((items) => ({ getItem: () => null, childVector: { items } }))
  return { rowCount: 1, getColumnVector: (column) => vectors[column]! }
}

const rowsOf = (chunk: DuckDbChunk): number[][] =>
  [...listedBatches(chunk, { hasCounts: false })].flatMap(({ length, time, person, matches }) =>
    Array.from({ length }, (_, row) => [time[row]!, person[row]!, matches[row]!]),
  )

describe('listedBatches', () => {
  it('gives every row in batches of bounded length', () => {
    const rows = Array.from({ length: 50_000 }, (_, row): [number, number, number] => [row, row % 7, 1])
    const batches = [...listedBatches(chunkOf(rows), { hasCounts: false })]
    expect(Math.max(...batches.map(({ length }) => length))).toBeLessThanOrEqual(16_384)
    expect(rowsOf(chunkOf(rows))).toEqual(rows)
    expect(rowsOf(chunkOf([]))).toEqual([])
  })

  it('puts rows in order of time, whatever their order and however far apart', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 2 ** 20 }), { maxLength: 300 }),
        fc.constantFrom(1, 1000, 100_000),
        (times, scale) => {
          const rows = times.map((time, i): [number, number, number] => [time * scale - 1e9, i, i + 1])
          const found = rowsOf(chunkOf(rows))
          expect(found.map(([time]) => time)).toEqual(rows.map(([time]) => time).sort((a, b) => a - b))
          expect([...found].sort(([, a], [, b]) => a! - b!)).toEqual(rows)
        },
      ),
    )
  })

  it('keeps the counts of rows that were joined with them', () => {
    const columns = [Float64Array.of(7, 5), Int32Array.of(1, 2), Uint32Array.of(1, 3), Uint32Array.of(10, 20)]
    const vectors = columns.map((items) => ({ getItem: () => null, childVector: { items } }))
    const chunk: DuckDbChunk = { rowCount: 1, getColumnVector: (column) => vectors[column]! }
    const [batch] = listedBatches(chunk, { hasCounts: true })
    expect([[...batch!.time], [...batch!.person], [...batch!.counts!]]).toEqual([
      [5, 7],
      [2, 1],
      [20, 10],
    ])
  })
})
