import { collectPeople, inBoth, othersThan, type PeopleSet } from '../people-set.js'
import { personOf } from '../person-slots.js'
import type { FirstCondition, TimesCondition } from './cohort-plan.js'
import { type CohortScan, type CohortScanContext, spanStart } from './cohort-scan.js'

/** What is known of people by one condition. */
export interface Tally {
  /** So many events within the condition's time. */
  add(person: number, events: number): void
  /** An event before it. */
  addEarlier?(person: number): void
  set(): PeopleSet
}

/** How often people did things: events of a person between the beginnings of two times may come as one row. Match i is condition i. */
export function timesScan(
  conditions: readonly (TimesCondition | FirstCondition)[],
  { at, people }: CohortScanContext,
): CohortScan {
  const starts = conditions.map(({ withinMs }) => spanStart(at, withinMs))
  const tallies = conditions.map(tallyOf)
  const isWhole = conditions.some(({ kind }) => kind === 'first')
  const from = isWhole ? spanStart(at, undefined) : Math.min(...starts)
  return {
    from,
    request: {
      matches: conditions.map(({ match }) => match),
      intervals: Float64Array.from(new Set([from, ...starts])).sort(),
    },
    push({ length, time, person, matches, counts }) {
      for (let row = 0; row < length; row++) {
        const id = personOf(people, person[row]!)
        for (let rest = matches[row]!; rest !== 0; rest &= rest - 1) {
          const i = 31 - Math.clz32(rest & -rest)
          const tally = tallies[i]!
          if (time[row]! >= starts[i]!) tally.add(id, counts?.[row] ?? 1)
          else tally.addEarlier?.(id)
        }
      }
    },
    finish: () => conditions.map((condition, i) => [condition, tallies[i]!.set()]),
  }
}

function tallyOf(condition: TimesCondition | FirstCondition): Tally {
  if (condition.kind === 'first') return firstTally()
  const { min, max } = condition
  return min === 1 && max === Number.POSITIVE_INFINITY ? onceTally() : timesTally(min, max)
}

function onceTally(): Tally {
  const found = collectPeople()
  return { add: found.add, set: found.set }
}

/** Who did it within the time, and never before. */
export function firstTally(): Required<Tally> {
  const earlier = collectPeople()
  const within = collectPeople()
  return {
    add: within.add,
    addEarlier: earlier.add,
    set: () => inBoth(within.set(), othersThan(earlier.set())),
  }
}

/** Four bytes for each person of the store. */
function timesTally(min: number, max: number): Tally {
  let counts = new Uint32Array(0)
  return {
    add(person, events) {
      if (person >= counts.length) {
        const larger = new Uint32Array(Math.max(1024, person + 1, counts.length * 2))
        larger.set(counts)
        counts = larger
      }
      counts[person]! += events
    },
    set() {
      const found = collectPeople()
      for (let person = 0; person < counts.length; person++)
        if (counts[person]! >= min && counts[person]! <= max) found.add(person)
      return found.set()
    },
  }
}
