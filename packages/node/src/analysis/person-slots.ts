import type { People } from '../store.js'

/** The person that an id's number belongs to; one that was given after `people` was asked for stands for itself. */
export function personOf({ count, canonical }: People, id: number): number {
  return id < count ? canonical[id]! : id
}

/** Numbers from 0 on for the people of whom there is any state. */
export interface PersonSlots {
  count(): number
  find(person: number): number | undefined
  /** Gives the person the next number. */
  add(person: number): number
}

/** Which slot a person's state has: people are dense numbers, hence an array and no map. */
export function personSlots(expected: number): PersonSlots {
  let slotOf = new Int32Array(expected).fill(-1)
  let size = 0
  return {
    count: () => size,
    find(person: number): number | undefined {
      const slot = person < slotOf.length ? slotOf[person]! : -1
      return slot === -1 ? undefined : slot
    },
    add(person: number): number {
      if (person >= slotOf.length) {
        const larger = new Int32Array(Math.max(person + 1, slotOf.length * 2)).fill(-1, slotOf.length)
        larger.set(slotOf)
        slotOf = larger
      }
      slotOf[person] = size
      return size++
    },
  }
}
