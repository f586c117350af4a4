import type { FunnelBreakdown } from '@analytics/protocol'
import { compareText } from '@analytics/protocol/filter'
import type { People } from '../../store.js'
import { personSlots } from '../person-slots.js'
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
  const { values, whole, state } = options
  const anyStep = 2 ** options.steps - 1
  const slots = personSlots(options.people)
  let people = new Int32Array(0)
  let numbers = new Int32Array(0)
  let times = new Float64Array(0)

  function slotOf(person: number): number {
    const known = slots.find(person)
    if (known !== undefined) return known
    const slot = slots.add(person)
    if (slot === people.length) {
      const length = Math.max(1024, slot * 2)
      people = larger(people, new Int32Array(length))
      numbers = larger(numbers, new Int32Array(length))
      times = larger(times, new Float64Array(length))
    }
    people[slot] = person
    return slot
  }

  const isDecided = (slot: number, time: number): boolean =>
    touch === 'first' && numbers[slot] !== EMPTY && times[slot] !== time

  function note(slot: number, time: number, text: string): void {
    const value = values.number(text)
    if (value === EMPTY) return
    const isTied = numbers[slot] !== EMPTY && times[slot] === time
    if (isTied && compareText(values.text(numbers[slot]!), text) <= 0) return
    numbers[slot] = value
    times[slot] = time
  }

  return {
    state,
    single(person, time, matches) {
      if ((matches & anyStep) === 0) return
      const slot = slotOf(person)
      if (!isDecided(slot, time)) note(slot, time, values.read())
    },
    several(person, time, { matches, values: texts }) {
      if (!matches.some((mask) => mask & anyStep)) return
      const slot = slotOf(person)
      if (isDecided(slot, time)) return
      for (const [i, text] of texts.entries()) if (matches[i]! & anyStep) note(slot, time, text)
    },
    each(tell) {
      for (let i = 0; i < slots.count(); i++) {
        const slot = whole.find(people[i]!)
        if (slot !== undefined) tell(slot, numbers[i]!)
      }
    },
    people: whole.people,
  }
}

function larger<Numbers extends { set(from: Numbers): void }>(old: Numbers, grown: Numbers): Numbers {
  grown.set(old)
  return grown
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
      const value = values.number(values.read())
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
      const value = isStep ? values.number(values.read()) : BASE
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
