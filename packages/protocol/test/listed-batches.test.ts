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

  it('puts rows in order of time, then of person, where lists were made in another order', () => {
    const found = rowsOf(
      chunkOf([
        [5, 1, 1],
        [7, 9, 2],
        [7, 3, 4],
        [2, 8, 8],
        [6, 0, 16],
      ]),
    )
    expect(found).toEqual([
      [2, 8, 8],
      [5, 1, 1],
      [6, 0, 16],
      [7, 3, 4],
      [7, 9, 2],
    ])
  })
})
