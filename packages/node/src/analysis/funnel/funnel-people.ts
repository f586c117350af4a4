import type { People } from '../../store.js'
import { personSlots } from '../person-slots.js'
import type { FunnelTaker } from './funnel-rows.js'
import { type FunnelState, opensAny, takeTied } from './funnel-state.js'

/** One sequence for each person, of all the person's events. */
export interface FunnelPeople extends FunnelTaker {
  count(): number
  /** The slot of the person's sequence; undefined where there is none. */
  find(person: number): number | undefined
  /** The person of each slot. */
  people(): Int32Array
}

/** Tells the state of every person's events, which are slots from 0 on. */
export function funnelPeople(state: FunnelState, people: People): FunnelPeople {
  const slots = personSlots(people)
  const { opens, single, interrupt } = state

  const add = (person: number): number => {
    state.reserve(slots.count() + 1)
    return slots.add(person)
  }

  return {
    count: slots.count,
    find: slots.find,
    people: slots.people,
    single(person, time, matches) {
      let slot = slots.find(person)
      if (slot === undefined) {
        // Most people never do what opens a state.
        if (!opens(matches)) return
        slot = add(person)
      }
      single(slot, time, matches)
      if (interrupt) interrupt(slot, matches)
    },
    several(person, time, { matches }) {
      const slot = slots.find(person) ?? (opensAny(state, matches) ? add(person) : undefined)
      if (slot !== undefined) takeTied(state, slot, { time, matches })
    },
  }
}
