import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  collectPeople,
  countNamed,
  inBoth,
  inEither,
  isIn,
  namedPeople,
  othersThan,
  type PeopleSet,
} from '../../src/analysis/people-set.js'

/** Beyond what a set has room for at first. */
const HIGHEST = 3000
const person = fc.oneof(fc.integer({ min: 0, max: 70 }), fc.integer({ min: 0, max: HIGHEST }))
const people = fc.record({ named: fc.array(person, { maxLength: 20 }), isRest: fc.boolean() })
const EVERYBODY = Array.from({ length: HIGHEST + 40 }, (_, number) => number)

function setOf({ named, isRest }: { named: readonly number[]; isRest: boolean }): PeopleSet {
  const collected = collectPeople()
  for (const one of named) collected.add(one)
  return isRest ? othersThan(collected.set()) : collected.set()
}

describe('a set of people', () => {
  it('is what a set of numbers would be, also where it is everybody but some, and so are both, either and the others', () => {
    fc.assert(
      fc.property(people, people, (a, b) => {
        const [one, other] = [setOf(a), setOf(b)]
        const has = (set: typeof a, number: number) => set.named.includes(number) !== set.isRest
        const members = (set: PeopleSet) => EVERYBODY.filter((number) => isIn(set, number))
        expect(members(one)).toEqual(EVERYBODY.filter((number) => has(a, number)))
        expect(members(othersThan(one))).toEqual(EVERYBODY.filter((number) => !has(a, number)))
        expect(members(inBoth(one, other))).toEqual(EVERYBODY.filter((number) => has(a, number) && has(b, number)))
        expect(members(inEither(one, other))).toEqual(EVERYBODY.filter((number) => has(a, number) || has(b, number)))
      }),
      { seed: 1, numRuns: 100 },
    )
  })

  it('names each of its people once, ascending, and counts them', () => {
    fc.assert(
      fc.property(fc.array(person), (named) => {
        const set = setOf({ named, isRest: false })
        expect([...namedPeople(set)]).toEqual([...new Set(named)].sort((a, b) => a - b))
        expect(countNamed(set)).toBe(new Set(named).size)
      }),
      { seed: 2, numRuns: 200 },
    )
  })

  it('has nobody who was taken out again, and is not changed by who never was in', () => {
    const collected = collectPeople()
    for (const number of [31, 32, 5000]) collected.add(number)
    for (const number of [32, 33, 1_000_000]) collected.remove(number)
    expect([...namedPeople(collected.set())]).toEqual([31, 5000])
  })
})
