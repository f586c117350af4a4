/** Hashes for which there is room at first, as a power of two. */
const FIRST_BITS = 10

/** An odd number that nobody can tell beforehand. */
const randomFactor = (): number => Math.floor(Math.random() * 2 ** 32) | 1

/** Numbers different hashes of 64 bits, from 0 on, in the order in which they come. */
export interface HashNumbers {
  /** The number of a hash, given by its halves of 32 bits: the next one where it comes for the first time. */
  of(low: number, high: number): number
  /** How many there are. */
  count(): number
}

/** A table with open addressing, of 16 to 32 bytes for each hash: no text, and no big integer. */
export function hashNumbers(): HashNumbers {
  // Whoever chooses what is hashed must not be able to make many of them meet in one place.
  const [a, b] = [randomFactor(), randomFactor()]
  let count = 0
  let bits = FIRST_BITS
  /** Both halves of the hash of each number. */
  let hashes = new Uint32Array(2 ** bits * 2)
  /** By place, one more than a number; 0 where the place is free. At most half of them are taken. */
  let places = new Uint32Array(2 ** (bits + 1))

  /** The place of a hash, or the free one that is to be its own. */
  function placeOf(low: number, high: number): number {
    let place = (Math.imul(low, a) + Math.imul(high, b)) >>> (31 - bits)
    for (;;) {
      const number = places[place]! - 1
      if (number < 0 || (hashes[2 * number] === low && hashes[2 * number + 1] === high)) return place
      place = (place + 1) % places.length
    }
  }

  function grow(): void {
    bits++
    const larger = new Uint32Array(2 ** bits * 2)
    larger.set(hashes)
    hashes = larger
    places = new Uint32Array(2 ** (bits + 1))
    for (let number = 0; number < count; number++)
      places[placeOf(hashes[2 * number]!, hashes[2 * number + 1]!)] = number + 1
  }

  return {
    of(low, high) {
      const known = places[placeOf(low, high)]! - 1
      if (known >= 0) return known
      if (count === 2 ** bits) grow()
      hashes[2 * count] = low
      hashes[2 * count + 1] = high
      places[placeOf(low, high)] = count + 1
      return count++
    },
    count: () => count,
  }
}
