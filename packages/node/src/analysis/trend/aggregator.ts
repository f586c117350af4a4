import type { Aggregate, Scalar, ScanColumn } from '@analytics/protocol'
import { columnNumbers } from '../column-numbers.js'
import { pairSet } from '../pair-set.js'
import { percentile } from '../percentile.js'

/** Aggregates the rows of an interval, each in a group. Groups are numbers from 0 on. */
export interface Aggregator {
  /** Goes on to the rows of a batch, with the column that has what is aggregated. */
  open(column: ScanColumn | undefined): void
  /** @param times How many events the row stands for. */
  add(group: number, person: number, row: number, times: number): void
  /** The value of each group, after which the next interval begins; null where there is none. */
  take(): (number | null)[]
}

const PERCENTILES: Readonly<Partial<Record<Aggregate, number>>> = {
  p50: 0.5,
  p75: 0.75,
  p90: 0.9,
  p95: 0.95,
  p99: 0.99,
}

/** An aggregator over so many groups. */
export function aggregator(aggregate: Aggregate, groups: number): Aggregator {
  switch (aggregate) {
    case 'count':
      return rows(groups)
    case 'users':
      return people(groups)
    case 'sessions':
    case 'distinct':
      return values(groups)
    case 'sum':
    case 'average':
      return sums(groups, aggregate === 'average')
    case 'min':
      return extremes(groups, Math.min)
    case 'max':
      return extremes(groups, Math.max)
    default:
      return percentiles(groups, PERCENTILES[aggregate]!)
  }
}

/** Sums by group. */
interface Tally {
  add(group: number, times: number): void
  take(): number[]
}

function tally(groups: number): Tally {
  const counts = new Float64Array(groups)
  return {
    add(group, times) {
      counts[group]! += times
    },
    take() {
      const taken = [...counts]
      counts.fill(0)
      return taken
    },
  }
}

const needsNoColumn = () => {}

function rows(groups: number): Aggregator {
  const counts = tally(groups)
  return {
    open: needsNoColumn,
    add: (group, _person, _row, times) => counts.add(group, times),
    take: counts.take,
  }
}

function people(groups: number): Aggregator {
  const { add, take } = differentNumbers(groups)
  return { open: needsNoColumn, add: (group, person) => add(group, person), take }
}

/** Groups of which each may have an array over all people. */
const DENSE_GROUPS = 2

/** Counts the different numbers of each group, which begin at 0. */
function differentNumbers(groups: number): { add(group: number, number: number): void; take(): number[] } {
  const counts = tally(groups)
  const isFirst = groups <= DENSE_GROUPS ? firstTimes(groups) : firstPairs()
  return {
    add(group, number) {
      if (isFirst.add(group, number)) counts.add(group, 1)
    },
    take() {
      isFirst.clear()
      return counts.take()
    },
  }
}

/** Tells whether a pair comes for the first time. */
interface FirstTimes {
  add(group: number, number: number): boolean
  clear(): void
}

function firstPairs(): FirstTimes {
  let seen = pairSet()
  return {
    add: (group, number) => seen.add(group, number),
    clear() {
      seen = pairSet()
    },
  }
}

/** For few groups: by number, in which round it was there last. */
function firstTimes(groups: number): FirstTimes {
  const rounds = Array.from({ length: groups }, () => new Uint32Array(0))
  let round = 1
  return {
    add(group, number) {
      const seen = rounds[group]!
      if (number >= seen.length) {
        const larger = new Uint32Array(Math.max(1024, 2 * number))
        larger.set(seen)
        rounds[group] = larger
      } else if (seen[number] === round) return false
      rounds[group]![number] = round
      return true
    },
    clear() {
      round++
    },
  }
}

/** The number of a value that is missing. */
const NO_VALUE = -1

/** Counts the different values of each group; a value that is missing is none. */
function values(groups: number): Aggregator {
  const { add, take } = differentNumbers(groups)
  let column: ScanColumn | undefined
  let known = new Map<Scalar, number>()
  let numbers = columnNumbers(numberOf)

  function numberOf(value: Scalar): number {
    if (value === null) return NO_VALUE
    const number = known.get(value) ?? known.size
    known.set(value, number)
    return number
  }

  return {
    open(next) {
      column = next
      numbers.open(next)
    },
    add(group, _person, row) {
      const number = numbers.at(row)
      if (number !== NO_VALUE) add(group, number)
    },
    take() {
      known = new Map()
      numbers = columnNumbers(numberOf)
      numbers.open(column)
      return take()
    },
  }
}

/** Sums and means of the numbers among the values: a sum of nothing is 0, a mean of nothing has no value. */
function sums(groups: number, isMean: boolean): Aggregator {
  const totals = new Float64Array(groups)
  const counts = new Float64Array(groups)
  let column: ScanColumn | undefined
  return {
    open(next) {
      column = next
    },
    add(group, _person, row, times) {
      const value = column?.at(row)
      if (typeof value !== 'number') return
      totals[group]! += value * times
      counts[group]! += times
    },
    take() {
      const taken = Array.from(totals, (total, group) => (isMean ? quotient(total, counts[group]!) : total))
      totals.fill(0)
      counts.fill(0)
      return taken
    },
  }
}

const quotient = (total: number, count: number): number | null => (count === 0 ? null : total / count)

function extremes(groups: number, better: (a: number, b: number) => number): Aggregator {
  let best = new Array<number | null>(groups).fill(null)
  let column: ScanColumn | undefined
  return {
    open(next) {
      column = next
    },
    add(group, _person, row) {
      const value = column?.at(row)
      if (typeof value !== 'number') return
      const before = best[group]!
      best[group] = before === null ? value : better(before, value)
    },
    take() {
      const taken = best
      best = new Array<number | null>(groups).fill(null)
      return taken
    },
  }
}

function percentiles(groups: number, share: number): Aggregator {
  let numbers = Array.from({ length: groups }, (): number[] => [])
  let column: ScanColumn | undefined
  return {
    open(next) {
      column = next
    },
    add(group, _person, row, times) {
      const value = column?.at(row)
      if (typeof value !== 'number') return
      for (let i = 0; i < times; i++) numbers[group]!.push(value)
    },
    take() {
      const taken = numbers.map((one) => (one.length === 0 ? null : percentile(Float64Array.from(one).sort(), share)))
      numbers = Array.from({ length: groups }, (): number[] => [])
      return taken
    },
  }
}
