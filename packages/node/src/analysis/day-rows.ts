import { DAY_MS, type Day, dayStart, type EventBatch } from '@analytics/protocol'

/** Events of one day in order of time, each of one of some parts. */
export interface DayRows {
  /** From the beginning of the day, in ms. */
  time: Uint32Array
  /** As in `EventBatch`. */
  person: Int32Array
  /** The number of the part that the event is of. */
  part: Uint8Array
}

/** What a row takes. */
export const ROW_BYTES = 9

/** Parts that can be told apart. */
export const MOST_PARTS = 255

/** Rows that are given at once, few enough to be in the processor's cache when they are consumed. */
const BATCH_ROWS = 32_768

/** Rows for which there is room at first. */
const FIRST_ROWS = 1024

function emptyRows(length: number): DayRows {
  return { time: new Uint32Array(length), person: new Int32Array(length), part: new Uint8Array(length) }
}

/** What is read of a day. */
export interface DayRead {
  day: Day
  rows: DayRows
  /** By part, what its rows match; those of 0 are left out. */
  masks: Uint32Array
}

/** Gives the rows of days, one day after the other, that lie in `[from, to)`, UTC milliseconds. */
export function* batchesOf(days: Iterable<DayRead>, { from, to }: { from: number; to: number }): Generator<EventBatch> {
  // One memory for all: to get new one each time takes longer than to fill it.
  const batch = {
    time: new Float64Array(BATCH_ROWS),
    person: new Int32Array(BATCH_ROWS),
    matches: new Uint32Array(BATCH_ROWS),
  }
  for (const read of days) {
    const { time } = read.rows
    const start = dayStart(read.day)
    const end = firstFrom(time, to - start)
    for (let row = firstFrom(time, from - start); row < end; row += BATCH_ROWS) {
      const length = fill(batch, read, { row, end: Math.min(end, row + BATCH_ROWS), start })
      yield {
        length,
        time: batch.time.subarray(0, length),
        person: batch.person.subarray(0, length),
        matches: batch.matches.subarray(0, length),
        columns: {},
      }
    }
  }
}

/** Copies what matches of some rows, and tells how many do. */
function fill(
  { time, person, matches }: Pick<EventBatch, 'time' | 'person' | 'matches'>,
  { rows, masks }: DayRead,
  { row, end, start }: { row: number; end: number; start: number },
): number {
  // Looked up once: for each row it would take as long as to copy it.
  const { time: ofDay, person: people, part } = rows
  let length = 0
  for (let i = row; i < end; i++) {
    const mask = masks[part[i]!]!
    if (mask === 0) continue
    time[length] = start + ofDay[i]!
    person[length] = people[i]!
    matches[length++] = mask
  }
  return length
}

/** The place of the first instant that is not before `ms`. */
function firstFrom(time: Uint32Array, ms: number): number {
  let [low, high] = [0, time.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (time[middle]! < ms) low = middle + 1
    else high = middle
  }
  return low
}

/**
 * The rows of two that lie in the same day, in order of time.
 * @param numbers By part of the second, its number from now on; below 0 where its rows are left out.
 */
export function joinRows(first: DayRows, second: DayRows, numbers: Int16Array): DayRows {
  const joined = growingRows(first.time.length + second.time.length)
  let place = 0
  for (let i = 0; i < second.time.length; i++) {
    const number = numbers[second.part[i]!]!
    if (number < 0) continue
    const ms = second.time[i]!
    for (; place < first.time.length && first.time[place]! <= ms; place++)
      joined.push(first.time[place]!, first.person[place]!, first.part[place]!)
    joined.push(ms, second.person[i]!, number)
  }
  for (; place < first.time.length; place++) joined.push(first.time[place]!, first.person[place]!, first.part[place]!)
  return joined.take()
}

/** Takes the rows of days as they come. */
export interface DayCollector {
  add(batch: EventBatch): void
  /** Must be called behind the last batch, if all have come. */
  end(): void
}

/**
 * Copies the rows of days, ascending, and tells of each day when all of it has come, until it is answered with false. Rows of other days
 * are passed over.
 * @param masks By part, what its rows match: each row is of the one that has the lowest of its bits.
 */
export function collectDays(
  days: readonly Day[],
  masks: readonly number[],
  onDay: (day: Day, rows: DayRows) => boolean,
): DayCollector {
  const partOf = Uint8Array.from({ length: 32 }, (_, bit) => masks.findIndex((mask) => (mask & (1 << bit)) !== 0))
  const collected = growingRows(FIRST_ROWS)
  let at = 0
  let isOver = false
  const start = (): number => (at < days.length ? dayStart(days[at]!) : Number.POSITIVE_INFINITY)

  function endDay(): void {
    const rows = collected.take()
    if (!isOver) isOver = !onDay(days[at]!, rows)
    at++
  }

  return {
    add({ length, time, person, matches }) {
      let from = start()
      for (let row = 0; row < length && !isOver; row++) {
        while (time[row]! >= from + DAY_MS) {
          endDay()
          from = start()
        }
        if (time[row]! < from) continue
        const lowestBit = 31 - Math.clz32(matches[row]! & -matches[row]!)
        collected.push(time[row]! - from, person[row]!, partOf[lowestBit]!)
      }
    },
    end() {
      while (at < days.length) endDay()
    },
  }
}

/** Rows that come one by one. */
function growingRows(room: number) {
  let length = 0
  let rows = emptyRows(room)

  function grow(): void {
    const larger = emptyRows(Math.max(FIRST_ROWS, length * 2))
    larger.time.set(rows.time)
    larger.person.set(rows.person)
    larger.part.set(rows.part)
    rows = larger
  }

  return {
    push(ms: number, person: number, part: number): void {
      if (length === rows.time.length) grow()
      rows.time[length] = ms
      rows.person[length] = person
      rows.part[length++] = part
    },
    /** A copy of all that came; what comes next is the first again. */
    take(): DayRows {
      const taken = {
        time: rows.time.slice(0, length),
        person: rows.person.slice(0, length),
        part: rows.part.slice(0, length),
      }
      length = 0
      return taken
    },
  }
}
