import type { People } from '../store.js'

/** The person that an id's number belongs to; one that was given after `people` was asked for stands for itself. */
export function personOf({ count, canonical }: People, id: number): number {
  return id < count ? canonical[id]! : id
}

/** Numbers from 0 on for the people of whom there is any state; all ids of a person have one. */
export interface PersonSlots {
  count(): number
  /** The slot of the person whose id it is. */
  find(id: number): number | undefined
  /** Gives the person whose id it is the next slot. */
  add(id: number): number
  /** The person of each slot. */
  people(): Int32Array
}

/** Which slot a person's state has: ids are dense numbers, hence an array and no map. */
export function personSlots(people: People): PersonSlots {
  /** By id: the slot, once it was looked for, or -1. */
  let slotOf = new Int32Array(people.count).fill(-1)
  let size = 0

  const set = (id: number, slot: number): void => {
    if (id >= slotOf.length) {
      const larger = new Int32Array(Math.max(id + 1, slotOf.length * 2)).fill(-1, slotOf.length)
      larger.set(slotOf)
      slotOf = larger
    }
    slotOf[id] = slot
  }

  /** An id of somebody who may be known by another one. */
  const findPerson = (id: number): number | undefined => {
    const person = personOf(people, id)
    const slot = person < slotOf.length ? slotOf[person]! : -1
    if (slot < 0) return undefined
    set(id, slot)
    return slot
  }

  return {
    count: () => size,
    find(id) {
      const slot = id < slotOf.length ? slotOf[id]! : -1
      return slot >= 0 ? slot : findPerson(id)
    },
    add(id) {
      set(id, size)
      set(personOf(people, id), size)
      return size++
    },
    // Found out when asked for, so that counting costs no memory for it.
    people() {
      const persons = new Int32Array(size)
      for (let id = 0; id < slotOf.length; id++) if (slotOf[id]! >= 0) persons[slotOf[id]!] = personOf(people, id)
      return persons
    },
  }
}
