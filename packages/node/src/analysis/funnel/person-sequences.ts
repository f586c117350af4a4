import type { People } from '../../store.js'
import { personSlots } from '../person-slots.js'

/** Says that there is no sequence. */
export const NONE = -1

/** Sequences of people: each has a slot of its own, a key, and follows the one that its person began before it. */
export interface PersonSequences {
  /** Slots given so far. */
  count(): number
  /** The sequence that the person began last; {@link NONE} where there is none. */
  newest(person: number): number
  /** The one that the same person began before it. */
  older(slot: number): number
  key(slot: number): number
  /** Begins a sequence of the person, in a slot that was freed where there is one. */
  begin(person: number, key: number): number
  /** Frees the slots of the person's sequences of which the key is lower. Keys of a person must only grow. */
  end(person: number, below: number): void
  /** The person of each slot that was not freed. */
  people(): Int32Array
}

const FIRST_CAPACITY = 1024

/** No sequences yet. Memory: twelve bytes for each person, and for each slot. */
export function personSequences(people: People): PersonSequences {
  const slots = personSlots(people)
  let newest = new Int32Array(0)
  let older = new Int32Array(0)
  let keys = new Int32Array(0)
  let count = 0
  /** The first of the slots that were freed; each is followed by the next one. */
  let free = NONE

  function take(): number {
    if (free !== NONE) {
      const slot = free
      free = older[slot]!
      return slot
    }
    if (count === keys.length) {
      older = grown(older)
      keys = grown(keys)
    }
    return count++
  }

  function numberOf(person: number): number {
    const known = slots.find(person)
    if (known !== undefined) return known
    const number = slots.add(person)
    if (number >= newest.length) newest = grown(newest)
    newest[number] = NONE
    return number
  }

  return {
    count: () => count,
    newest(person) {
      const number = slots.find(person)
      return number === undefined ? NONE : newest[number]!
    },
    older: (slot) => older[slot]!,
    key: (slot) => keys[slot]!,
    begin(person, key) {
      const number = numberOf(person)
      const slot = take()
      older[slot] = newest[number]!
      keys[slot] = key
      newest[number] = slot
      return slot
    },
    end(person, below) {
      const number = slots.find(person)
      if (number === undefined) return
      let last = NONE
      let slot = newest[number]!
      while (slot !== NONE && keys[slot]! >= below) {
        last = slot
        slot = older[slot]!
      }
      if (slot === NONE) return
      if (last === NONE) newest[number] = NONE
      else older[last] = NONE
      while (slot !== NONE) {
        const next = older[slot]!
        older[slot] = free
        free = slot
        slot = next
      }
    },
    people() {
      const persons = new Int32Array(count)
      for (const [number, person] of slots.people().entries())
        for (let slot = newest[number]!; slot !== NONE; slot = older[slot]!) persons[slot] = person
      return persons
    },
  }
}

function grown(old: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(Math.max(FIRST_CAPACITY, old.length * 2))
  larger.set(old)
  return larger
}
