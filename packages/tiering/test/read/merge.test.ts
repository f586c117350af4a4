import type { EventBatch } from '@analytics/protocol'
import { describe, expect, it } from 'vitest'
import { mergeBatches, mergeRows } from '../../src/read/merge.js'
import { seededRandom } from '../../src/testing/index.js'

/** Batches that are overwritten once the next is asked for, as those of an engine may be. */
async function* batches(
  rows: readonly [number, number][],
  size: number,
  closed?: () => void,
): AsyncGenerator<EventBatch> {
  try {
    const [time, person, matches] = [new Float64Array(size), new Int32Array(size), new Uint32Array(size)]
    for (let start = 0; start < rows.length; start += size) {
      const part = rows.slice(start, start + size)
      for (const [i, [t, p]] of part.entries()) {
        time[i] = t
        person[i] = p
        matches[i] = 1
      }
      yield { length: part.length, time, person, matches, columns: { id: part.map(([t, p]) => `${t}/${p}`) } }
    }
  } finally {
    closed?.()
  }
}

async function rowsOf(merged: AsyncIterable<EventBatch>) {
  const rows: string[] = []
  for await (const { length, time, person, columns } of merged) {
    for (let i = 0; i < length; i++) {
      expect(columns.id!.at(i)).toBe(`${time[i]}/${person[i]}`)
      rows.push(columns.id!.at(i) as string)
    }
  }
  return rows
}

describe('mergeBatches', () => {
  it('merges any number of sources by time, then by person', async () => {
    const random = seededRandom(3)
    for (const count of [0, 1, 2, 5]) {
      const order = (a: [number, number], b: [number, number]) => a[0] - b[0] || a[1] - b[1]
      const sources = Array.from({ length: count }, () =>
        Array.from({ length: 3000 }, (): [number, number] => [
          Math.floor(random() * 500),
          Math.floor(random() * 50),
        ]).sort(order),
      )
      const merged = await rowsOf(
        mergeBatches(
          sources.map((rows, i) => batches(rows, 100 + i)),
          ['id'],
        ),
      )
      expect(merged).toEqual(
        sources
          .flat()
          .sort(order)
          .map(([t, p]) => `${t}/${p}`),
      )
    }
  })

  it('closes its sources when the reader leaves', async () => {
    let closed = 0
    const source = () =>
      batches(
        Array.from({ length: 9000 }, (_, i): [number, number] => [i, 0]),
        100,
        () => closed++,
      )
    for await (const _ of mergeBatches([source(), source(), source()], ['id'])) break
    expect(closed).toBe(3)
  })
})

describe('mergeRows', () => {
  it('merges rows in the order that is asked for', async () => {
    const source = (rows: number[]) =>
      (async function* () {
        yield []
        for (const row of rows) yield [row]
      })()
    const merged: number[] = []
    for await (const rows of mergeRows([source([9, 5, 1]), source([8, 5]), source([])], (a, b) => b - a))
      merged.push(...rows)
    expect(merged).toEqual([9, 8, 5, 5, 1])
  })
})
