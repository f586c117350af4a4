import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type DuckDbChunk, type ScanStatement, scanBatches } from '../src/duckdb/index.js'
import type { EventBatch, Scalar } from '../src/index.js'

type NumberColumn = Float64Array | Int32Array | Uint32Array
type Row = readonly [time: number, person: number, matches: number]

type Texts = readonly (string | null)[]

const COLUMNS = [Float64Array, Int32Array, Uint32Array] as const
const statement = (more: Partial<ScanStatement> = {}): ScanStatement => ({
  ...{ sql: '', values: [], lists: ['time', 'person', 'matches'], columns: [] },
  ...more,
})

/** The one row that a scan gives: lists of numbers, and of texts. */
function chunkOf(lists: readonly NumberColumn[], texts: readonly Texts[] = []): DuckDbChunk {
  const children = [
    ...lists.map((items) => ({ items, getItem: (i: number) => items[i] })),
    ...texts.map((own) => ({ getItem: (i: number) => own[i] })),
  ]
  const vectors = children.map((childVector) => ({ getItem: () => null, childVector }))
  return { rowCount: 1, getColumnVector: (column) => vectors[column]! }
}

const listsOf = (rows: readonly Row[]): NumberColumn[] =>
  COLUMNS.map((type, column) => type.from(rows.map((row) => row[column]!)))

const batchesOf = (rows: readonly Row[]): EventBatch[] => [...scanBatches(chunkOf(listsOf(rows)), statement())]

/** Time, person, matches and the columns by their names. */
const rowsIn = (batches: readonly EventBatch[], columns: readonly string[] = []): Scalar[][] =>
  batches.flatMap(({ length, time, person, matches, columns: own }) =>
    Array.from({ length }, (_, row) => [
      ...[time[row]!, person[row]!, matches[row]!],
      ...columns.map((name) => own[name]!.at(row) ?? null),
    ]),
  )

describe('scanBatches', () => {
  it('gives every row in batches of bounded length', () => {
    const rows = Array.from({ length: 50_000 }, (_, row): Row => [row, row % 7, 1])
    const batches = batchesOf(rows)
    expect(Math.max(...batches.map(({ length }) => length))).toBeLessThanOrEqual(16_384)
    expect(rowsIn(batches)).toEqual(rows)
    expect(batchesOf([])).toEqual([])
  })

  it('puts rows in order of time, whatever their order and however far apart', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 2 ** 20 }), { maxLength: 300 }),
        fc.constantFrom(1, 1000, 100_000),
        (times, scale) => {
          const rows = times.map((time, i): Row => [time * scale - 1e9, i, i + 1])
          const found = rowsIn(batchesOf(rows)) as number[][]
          expect(found.map(([time]) => time)).toEqual(rows.map(([time]) => time).sort((a, b) => a - b))
          expect([...found].sort(([, a], [, b]) => a! - b!)).toEqual(rows)
        },
      ),
    )
  })

  it('puts few long runs in order, as threads leave them', () => {
    const runs = [0, 1, 2].map((run) => Array.from({ length: 5000 }, (_, i): Row => [run * 2000 + i, run, 1]))
    const found = rowsIn(batchesOf(runs.flat())) as number[][]
    expect(found).toHaveLength(15_000)
    expect(found.map(([time]) => time)).toEqual(
      runs
        .flat()
        .map(([time]) => time)
        .sort((a, b) => a - b),
    )
    expect(found.filter(([, person]) => person === 1)).toEqual(runs[1])
  })

  it('gives each row its texts, and the value of JSON that is a single one', () => {
    const [texts, json] = [
      ['a', null, 'ü'],
      ['"x"', '7', 'true', 'null', '{"a":1}', '[1]', null, '"{"'],
    ]
    const values = ['x', 7, true, null, null, null, null, '{']
    const row = fc.tuple(fc.integer({ min: 0, max: 1000 }), fc.nat(texts.length - 1), fc.nat(json.length - 1))
    const own = statement({
      lists: ['time', 'person', 'matches', 'c0', 'c1'],
      columns: [
        { name: 'browser', place: 'c0', type: 'text' },
        { name: 'properties.x', place: 'c1', type: 'json' },
      ],
    })
    fc.assert(
      fc.property(fc.array(row, { maxLength: 200 }), (rows) => {
        const numbers = [1, 2].map((column) => Uint32Array.from(rows, (one) => one[column]!))
        const lists = [...listsOf(rows.map(([time], i) => [time, i, 1])), ...numbers]
        const found = rowsIn([...scanBatches(chunkOf(lists, [texts, json]), own)], ['browser', 'properties.x'])
        expect([...found].sort(([, a], [, b]) => Number(a) - Number(b))).toEqual(
          rows.map(([time, text, value], i) => [time, i, 1, texts[text], values[value]]),
        )
      }),
    )
  })

  it('keeps counts and numbers with their rows, and no number where there is none', () => {
    const rows = listsOf([
      [7, 1, 1],
      [5, 2, 3],
    ])
    const counted = statement({ lists: ['time', 'person', 'matches', 'counts'] })
    const [joined] = scanBatches(chunkOf([...rows, Uint32Array.of(10, 20)]), counted)
    expect([[...joined!.time], [...joined!.person], [...joined!.counts!]]).toEqual([
      [5, 7],
      [2, 1],
      [20, 10],
    ])
    const valued = statement({
      lists: ['time', 'person', 'matches', 'c0'],
      columns: [{ name: 'eventValue', place: 'c0', type: 'number' }],
    })
    const batches = [...scanBatches(chunkOf([...rows, Float64Array.of(Number.NaN, 2.5)]), valued)]
    expect(rowsIn(batches, ['eventValue'])).toEqual([
      [5, 2, 3, 2.5],
      [7, 1, 1, null],
    ])
  })
})
