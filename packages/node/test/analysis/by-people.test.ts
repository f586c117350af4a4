import type { EventBatch, Scalar } from '@analytics/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { byPeople } from '../../src/analysis/by-people.js'
import type { People } from '../../src/store.js'

interface Row {
  time: number
  id: number
  value: string
}

/** Ids 0 to 39, of which each third one belongs to another person; 40 and more came later. */
const people: People = {
  count: 40,
  canonical: Int32Array.from({ length: 40 }, (_, id) => (id % 3 === 1 ? 39 - id : id)),
}
const personOf = (id: number): number => people.canonical[id] ?? id

/** Batches of so many rows; with so many batches the values are numbered anew, or not at all. */
async function* batchesOf(
  rows: readonly Row[],
  size: number,
  sameTexts: number | undefined,
): AsyncGenerator<EventBatch> {
  let texts: string[] = []
  for (let from = 0, batch = 0; from < rows.length; from += size, batch++) {
    // What numbers mean changes only between instants, as between the statements of a store.
    const isNew = rows[from]!.time !== rows[from - 1]?.time
    if (sameTexts !== undefined && isNew && batch % sameTexts === 0) texts = []
    const part = rows.slice(from, from + size)
    for (const { value } of part) if (!texts.includes(value)) texts.push(value)
    const values = texts
    const numbers = Uint32Array.from(part, ({ value }) => values.indexOf(value))
    const at = (row: number): Scalar => part[row]!.value
    yield {
      length: part.length,
      time: Float64Array.from(part, ({ time }) => time),
      person: Int32Array.from(part, ({ id }) => id),
      matches: Uint32Array.from(part, (_, i) => from + i),
      columns: { browser: sameTexts === undefined ? { at } : { at, numbered: { values, numbers } } },
    }
  }
}

const row = fc.record({
  step: fc.constantFrom(0, 0, 1),
  id: fc.constantFrom(0, 1, 20, 38, 41),
  value: fc.constantFrom('a', 'b', 'c'),
})
const history = fc.array(row, { maxLength: 120 }).map((all) => {
  let time = 0
  return all.map(({ step, ...own }): Row => {
    time += step
    return { ...own, time }
  })
})

describe('byPeople', () => {
  it('gives every row once, those of a person in their order, those of an instant without another between them', async () => {
    const sizes = fc.integer({ min: 1, max: 30 })
    await fc.assert(
      fc.asyncProperty(
        history,
        sizes,
        fc.integer({ min: 1, max: 80 }),
        fc.option(fc.integer({ min: 1, max: 4 })),
        async (rows, size, windowRows, sameTexts) => {
          const found: { place: number; time: number; person: number; value: Scalar | undefined }[] = []
          for await (const batch of byPeople(batchesOf(rows, size, sameTexts ?? undefined), people, { windowRows })) {
            for (let i = 0; i < batch.length; i++) {
              const column = batch.columns.browser!
              if (column.numbered) expect(column.numbered.values[column.numbered.numbers[i]!]).toBe(column.at(i))
              const person = personOf(batch.person[i]!)
              found.push({ place: batch.matches[i]!, time: batch.time[i]!, person, value: column.at(i) })
            }
          }
          const told = found.toSorted((a, b) => a.place - b.place)
          expect(told).toEqual(rows.map(({ time, id, value }, place) => ({ place, time, person: personOf(id), value })))
          const lastOf = new Map<number, number>()
          for (const { place, person } of found) {
            expect(place).toBeGreaterThan(lastOf.get(person) ?? -1)
            lastOf.set(person, place)
          }
          const keys = found.map(({ person, time }) => `${person} ${time}`)
          for (const key of new Set(keys)) {
            const between = found.slice(keys.indexOf(key), keys.lastIndexOf(key) + 1)
            expect(new Set(between.map(({ time }) => time)).size).toBe(1)
          }
        },
      ),
      { numRuns: 300 },
    )
  })

  it('puts people together', async () => {
    const rows = Array.from({ length: 400 }, (_, i): Row => ({ time: i, id: (i * 7) % 40, value: 'a' }))
    const canonical = Int32Array.from({ length: 40 }, (_, id) => id)
    const lengths: number[] = []
    for await (const batch of byPeople(batchesOf(rows, 10, 100), { count: 40, canonical }, { windowRows: 400 })) {
      lengths.push(batch.length)
      expect(Math.max(...batch.person) - Math.min(...batch.person)).toBeLessThan(4)
    }
    expect(lengths.length).toBeGreaterThan(8)
    expect(lengths.length).toBeLessThan(32)
  })
})
