/** Pairs of whole numbers, each once. */
export interface PairSet {
  /** Whether the pair was not there yet. */
  add(a: number, b: number): boolean
}

const FIRST_CAPACITY = 1024

/** The first of all `a`, of whom there are few in most sets, and most pairs: one bit for each `b` is enough, and faster. */
const DENSE = 64

/**
 * An empty set of pairs of numbers from 0 to 2^31 − 2: bits for those whose `a` is below 64, at most 8 bytes for each `b`; for the others
 * open addressing in typed arrays, at most 32 bytes a pair.
 */
export function pairSet(): PairSet {
  const dense = Array.from({ length: DENSE }, () => new Uint32Array(0))
  const sparse = sparsePairs()

  function addDense(a: number, b: number): boolean {
    const word = b >>> 5
    const bit = 1 << (b & 31)
    const bits = dense[a]!
    if (word < bits.length && bits[word]! & bit) return false
    if (word >= bits.length) {
      dense[a] = new Uint32Array(Math.max(word + 1, bits.length * 2, 32))
      dense[a]!.set(bits)
    }
    dense[a]![word]! |= bit
    return true
  }

  return { add: (a, b) => (a < DENSE ? addDense(a, b) : sparse.add(a, b)) }
}

function sparsePairs(): PairSet {
  let size = 0
  // One more than the number, so that 0 says that there is none.
  let first = new Int32Array(FIRST_CAPACITY)
  let second = new Int32Array(FIRST_CAPACITY)

  /** Where the pair is, or would be. */
  function placeOf(a: number, b: number): number {
    const mask = first.length - 1
    let hash = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b)
    hash ^= hash >>> 15
    let place = Math.imul(hash, 0x2c1b3c6d) & mask
    while (first[place] !== 0 && (first[place] !== a || second[place] !== b)) place = (place + 1) & mask
    return place
  }

  function grow(): void {
    const before = { first, second }
    first = new Int32Array(before.first.length * 2)
    second = new Int32Array(before.first.length * 2)
    for (let i = 0; i < before.first.length; i++) {
      const a = before.first[i]!
      if (a !== 0) put(placeOf(a, before.second[i]!), a, before.second[i]!)
    }
  }

  function put(place: number, a: number, b: number): void {
    first[place] = a
    second[place] = b
  }

  return {
    add(a, b) {
      const place = placeOf(a + 1, b + 1)
      if (first[place] !== 0) return false
      put(place, a + 1, b + 1)
      if (++size * 2 > first.length) grow()
      return true
    },
  }
}
