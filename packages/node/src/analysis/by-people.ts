import { setImmediate } from 'node:timers/promises'
import type { EventBatch, Scalar, ScanColumn } from '@analytics/protocol'
import type { People } from '../store.js'
import { personOf } from './person-slots.js'

/** Rows that are put in order at once: enough for a person to have some of them. */
const WINDOW_ROWS = 262_144

/** Ranges of people, of equal length. */
const RANGES = 16

/**
 * The same rows, some hundred thousand at a time by ranges of people, each person's in order of time: a machine then works on the state of
 * few people at a time, which stays in the processor's cache. It is worth it where there is much state. Rows carry the persons whom their
 * ids belong to. Rows of one instant stay together. Those with a column of which nobody says which values are the same come as they are.
 */
export async function* byPeople(
  batches: AsyncIterable<EventBatch>,
  people: People,
  { windowRows = WINDOW_ROWS }: { windowRows?: number } = {},
): AsyncGenerator<EventBatch> {
  const window = rowWindow(people)
  for await (const batch of batches) {
    if (!window.fits(batch)) yield* withPauses(window.take(window.length()))
    if (isNumbered(batch)) {
      window.add(batch)
      if (window.length() >= windowRows) yield* withPauses(window.take(window.settled()))
    } else yield batch
  }
  yield* withPauses(window.take(window.length()))
}

/** Nothing is waited for between these batches: others in the process have their turn. */
async function* withPauses(batches: Iterable<EventBatch>): AsyncGenerator<EventBatch> {
  for (const batch of batches) {
    yield batch
    await setImmediate()
  }
}

const isNumbered = ({ columns }: EventBatch): boolean =>
  Object.values(columns).every(({ numbered }) => numbered !== undefined)

/** Rows in order of time, of which the first are taken by ranges of people. */
interface RowWindow {
  length(): number
  /** Rows before the last instant, of which more may come. */
  settled(): number
  /** Whether what numbers of values mean in a batch is what they mean here, or there are no rows. */
  fits(batch: EventBatch): boolean
  add(batch: EventBatch): void
  /** Takes so many rows out; none are added until all have come. */
  take(rows: number): Generator<EventBatch>
}

/** Columns of the same rows. */
interface Rows {
  time: Float64Array
  person: Int32Array
  matches: Uint32Array
  /** Numbers of values, column by column. */
  values: readonly Uint32Array[]
}

function emptyRows(length: number, columns: number): Rows {
  return {
    time: new Float64Array(length),
    person: new Int32Array(length),
    matches: new Uint32Array(length),
    values: Array.from({ length: columns }, () => new Uint32Array(length)),
  }
}

const columnsOf = ({ time, person, matches, values }: Rows) => [time, person, matches, ...values]

function rowWindow(people: People): RowWindow {
  const widest = Math.max(1, Math.ceil(people.count / RANGES))
  let names: readonly string[] = []
  /** By column, the values that its numbers stand for. */
  let meanings: readonly (readonly Scalar[])[] = []
  let rows = emptyRows(0, 0)
  let size = 0

  function reserve(length: number): void {
    if (length <= rows.time.length && names.length === rows.values.length) return
    const larger = emptyRows(Math.max(length, size * 2), names.length)
    for (const [i, column] of columnsOf(rows).entries()) columnsOf(larger)[i]?.set(column)
    rows = larger
  }

  /** Behind the people whom it knows, all are in the last range. */
  const rangeOf = (person: number): number => Math.min(RANGES - 1, Math.floor(person / widest))

  /** The first rows by ranges, and where each range begins. */
  function arranged(count: number): { rows: Rows; starts: Uint32Array } {
    const starts = new Uint32Array(RANGES + 1)
    const places = new Uint32Array(count)
    for (let row = 0; row < count; row++) starts[rangeOf(rows.person[row]!) + 1]!++
    for (let range = 1; range <= RANGES; range++) starts[range]! += starts[range - 1]!
    const next = starts.slice()
    for (let row = 0; row < count; row++) places[row] = next[rangeOf(rows.person[row]!)]!++
    const target = emptyRows(count, names.length)
    const to = columnsOf(target)
    for (const [i, from] of columnsOf(rows).entries())
      for (let row = 0; row < count; row++) to[i]![places[row]!] = from[row]!
    return { rows: target, starts }
  }

  return {
    length: () => size,
    settled() {
      let end = size
      while (end > 0 && rows.time[end - 1] === rows.time[size - 1]) end--
      return end
    },
    fits: ({ columns }) => size === 0 || names.every((name, i) => columns[name]?.numbered?.values === meanings[i]),
    add({ length, time, person, matches, columns }) {
      names = Object.keys(columns)
      meanings = names.map((name) => columns[name]!.numbered!.values)
      reserve(size + length)
      rows.time.set(time, size)
      rows.matches.set(matches, size)
      for (let row = 0; row < length; row++) rows.person[size + row] = personOf(people, person[row]!)
      for (const [i, name] of names.entries()) rows.values[i]!.set(columns[name]!.numbered!.numbers, size)
      size += length
    },
    *take(count) {
      if (count === 0) return
      const { rows: own, starts } = arranged(count)
      for (const column of columnsOf(rows)) column.copyWithin(0, count, size)
      size -= count
      for (let range = 0; range < RANGES; range++) {
        const [from, to] = [starts[range]!, starts[range + 1]!]
        if (from === to) continue
        yield {
          length: to - from,
          time: own.time.subarray(from, to),
          person: own.person.subarray(from, to),
          matches: own.matches.subarray(from, to),
          columns: Object.fromEntries(
            names.map((name, i) => [name, numberedColumn(meanings[i]!, own.values[i]!.subarray(from, to))]),
          ),
        }
      }
    },
  }
}

function numberedColumn(values: readonly Scalar[], numbers: Uint32Array): ScanColumn {
  return { at: (row) => values[numbers[row]!], numbered: { values, numbers } }
}
