/**
 * A set of people by their own numbers, those that stand for themselves. It holds the ones that it names, or everybody but these: who is not
 * in a set of the second kind is known, but not how many are.
 */
export interface PeopleSet {
  /** A bit for each person that is named, from number 0 on. */
  readonly words: Uint32Array
  /** Whether it is everybody but those that are named. */
  readonly isRest: boolean
}

/** Collects the people of a set. */
export interface PeopleCollector {
  add(person: number): void
  remove(person: number): void
  /** Those that were added and not removed. */
  set(): PeopleSet
}

const FIRST_WORDS = 32

/** Nobody yet. */
export function collectPeople(): PeopleCollector {
  let words = new Uint32Array(FIRST_WORDS)

  const reserve = (length: number): void => {
    const larger = new Uint32Array(Math.max(length, words.length * 2))
    larger.set(words)
    words = larger
  }

  return {
    add(person) {
      const word = person >>> 5
      if (word >= words.length) reserve(word + 1)
      words[word]! |= 1 << (person & 31)
    },
    remove(person) {
      const word = person >>> 5
      if (word < words.length) words[word]! &= ~(1 << (person & 31))
    },
    set: () => ({ words, isRest: false }),
  }
}

/** Whether a person is in the set. */
export function isIn({ words, isRest }: PeopleSet, person: number): boolean {
  const word = person >>> 5
  return (word < words.length && (words[word]! & (1 << (person & 31))) !== 0) !== isRest
}

/** Everybody who is not in the set. */
export function othersThan({ words, isRest }: PeopleSet): PeopleSet {
  return { words, isRest: !isRest }
}

/** Those who are in both sets. */
export function inBoth(a: PeopleSet, b: PeopleSet): PeopleSet {
  if (a.isRest && b.isRest) return { words: joined(a.words, b.words, (x, y) => x | y), isRest: true }
  if (a.isRest) return inBoth(b, a)
  return { words: joined(a.words, b.words, b.isRest ? (x, y) => x & ~y : (x, y) => x & y), isRest: false }
}

/** Those who are in one of the sets or in both. */
export function inEither(a: PeopleSet, b: PeopleSet): PeopleSet {
  return othersThan(inBoth(othersThan(a), othersThan(b)))
}

function joined(a: Uint32Array, b: Uint32Array, join: (x: number, y: number) => number): Uint32Array {
  const words = new Uint32Array(Math.max(a.length, b.length))
  for (let i = 0; i < words.length; i++) words[i] = join(a[i] ?? 0, b[i] ?? 0)
  return words
}

/** How many people a set names: those who are in it, or those who are not where it is the rest. */
export function countNamed({ words }: PeopleSet): number {
  let count = 0
  for (const word of words) for (let rest = word; rest !== 0; rest &= rest - 1) count++
  return count
}

/** The people that a set names, ascending. */
export function* namedPeople({ words }: PeopleSet): Generator<number> {
  for (let i = 0; i < words.length; i++) {
    for (let rest = words[i]!; rest !== 0; rest &= rest - 1) yield i * 32 + 31 - Math.clz32(rest & -rest)
  }
}
