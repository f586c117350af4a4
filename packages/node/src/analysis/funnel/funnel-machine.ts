import type { EventBatch } from '@analytics/protocol'
import type { People } from '../../store.js'
import { personOf, personSlots } from '../person-slots.js'
import type { FunnelState } from './funnel-state.js'

/** Consumes a scan in order of time and counts. */
export interface FunnelMachine {
  push(batch: EventBatch): void
  /** How many people there are in the state. */
  finish(): number
}

/**
 * One pass over rows in order of time; the state says what an event means. Of events at one instant, each fills one step of an attempt.
 */
export function funnelMachine(state: FunnelState, people: People): FunnelMachine {
  const slots = personSlots(people.count)
  // The rows of the instant that is being read.
  const persons: number[] = []
  const masks: number[] = []
  let instant = Number.NaN

  const slotOf = (person: number, mask: number): number | undefined => {
    const known = slots.find(person)
    // Most people never do what opens a state.
    if (known !== undefined || !state.opens(mask)) return known
    state.reserve(slots.count() + 1)
    return slots.add(person)
  }

  const flush = () => {
    if (persons.length === 1) {
      const slot = slotOf(persons[0]!, masks[0]!)
      if (slot !== undefined) state.single(slot, instant, masks[0]!)
    } else {
      for (const [person, group] of byPerson(persons, masks)) {
        const slot = slotOf(
          person,
          group.reduce((all, mask) => all | mask, 0),
        )
        if (slot === undefined) continue
        if (group.length === 1) state.single(slot, instant, group[0]!)
        else state.several(slot, instant, group)
      }
    }
    persons.length = 0
    masks.length = 0
  }

  return {
    push({ length, time, person, matches }) {
      for (let row = 0; row < length; row++) {
        const at = time[row]!
        if (at !== instant) {
          if (persons.length > 0) flush()
          instant = at
        }
        persons.push(personOf(people, person[row]!))
        masks.push(matches[row]!)
      }
    },
    finish() {
      flush()
      return slots.count()
    },
  }
}

function byPerson(persons: readonly number[], masks: readonly number[]): Map<number, number[]> {
  const groups = new Map<number, number[]>()
  for (const [i, person] of persons.entries()) {
    const group = groups.get(person)
    if (group) group.push(masks[i]!)
    else groups.set(person, [masks[i]!])
  }
  return groups
}
