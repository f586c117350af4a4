import { setImmediate } from 'node:timers/promises'
import type { EventBatch, Scalar, ScanColumn } from '@analytics/protocol'
import type { People } from '../store.js'
import { personOf } from './person-slots.js'

/** Rows that are put in order at once: enough for a person to have some of them. */
const WINDOW_ROWS = 524_288

/** Ranges of people, of equal length, at most. */
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

function rowWindow(people: People): RowWindow {
  const shift = Math.max(0, Math.ceil(Math.log2(Math.max(1, people.count) / RANGES)))
  /** Behind the people who are known, all are in the last range. */
  const rangeOf = (person: number): number => Math.min(RANGES - 1, person >>> shift)
  let names: readonly string[] = []
  /** By column, the values that its numbers stand for. */
  let meanings: readonly (readonly Scalar[])[] = []
  let rows = emptyRows(0, 0)
  /** The same rows by ranges: memory that is new each time takes longer to get than to fill. */
  let arranged = rows
  let size = 0

  function reserve(length: number): void {
    if (length <= rows.time.length && names.length === rows.values.length) return
    const larger = emptyRows(Math.max(length, size * 2), names.length)
    larger.time.set(rows.time)
    larger.person.set(rows.person)
    larger.matches.set(rows.matches)
    for (const [i, numbers] of larger.values.entries()) numbers.set(rows.values[i] ?? [])
    rows = larger
    arranged = emptyRows(larger.time.length, names.length)
  }

  /** Puts the first rows in order, and tells where each range begins. */
  function arrange(count: number): Uint32Array {
    // Looked up once: for each row it would take as long as to move it.
    const { time, person, matches, values } = rows
    const { time: times, person: persons, matches: masks } = arranged
    const starts = new Uint32Array(RANGES + 1)
    for (let row = 0; row < count; row++) starts[rangeOf(person[row]!) + 1]!++
    for (let range = 1; range <= RANGES; range++) starts[range]! += starts[range - 1]!
    const next = starts.slice()
    const places = new Uint32Array(count)
    for (let row = 0; row < count; row++) {
      const place = next[rangeOf(person[row]!)]!++
      places[row] = place
      times[place] = time[row]!
      persons[place] = person[row]!
      masks[place] = matches[row]!
    }
    for (const [i, numbers] of values.entries()) move(numbers, arranged.values[i]!, places)
    return starts
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
      const persons = rows.person
      for (let row = 0; row < length; row++) persons[size + row] = personOf(people, person[row]!)
      for (const [i, name] of names.entries()) rows.values[i]!.set(columns[name]!.numbered!.numbers, size)
      size += length
    },
    *take(count) {
      if (count === 0) return
      const starts = arrange(count)
      const { time, person, matches, values } = rows
      for (const column of [time, person, matches, ...values]) column.copyWithin(0, count, size)
      size -= count
      for (let range = 0; range < RANGES; range++) {
        const [from, to] = [starts[range]!, starts[range + 1]!]
        if (from === to) continue
        yield {
          length: to - from,
          time: arranged.time.subarray(from, to),
          person: arranged.person.subarray(from, to),
          matches: arranged.matches.subarray(from, to),
          columns: Object.fromEntries(
            names.map((name, i) => [name, numberedColumn(meanings[i]!, arranged.values[i]!.subarray(from, to))]),
          ),
        }
      }
    },
  }
}

/** Moves each number to its place. */
function move(numbers: Uint32Array, to: Uint32Array, places: Uint32Array): void {
  for (let row = 0; row < places.length; row++) to[places[row]!] = numbers[row]!
}

function numberedColumn(values: readonly Scalar[], numbers: Uint32Array): ScanColumn {
  return { at: (row) => values[numbers[row]!], numbered: { values, numbers } }
}
