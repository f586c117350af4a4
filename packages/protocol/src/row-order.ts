import type { EventBatch } from './scan.js'

/** Rows of numbers. */
export type NumberRows = Pick<EventBatch, 'time' | 'person' | 'matches' | 'counts'>

const DIGIT_BITS = 16
const DIGIT_VALUES = 2 ** DIGIT_BITS
/** Milliseconds that two digits tell apart: 49 days. */
const RADIX_SPAN = DIGIT_VALUES ** 2

/** Runs that are merged; more of them are sorted. */
const MAX_RUNS = 32

/** The rows by time. Those of one instant are in no particular order. */
export function byTime(rows: NumberRows): NumberRows {
  const runs = runsOf(rows.time)
  if (!runs) return sorted(rows)
  return runs.length === 1 ? rows : merged(rows, runs)
}

/** Rows that are in order among themselves: the first, and the one behind the last. */
interface Run {
  from: number
  to: number
}

/** The runs that the rows are made of; undefined where there are many. */
function runsOf(time: Float64Array): Run[] | undefined {
  const runs: Run[] = [{ from: 0, to: time.length }]
  for (let row = 1; row < time.length; row++) {
    if (time[row - 1]! <= time[row]!) continue
    if (runs.length === MAX_RUNS) return undefined
    runs.at(-1)!.to = row
    runs.push({ from: row, to: time.length })
  }
  return runs
}

/** Merges runs block by block: threads that read parts of a table by turns leave few and long ones. */
function merged(rows: NumberRows, runs: Run[]): NumberRows {
  const { time } = rows
  const target = emptyRows(time.length, rows.counts !== undefined)
  let open = runs
  for (let at = 0; open.length > 0; ) {
    let first = open[0]!
    for (const run of open) if (time[run.from]! < time[first.from]!) first = run
    let limit = Number.POSITIVE_INFINITY
    for (const run of open) if (run !== first) limit = Math.min(limit, time[run.from]!)
    let end = first.from + 1
    while (end < first.to && time[end]! <= limit) end++
    copyRows(rows, target, { from: first.from, to: end, at })
    at += end - first.from
    first.from = end
    if (end === first.to) open = open.filter((run) => run !== first)
  }
  return target
}

function copyRows(rows: NumberRows, target: NumberRows, { from, to, at }: Run & { at: number }): void {
  target.time.set(rows.time.subarray(from, to), at)
  target.person.set(rows.person.subarray(from, to), at)
  target.matches.set(rows.matches.subarray(from, to), at)
  if (rows.counts) target.counts!.set(rows.counts.subarray(from, to), at)
}

function emptyRows(length: number, hasCounts: boolean): NumberRows {
  return {
    time: new Float64Array(length),
    person: new Int32Array(length),
    matches: new Uint32Array(length),
    ...(hasCounts ? { counts: new Uint32Array(length) } : {}),
  }
}

function sorted({ time, person, matches, counts }: NumberRows): NumberRows {
  const order = orderOf(time)
  const rows = emptyRows(order.length, counts !== undefined)
  // Loops: `from` with a function takes ten times as long.
  for (let at = 0; at < order.length; at++) {
    const row = order[at]!
    rows.time[at] = time[row]!
    rows.person[at] = person[row]!
    rows.matches[at] = matches[row]!
    if (counts) rows.counts![at] = counts[row]!
  }
  return rows
}

/** The rows' numbers in order of time: by its digits, the lower first, which takes as long whatever the order was. */
function orderOf(time: Float64Array): Uint32Array {
  const order = new Uint32Array(time.length)
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (let row = 0; row < time.length; row++) {
    order[row] = row
    if (time[row]! < min) min = time[row]!
    if (time[row]! > max) max = time[row]!
  }
  // Few rows, then: more of them would come in parts of fewer days.
  if (max - min >= RADIX_SPAN) return order.sort((a, b) => time[a]! - time[b]!)
  const digits = new Uint32Array(time.length)
  for (let row = 0; row < time.length; row++) digits[row] = time[row]! - min
  return byDigit(byDigit(order, digits, 0), digits, DIGIT_BITS)
}

/** A stable counting sort by 16 bits of each row's number. */
function byDigit(order: Uint32Array, numbers: Uint32Array, shift: number): Uint32Array {
  const places = new Uint32Array(DIGIT_VALUES + 1)
  const digitOf = (row: number): number => (numbers[row]! >>> shift) & (DIGIT_VALUES - 1)
  for (let at = 0; at < order.length; at++) places[digitOf(order[at]!) + 1]!++
  for (let digit = 1; digit < DIGIT_VALUES; digit++) places[digit]! += places[digit - 1]!
  const sorted = new Uint32Array(order.length)
  for (let at = 0; at < order.length; at++) sorted[places[digitOf(order[at]!)]!++] = order[at]!
  return sorted
}
