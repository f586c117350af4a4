import { DAY_MS, type Day, dayStart, type EventBatch } from '@analytics/protocol'

/** Rows of one day in order of time, each of one of some parts. */
export interface DayRows {
  /** From the beginning of the day, in ms. */
  time: Uint32Array
  /** As in `EventBatch`. */
  person: Int32Array
  /** The number of the row's part. */
  part: Uint8Array
  /** As in `EventBatch`. */
  counts?: Uint32Array
}

/** What rows take. */
export const bytesOfRows = ({ time, counts }: DayRows): number => time.length * (counts ? 13 : 9)

/** Rows that are given at once, few enough to be in the processor's cache when they are consumed. */
const BATCH_ROWS = 32_768

/** Rows for which there is room at first. */
const FIRST_ROWS = 1024

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
  const time = new Float64Array(BATCH_ROWS)
  const person = new Int32Array(BATCH_ROWS)
  const matches = new Uint32Array(BATCH_ROWS)
  const counts = new Uint32Array(BATCH_ROWS)
  for (const read of days) {
    const { rows } = read
    const start = dayStart(read.day)
    const end = firstFrom(rows.time, to - start)
    for (let row = firstFrom(rows.time, from - start); row < end; row += BATCH_ROWS) {
      const part = { row, end: Math.min(end, row + BATCH_ROWS), start }
      const length = fill({ time, person, matches, counts }, read, part)
      yield {
        length,
        time: time.subarray(0, length),
        person: person.subarray(0, length),
        matches: matches.subarray(0, length),
        ...(rows.counts ? { counts: counts.subarray(0, length) } : {}),
        columns: {},
      }
    }
  }
}

/** Copies what matches of some rows, and tells how many do. */
function fill(
  { time, person, matches, counts }: Required<Omit<EventBatch, 'length' | 'columns'>>,
  { rows, masks }: DayRead,
  { row, end, start }: { row: number; end: number; start: number },
): number {
  // Looked up once: for each row it would take as long as to copy it.
  const { time: ofDay, person: people, part, counts: many } = rows
  let length = 0
  for (let i = row; i < end; i++) {
    const mask = masks[part[i]!]!
    if (mask === 0) continue
    time[length] = start + ofDay[i]!
    person[length] = people[i]!
    if (many) counts[length] = many[i]!
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
  const pushFirst = () => {
    joined.push(first.time[place]!, first.person[place]!, first.part[place]!, first.counts?.[place])
    place++
  }
  for (let i = 0; i < second.time.length; i++) {
    const number = numbers[second.part[i]!]!
    if (number < 0) continue
    while (place < first.time.length && first.time[place]! <= second.time[i]!) pushFirst()
    joined.push(second.time[i]!, second.person[i]!, number, second.counts?.[i])
  }
  while (place < first.time.length) pushFirst()
  return joined.take()
}

/** Takes the rows of days as they come. */
export interface DayCollector {
  add(batch: EventBatch): void
  /** Must be called behind the last batch, if all have come. */
  end(): void
}

/**
 * Copies the rows of days, ascending, and tells of each day when all of it has come, until it is answered with false, or a row has no part.
 * Rows of other days are passed over.
 */
export function collectDays(
  days: readonly Day[],
  partOf: (matches: number) => number | undefined,
  onDay: (day: Day, rows: DayRows) => boolean,
): DayCollector {
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
    add({ length, time, person, matches, counts }) {
      let from = start()
      for (let row = 0; row < length && !isOver; row++) {
        while (time[row]! >= from + DAY_MS) {
          endDay()
          from = start()
        }
        if (time[row]! < from) continue
        const part = partOf(matches[row]!)
        if (part === undefined) isOver = true
        else collected.push(time[row]! - from, person[row]!, part, counts?.[row])
      }
    },
    end() {
      while (at < days.length) endDay()
    },
  }
}

/** Rows that come one by one; those that come with no number of events stand for one. */
function growingRows(room: number) {
  let length = 0
  let time = new Uint32Array(room)
  let person = new Int32Array(room)
  let part = new Uint8Array(room)
  let counts: Uint32Array<ArrayBuffer> | undefined

  function grow(): void {
    const larger = Math.max(FIRST_ROWS, length * 2)
    time = copied(time, new Uint32Array(larger))
    person = copied(person, new Int32Array(larger))
    part = copied(part, new Uint8Array(larger))
    counts &&= copied(counts, new Uint32Array(larger))
  }

  return {
    push(ms: number, id: number, number: number, count?: number): void {
      if (length === time.length) grow()
      time[length] = ms
      person[length] = id
      part[length] = number
      if (count !== undefined) counts ??= new Uint32Array(time.length).fill(1, 0, length)
      if (counts) counts[length] = count ?? 1
      length++
    },
    /** A copy of all that came; what comes next is the first again. */
    take(): DayRows {
      const taken = {
        time: time.slice(0, length),
        person: person.slice(0, length),
        part: part.slice(0, length),
        ...(counts ? { counts: counts.slice(0, length) } : {}),
      }
      length = 0
      counts = undefined
      return taken
    },
  }
}

function copied<Numbers extends Uint8Array | Int32Array | Uint32Array>(from: Numbers, to: Numbers): Numbers {
  to.set(from)
  return to
}
