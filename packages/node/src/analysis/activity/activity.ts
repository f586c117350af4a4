import { AnalyticsError, type EventBatch, type Occurrences } from '@analytics/protocol'
import type { People } from '../../store.js'
import { personSlots } from '../person-slots.js'
import type { Buckets } from '../time.js'

/** In which intervals people did what, one bit for each person, interval and match of the scan. */
export interface Activity {
  /** Takes rows in order of time. */
  push(batch: EventBatch): void
  /** How many people there are; each has a number below it. */
  people(): number
  /** Whether the person did it in the interval as often as it must be. */
  has(person: number, match: number, interval: number): boolean
  /** The first interval from `from` on in which the person did it; the number of intervals where there is none. */
  next(person: number, match: number, from: number): number
  /** Whether the person did it before the first interval. */
  didBefore(person: number, match: number): boolean
  /** By person, the number that the store knows them by. */
  numbers(): Int32Array
}

/** What the grid is made of. */
export interface ActivityOptions {
  /** Where each interval begins, UTC milliseconds, ascending. */
  starts: Float64Array
  /** How often each match must be done in an interval; one for each match. */
  occurrences: readonly Occurrences[]
}

const FIRST_PEOPLE = 1024
const WORD_BITS = 32

/** An empty grid. Memory: a bit for each person, match and interval, and little more. */
export function activityGrid({ starts, occurrences }: ActivityOptions, people: People): Activity {
  const matchCount = occurrences.length
  const intervals = starts.length
  const words = Math.ceil(intervals / WORD_BITS)
  const limits = occurrences.map(({ minOccurrences = 1, maxOccurrences = Number.POSITIVE_INFINITY }) => ({
    min: minOccurrences,
    max: maxOccurrences,
  }))
  const isCounted = limits.some(({ min, max }) => min > 1 || max < Number.POSITIVE_INFINITY)
  const slots = personSlots(people)
  let capacity = 0
  let bits = new Uint32Array(0)
  let before = new Uint32Array(0)
  /** Of the interval that each was counted in last. */
  let counts = new Uint32Array(0)
  let countedIn = new Int32Array(0)
  let interval = -1

  function slotOf(person: number): number {
    const known = slots.find(person)
    if (known !== undefined) return known
    if (slots.count() >= capacity) grow()
    return slots.add(person)
  }

  function grow(): void {
    capacity = Math.max(FIRST_PEOPLE, capacity * 2)
    const larger = (old: Uint32Array, width: number) => {
      const grown = new Uint32Array(capacity * width)
      grown.set(old)
      return grown
    }
    bits = larger(bits, matchCount * words)
    before = larger(before, 1)
    if (!isCounted) return
    counts = larger(counts, matchCount)
    const grown = new Int32Array(capacity * matchCount).fill(-1, countedIn.length)
    grown.set(countedIn)
    countedIn = grown
  }

  const wordOf = (slot: number, match: number, at: number): number => (slot * matchCount + match) * words + (at >>> 5)

  function count(slot: number, match: number, times: number): void {
    const at = slot * matchCount + match
    counts[at] = countedIn[at] === interval ? counts[at]! + times : times
    countedIn[at] = interval
    const { min, max } = limits[match]!
    const bit = 1 << (interval & 31)
    if (counts[at]! >= min) bits[wordOf(slot, match, interval)]! |= bit
    if (counts[at]! > max) bits[wordOf(slot, match, interval)]! &= ~bit
  }

  return {
    push({ length, time, person, matches, counts: times }) {
      for (let row = 0; row < length; row++) {
        while (interval + 1 < intervals && time[row]! >= starts[interval + 1]!) interval++
        const slot = slotOf(person[row]!)
        const mask = matches[row]!
        if (interval < 0) {
          before[slot]! |= mask
          continue
        }
        for (let match = 0; match < matchCount; match++) {
          if ((mask & (1 << match)) === 0) continue
          if (isCounted) count(slot, match, times?.[row] ?? 1)
          else bits[wordOf(slot, match, interval)]! |= 1 << (interval & 31)
        }
      }
    },
    people: slots.count,
    has: (slot, match, at) => (bits[wordOf(slot, match, at)]! & (1 << (at & 31))) !== 0,
    next(slot, match, from) {
      for (let at = from; at < intervals; at = (at | 31) + 1) {
        const rest = bits[wordOf(slot, match, at)]! >>> (at & 31)
        if (rest !== 0) return at + 31 - Math.clz32(rest & -rest)
      }
      return intervals
    },
    didBefore: (slot, match) => (before[slot]! & (1 << match)) !== 0,
    numbers: slots.people,
  }
}

/** Those of a grid's people whom `each` tells of, by the numbers that the store knows them by. */
export function numbersOf(grid: Activity, each: (tell: (person: number) => void) => void): Int32Array {
  const numbers = grid.numbers()
  const found: number[] = []
  each((person) => found.push(numbers[person]!))
  return Int32Array.from(found)
}

/**
 * The interval that begins with a text as answers have it.
 * @param options.from The first one that an answer has.
 * @throws AnalyticsError `invalid_query` where there is none.
 */
export function intervalAt(
  { starts, label }: Buckets,
  start: string,
  { field, from = 0 }: { field: string; from?: number },
): number {
  for (let at = from; at < starts.length; at++) if (label(at) === start) return at
  throw new AnalyticsError('invalid_query', `${field}: no interval of the answer begins then.`, { field })
}
