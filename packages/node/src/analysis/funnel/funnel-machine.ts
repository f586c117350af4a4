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
  const slots = personSlots(people)
  // Rows of the instant that a batch has ended with: the next one may have more of them.
  let persons: number[] = []
  let masks: number[] = []
  let instant = Number.NaN

  const slotOf = (person: number, mask: number): number | undefined => {
    const known = slots.find(person)
    // Most people never do what opens a state.
    if (known !== undefined || !state.opens(mask)) return known
    state.reserve(slots.count() + 1)
    return slots.add(person)
  }

  const single = (person: number, time: number, mask: number): void => {
    const slot = slotOf(person, mask)
    if (slot !== undefined) state.single(slot, time, mask)
  }

  const several = (time: number): void => {
    for (const [person, group] of byPerson(persons, masks)) {
      const slot = slotOf(
        person,
        group.reduce((all, mask) => all | mask, 0),
      )
      if (slot === undefined) continue
      if (group.length === 1) state.single(slot, time, group[0]!)
      else state.several(slot, time, group)
    }
    persons = []
    masks = []
  }

  const keep = ({ person, matches }: EventBatch, from: number, to: number): void => {
    for (let row = from; row < to; row++) {
      persons.push(personOf(people, person[row]!))
      masks.push(matches[row]!)
    }
  }

  return {
    push(batch) {
      const { length, time, person, matches } = batch
      let row = 0
      while (row < length && time[row] === instant) row++
      keep(batch, 0, row)
      if (row === length) return
      several(instant)
      while (row < length) {
        const at = time[row]!
        let end = row + 1
        while (end < length && time[end] === at) end++
        if (end === length) instant = at
        if (end === length || end > row + 1) keep(batch, row, end)
        else single(person[row]!, at, matches[row]!)
        if (end < length && end > row + 1) several(at)
        row = end
      }
    },
    finish() {
      several(instant)
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
