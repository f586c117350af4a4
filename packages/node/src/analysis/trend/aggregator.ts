import type { Aggregate, Scalar } from '@analytics/protocol'
import { pairSet } from '../pair-set.js'
import { percentile } from '../percentile.js'

/** Aggregates the rows of an interval, each in a group. Groups are numbers from 0 on. */
export interface Aggregator {
  /** @param times How many events the row stands for. */
  add(group: number, person: number, value: Scalar, times: number): void
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

function rows(groups: number): Aggregator {
  const counts = new Float64Array(groups)
  return {
    add(group, _person, _value, times) {
      counts[group]! += times
    },
    take() {
      const taken = [...counts]
      counts.fill(0)
      return taken
    },
  }
}

/** Groups of which each may have an array over all people. */
const DENSE_GROUPS = 2

/** Counts the different people of each group. */
function people(groups: number): Aggregator {
  const counts = rows(groups)
  const isFirst = groups <= DENSE_GROUPS ? firstTimes(groups) : firstPairs()
  return {
    add(group, person, value) {
      if (isFirst.add(group, person)) counts.add(group, person, value, 1)
    },
    take() {
      isFirst.clear()
      return counts.take()
    },
  }
}

/** Tells whether a pair comes for the first time. */
interface FirstTimes {
  add(group: number, person: number): boolean
  clear(): void
}

function firstPairs(): FirstTimes {
  let seen = pairSet()
  return {
    add: (group, person) => seen.add(group, person),
    clear() {
      seen = pairSet()
    },
  }
}

/** For few groups: by person, in which round they were there last. */
function firstTimes(groups: number): FirstTimes {
  const rounds = Array.from({ length: groups }, () => new Uint32Array(0))
  let round = 1
  return {
    add(group, person) {
      const seen = rounds[group]!
      if (person >= seen.length) {
        const larger = new Uint32Array(Math.max(1024, 2 * person))
        larger.set(seen)
        rounds[group] = larger
      } else if (seen[person] === round) return false
      rounds[group]![person] = round
      return true
    },
    clear() {
      round++
    },
  }
}

/** Counts the different values of each group; a value that is missing is none. */
function values(groups: number): Aggregator {
  const counts = people(groups)
  let numbers = new Map<Scalar, number>()
  return {
    add(group, _person, value) {
      if (value === null) return
      let number = numbers.get(value)
      if (number === undefined) {
        number = numbers.size
        numbers.set(value, number)
      }
      counts.add(group, number, value, 1)
    },
    take() {
      numbers = new Map()
      return counts.take()
    },
  }
}

/** Sums and means of the numbers among the values: a sum of nothing is 0, a mean of nothing has no value. */
function sums(groups: number, isMean: boolean): Aggregator {
  const totals = new Float64Array(groups)
  const counts = new Float64Array(groups)
  return {
    add(group, _person, value, times) {
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
  return {
    add(group, _person, value) {
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
  return {
    add(group, _person, value, times) {
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
