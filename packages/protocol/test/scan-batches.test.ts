import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type DuckDbChunk,
  type DuckDbChunks,
  type DuckDbVector,
  type ScanStatement,
  scanBatches,
} from '../src/duckdb/index.js'
import type { EventBatch, Scalar } from '../src/index.js'

type Row = readonly [time: number, person: number, matches: number]

/** A column of a result: numbers, or the hashes of texts and the texts. */
type Column = Float64Array | Int32Array | Uint32Array | BigUint64Array | readonly (string | null)[]

const statement = (more: Partial<ScanStatement> = {}): ScanStatement => ({
  ...{ sql: '', values: [], isJoined: false, columns: [] },
  ...more,
})

/** What a scan gives, in chunks of so many rows, whose vectors are as long as the engine's. */
function resultOf(columns: readonly Column[], chunkRows = 2048): DuckDbChunks {
  const rowCount = columns[0]!.length
  const vectorOf = (column: Column, from: number): DuckDbVector & { items?: unknown } => {
    const own = column.slice(from, from + chunkRows)
    if (Array.isArray(own)) return { getItem: (row) => own[row] }
    const items = new (column.constructor as Float64ArrayConstructor)(chunkRows)
    items.set(own as Float64Array)
    return { items, getItem: (row) => items[row] }
  }
  const chunk = (index: number): DuckDbChunk => ({
    rowCount: Math.min(chunkRows, rowCount - index * chunkRows),
    getColumnVector: (column) => vectorOf(columns[column]!, index * chunkRows),
  })
  return { rowCount, chunkCount: Math.ceil(rowCount / chunkRows), getChunk: chunk }
}

const columnsOf = (rows: readonly Row[]): Column[] => [
  Float64Array.from(rows, ([time]) => time),
  Int32Array.from(rows, ([, person]) => person),
  Uint32Array.from(rows, ([, , matches]) => matches),
]

/** The batches alone, without what comes between them. */
const batchesIn = (result: DuckDbChunks, own: ScanStatement): EventBatch[] =>
  [...scanBatches(result, own)].filter((batch) => batch !== undefined)

const batchesOf = (rows: readonly Row[]): EventBatch[] => batchesIn(resultOf(columnsOf(rows)), statement())

/** Stands for the engine's hash: the same for the same text, and alike in one half for different ones. */
function hashesOf(texts: readonly (string | null)[], half: 'low' | 'high'): BigUint64Array {
  const known = [...new Set(texts)]
  return BigUint64Array.from(texts, (text) => BigInt(known.indexOf(text)) << (half === 'low' ? 0n : 32n))
}

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
      columns: [
        { name: 'browser', place: 'c0', type: 'text' },
        { name: 'properties.x', place: 'c1', type: 'json' },
      ],
    })
    fc.assert(
      fc.property(
        fc.array(row, { maxLength: 200 }),
        fc.constantFrom('low', 'high'),
        fc.integer({ min: 1, max: 50 }),
        (rows, half, chunkRows) => {
          const told = rows.map(([, text, value]) => [texts[text]!, json[value]!] as const)
          const [first, second] = [told.map(([text]) => text), told.map(([, value]) => value)]
          const columns = [
            ...columnsOf(rows.map(([time], i) => [time, i, 1])),
            ...[hashesOf(first, half), first, hashesOf(second, half), second],
          ]
          const batches = batchesIn(resultOf(columns, chunkRows), own)
          const found = rowsIn(batches, ['browser', 'properties.x'])
          expect([...found].sort(([, a], [, b]) => Number(a) - Number(b))).toEqual(
            rows.map(([time, text, value], i) => [time, i, 1, texts[text], values[value]]),
          )
          for (const { columns: named } of batches) {
            const { values, numbers } = named.browser!.numbered!
            expect([...numbers].map((number) => values[number])).toEqual(
              [...numbers].map((_, i) => named.browser!.at(i)),
            )
            expect(new Set(values).size).toBe(values.length)
          }
        },
      ),
    )
  })

  it('tells many texts apart, and looks at each of them once', () => {
    const texts = Array.from({ length: 20_000 }, (_, i) => `text ${i % 7000}`)
    let looks = 0
    const result = resultOf([...columnsOf(texts.map((_, i) => [i, i, 1])), hashesOf(texts, 'high'), texts])
    const counted: DuckDbChunks = {
      ...result,
      getChunk(index) {
        const chunk = result.getChunk(index)
        return {
          ...chunk,
          getColumnVector(column) {
            const vector = chunk.getColumnVector(column)
            if (column < 4) return vector
            return {
              getItem(row) {
                looks++
                return vector.getItem(row)
              },
            }
          },
        }
      },
    }
    const own = statement({ columns: [{ name: 'browser', place: 'c0', type: 'text' }] })
    const found = rowsIn(batchesIn(counted, own), ['browser'])
    expect(found.map(([, , , text]) => text)).toEqual(texts)
    expect(looks).toBe(7000)
  })

  it('pauses while it reads: after each chunk where texts may have to be decoded, and now and then else', () => {
    const rows = columnsOf(Array.from({ length: 40 }, (_, i): Row => [i, i, 1]))
    const texts = Array.from({ length: 40 }, (_, i) => `text ${i}`)
    const pauses = (columns: readonly Column[], own: ScanStatement) =>
      [...scanBatches(resultOf(columns, 1), own)].filter((batch) => batch === undefined).length
    expect(pauses(rows, statement())).toBe(4)
    const named = statement({ columns: [{ name: 'browser', place: 'c0', type: 'text' }] })
    expect(pauses([...rows, hashesOf(texts, 'low'), texts], named)).toBe(39)
  })

  it('keeps counts and numbers with their rows, and no number where there is none', () => {
    const rows = columnsOf([
      [7, 1, 1],
      [5, 2, 3],
    ])
    const [joined] = batchesIn(resultOf([...rows, Uint32Array.of(10, 20)]), statement({ isJoined: true }))
    expect([[...joined!.time], [...joined!.person], [...joined!.counts!]]).toEqual([
      [5, 7],
      [2, 1],
      [20, 10],
    ])
    const valued = statement({ columns: [{ name: 'eventValue', place: 'c0', type: 'number' }] })
    const batches = batchesIn(resultOf([...rows, Float64Array.of(Number.NaN, 2.5)]), valued)
    expect(rowsIn(batches, ['eventValue'])).toEqual([
      [5, 2, 3, 2.5],
      [7, 1, 1, null],
    ])
  })
})
