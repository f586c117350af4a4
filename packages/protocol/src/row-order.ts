import type { EventBatch } from './scan.js'

/** One number of each row. */
export type NumberColumn = Float64Array | Int32Array | Uint32Array

/** Rows of numbers, in columns of the same length, to which more may be added under other names. */
export interface NumberRows extends Pick<EventBatch, 'time' | 'person' | 'matches' | 'counts'> {
  [column: string]: NumberColumn | undefined
}

/** The rows with something else in place of each column. */
export function mapColumns(rows: NumberRows, change: (column: NumberColumn) => NumberColumn): NumberRows {
  return Object.fromEntries(
    Object.entries(rows).map(([name, column]) => [name, change(column!)]),
  ) as unknown as NumberRows
}

const DIGIT_BITS = 16
const DIGIT_VALUES = 2 ** DIGIT_BITS
/** Milliseconds that two digits tell apart: 49 days. */
const RADIX_SPAN = DIGIT_VALUES ** 2

/** Runs that are merged; more of them are sorted. */
const MAX_RUNS = 32

/** Rows that a merge must copy in one go, on average: copying fewer costs more than sorting. */
const MERGED_ROWS = 64

/** The rows by time. Those of one instant are in no particular order. */
export function byTime(rows: NumberRows): NumberRows {
  const runs = runsOf(rows.time)
  if (!runs) return sorted(rows)
  return runs.length === 1 ? rows : (merged(rows, runs) ?? sorted(rows))
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

/** Merges runs block by block, where blocks are long: threads that read parts of a table by turns leave such runs. */
function merged(rows: NumberRows, runs: Run[]): NumberRows | undefined {
  const { time } = rows
  const target = mapColumns(rows, emptyLike)
  const columns = Object.keys(rows).map((name) => ({ from: rows[name]!, to: target[name]! }))
  let open = runs
  let blocksLeft = Math.max(MAX_RUNS, time.length / MERGED_ROWS)
  for (let at = 0; open.length > 0; ) {
    if (blocksLeft-- < 0) return undefined
    let first = open[0]!
    for (const run of open) if (time[run.from]! < time[first.from]!) first = run
    let limit = Number.POSITIVE_INFINITY
    for (const run of open) if (run !== first) limit = Math.min(limit, time[run.from]!)
    let end = first.from + 1
    while (end < first.to && time[end]! <= limit) end++
    for (const { from, to } of columns) to.set(from.subarray(first.from, end), at)
    at += end - first.from
    first.from = end
    if (end === first.to) open = open.filter((run) => run !== first)
  }
  return target
}

function sorted(rows: NumberRows): NumberRows {
  const order = orderOf(rows.time)
  return mapColumns(rows, (column) => {
    const ordered = emptyLike(column)
    // A loop: `from` with a function takes ten times as long.
    for (let at = 0; at < order.length; at++) ordered[at] = column[order[at]!]!
    return ordered
  })
}

function emptyLike(column: NumberColumn): NumberColumn {
  return new (column.constructor as new (length: number) => NumberColumn)(column.length)
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
