import type { EventIdentity } from '@analytics/protocol'
import { identityKey } from '../../people/identity-key.js'
import type { People, PersonIds, Subject } from '../../store.js'

/** Numbers ids and remembers whose anonymous ids are whose. */
export interface MemoryPeople {
  number(identity: EventIdentity): number
  /** -1 for an identity that has no number. */
  knownNumber(identity: EventIdentity): number
  /** False where the id has an owner. */
  link(anonymousId: string, userId: string): boolean
  ownerOf(anonymousId: string): string | undefined
  anonymousIdsOf(userId: string): string[]
  identitiesOf(people: readonly number[]): PersonIds[]
  view(): People
  /** The numbers that these ids have. */
  numbersOf(subject: Subject): number[]
  /** The id that a number was given to. */
  idOf(person: number): EventIdentity
  /** Numbers that were given before an instant. */
  seenBefore(before: number): number[]
  /** Whether anonymous ids are linked to the number. */
  hasVisitors(person: number): boolean
  /** Forgets ids; their numbers are not given again. */
  forget(people: Iterable<number>): number
}

/** The dictionary of one store. */
export function memoryPeople(now: () => number): MemoryPeople {
  const numbers = new Map<string, { person: number; since: number }>()
  const owners = new Map<string, string>()
  let count = 0

  const numberOf = (key: string): number => {
    const known = numbers.get(key)
    if (known) return known.person
    numbers.set(key, { person: count, since: now() })
    return count++
  }
  const anonymousIdsOf = (userId: string): string[] =>
    [...owners].filter(([, owner]) => owner === userId).map(([id]) => id)

  return {
    number: (identity: EventIdentity): number => numberOf(identityKey(identity)),

    knownNumber: (identity: EventIdentity): number => numbers.get(identityKey(identity))?.person ?? -1,

    /** False where the id has an owner. */
    link(anonymousId: string, userId: string): boolean {
      if (owners.has(anonymousId)) return false
      owners.set(anonymousId, userId)
      numberOf(`a${anonymousId}`)
      numberOf(`u${userId}`)
      return true
    },
    ownerOf: (anonymousId: string): string | undefined => owners.get(anonymousId),
    anonymousIdsOf,

    identitiesOf(people: readonly number[]): PersonIds[] {
      const keys = new Map([...numbers].map(([key, { person }]) => [person, key]))
      return people.map((person) => {
        const key = keys.get(person)
        if (key === undefined) return { userId: null, anonymousIds: [] }
        const id = key.slice(1)
        if (key.startsWith('a')) return { userId: null, anonymousIds: [id] }
        return { userId: id, anonymousIds: anonymousIdsOf(id) }
      })
    },

    view() {
      const canonical = Int32Array.from({ length: count }, (_, i) => i)
      for (const [anonymousId, userId] of owners) canonical[numberOf(`a${anonymousId}`)] = numberOf(`u${userId}`)
      return { count, canonical }
    },

    /** The numbers that these ids have. */
    numbersOf: ({ userIds, anonymousIds }: Subject): number[] =>
      [...userIds.map((id) => `u${id}`), ...anonymousIds.map((id) => `a${id}`)].flatMap(
        (key) => numbers.get(key)?.person ?? [],
      ),

    /** The id that a number was given to. */
    idOf(person: number): EventIdentity {
      const key = [...numbers].find(([, one]) => one.person === person)?.[0] ?? ''
      return {
        userId: key.startsWith('u') ? key.slice(1) : null,
        anonymousId: key.startsWith('a') ? key.slice(1) : null,
      }
    },

    seenBefore: (before: number): number[] =>
      [...numbers.values()].filter(({ since }) => since < before).map(({ person }) => person),

    hasVisitors: (person: number): boolean =>
      [...owners.values()].some((id) => numbers.get(`u${id}`)?.person === person),

    /** Forgets ids; their numbers are not given again. */
    forget(people: Iterable<number>): number {
      const gone = new Set(people)
      const keys = [...numbers].filter(([, { person }]) => gone.has(person)).map(([key]) => key)
      for (const key of keys) {
        numbers.delete(key)
        if (key.startsWith('a')) owners.delete(key.slice(1))
      }
      for (const [anonymousId, userId] of owners) if (!numbers.has(`u${userId}`)) owners.delete(anonymousId)
      return keys.length
    },
  }
}
