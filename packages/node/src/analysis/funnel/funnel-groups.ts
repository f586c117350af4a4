import type { FunnelBreakdown } from '@analytics/protocol'
import { compareText } from '@analytics/protocol/filter'
import type { People } from '../../store.js'
import { personOf } from '../person-slots.js'
import type { FunnelPeople } from './funnel-people.js'
import type { FunnelTaker } from './funnel-rows.js'
import { type FunnelState, opensAny, takeTied } from './funnel-state.js'
import { EMPTY, type FunnelValues } from './funnel-values.js'
import { NONE, personSequences } from './person-sequences.js'

/** Which sequences of people make up the groups of a breakdown. */
export interface FunnelGroups extends FunnelTaker {
  /** Holds the sequences. */
  state: FunnelState
  /** Tells each slot of the state that a group has, with the number of the group's value. */
  each(tell: (slot: number, value: number) => void): void
  /** The person of each slot. */
  people(): Int32Array
}

/** What groups are made of. */
export interface FunnelGroupsOptions {
  /** Number of steps. */
  steps: number
  values: FunnelValues
  /** The sequences of the answer as a whole, and their state. */
  whole: FunnelPeople
  state: FunnelState
  /** A state without anything in it, of the same funnel. */
  newState(): FunnelState
  people: People
}

/** The groups that an attribution gives. */
export function funnelGroups(
  attribution: Required<FunnelBreakdown>['attribution'],
  options: FunnelGroupsOptions,
): FunnelGroups {
  if (attribution === 'first' || attribution === 'last') return groupsByTouch(attribution, options)
  return attribution === 'all' ? groupsByValue(options) : groupsByStep(attribution.step, options)
}

/**
 * Every person is in one group, by the first or the last value that an event of a step has: the sequences are those of the whole. Of
 * several values at that instant it is the smallest.
 */
function groupsByTouch(touch: 'first' | 'last', options: FunnelGroupsOptions): FunnelGroups {
  const { values, whole, state, people } = options
  const anyStep = 2 ** options.steps - 1
  /** By person, the number of the value: 0 is the empty one. Where it is decided, also by the person's other ids that came. */
  let numbers = new Uint16Array(people.count)

  const isDecided = (id: number): boolean => touch === 'first' && id < numbers.length && numbers[id] !== EMPTY

  function note(person: number, value: number): void {
    if (value === EMPTY) return
    if (person >= numbers.length) {
      const larger = new Uint16Array(Math.max(1024, person * 2))
      larger.set(numbers)
      numbers = larger
    }
    numbers[person] = value
  }

  /** An event of somebody whose value is open as far as this id tells. */
  function look(id: number): void {
    const person = personOf(people, id)
    if (isDecided(person)) numbers[id] = numbers[person]!
    else note(person, values.own())
  }

  return {
    state,
    single(id, _time, matches) {
      if ((matches & anyStep) !== 0 && !isDecided(id)) look(id)
    },
    several(person, _time, { matches, values: texts }) {
      if (isDecided(person)) return
      const own = texts.filter((text, i) => matches[i]! & anyStep && text !== '').sort(compareText)
      if (own.length > 0) note(person, values.number(own[0]!))
    },
    each(tell) {
      for (const [slot, person] of whole.people().entries()) tell(slot, numbers[person] ?? EMPTY)
    },
    people: whole.people,
  }
}

/** A sequence for each person and value, of the events that have the value. */
function groupsByValue({ values, newState, people }: FunnelGroupsOptions): FunnelGroups {
  const state = newState()
  const sequences = personSequences(people)

  function find(person: number, value: number): number {
    let slot = sequences.newest(person)
    while (slot !== NONE && sequences.key(slot) !== value) slot = sequences.older(slot)
    return slot
  }

  function begin(person: number, value: number): number {
    const slot = sequences.begin(person, value)
    state.reserve(sequences.count())
    return slot
  }

  return {
    state,
    single(person, time, matches) {
      const value = values.own()
      const known = find(person, value)
      if (known === NONE && !state.opens(matches)) return
      const slot = known === NONE ? begin(person, value) : known
      state.single(slot, time, matches)
      state.interrupt?.(slot, matches)
    },
    several(person, time, { matches, values: texts }) {
      const numbers = texts.map(values.number)
      for (const value of new Set(numbers)) {
        const own = matches.filter((_, i) => numbers[i] === value)
        const known = find(person, value)
        if (known === NONE && !opensAny(state, own)) continue
        takeTied(state, known === NONE ? begin(person, value) : known, { time, matches: own })
      }
    },
    each: eachSequence(sequences),
    people: sequences.people,
  }
}

function eachSequence({ count, key }: Pick<ReturnType<typeof personSequences>, 'count' | 'key'>): FunnelGroups['each'] {
  return (tell) => {
    for (let slot = 0; slot < count(); slot++) if (key(slot) !== BASE) tell(slot, key(slot))
  }
}

/** The key of the sequence that is no group. */
const BASE = -1

/**
 * A sequence for each person and value of an event of the step, in which only events of the step with that value count as the step. What
 * came before the first of them is kept in a sequence in which none counts: each group of the person begins as a copy of it.
 */
function groupsByStep(step: number, { values, newState, people }: FunnelGroupsOptions): FunnelGroups {
  const state = newState()
  const bit = 1 << step
  const sequences = personSequences(people)

  function begin(person: number, value: number): number {
    const slot = sequences.begin(person, value)
    state.reserve(sequences.count())
    return slot
  }

  /** Begins the person's group of a value where there is none. */
  function ensure(person: number, value: number): void {
    let base = NONE
    let slot = sequences.newest(person)
    while (slot !== NONE && sequences.key(slot) !== value) {
      base = slot
      slot = sequences.older(slot)
    }
    if (slot === NONE) state.copy(base, begin(person, value))
  }

  const counts = (matches: number, value: number, key: number): number =>
    value === BASE || value === key ? matches : matches & ~bit

  return {
    state,
    single(person, time, matches) {
      const isStep = (matches & bit) !== 0
      if (sequences.newest(person) === NONE) {
        if (!isStep && !state.opens(matches)) return
        begin(person, BASE)
      }
      const value = isStep ? values.own() : BASE
      if (isStep) ensure(person, value)
      for (let slot = sequences.newest(person); slot !== NONE; slot = sequences.older(slot)) {
        state.single(slot, time, counts(matches, value, sequences.key(slot)))
        state.interrupt?.(slot, matches)
      }
    },
    several(person, time, { matches, values: texts }) {
      const numbers = matches.map((mask, i) => (mask & bit ? values.number(texts[i]!) : BASE))
      const isStep = numbers.some((value) => value !== BASE)
      if (sequences.newest(person) === NONE) {
        if (!isStep && !opensAny(state, matches)) return
        begin(person, BASE)
      }
      for (const value of numbers) if (value !== BASE) ensure(person, value)
      for (let slot = sequences.newest(person); slot !== NONE; slot = sequences.older(slot)) {
        const key = sequences.key(slot)
        takeTied(state, slot, { time, matches, counted: matches.map((mask, i) => counts(mask, numbers[i]!, key)) })
      }
    },
    each: eachSequence(sequences),
    people: sequences.people,
  }
}
