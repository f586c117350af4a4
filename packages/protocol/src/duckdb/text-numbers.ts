import type { Scalar } from '../json.js'
import type { DuckDbVector } from './chunk.js'

/** Numbers the different texts of a column, from 0 on, in the order in which they come. */
export interface TextNumbers {
  /** By number, what was made of the text. */
  values: readonly Scalar[]
  /** Numbers the texts of a chunk by their hashes, of 64 bits each; a text is looked at when its hash comes for the first time. */
  read(hashes: BigUint64Array, texts: DuckDbVector, into: Uint32Array): void
}

/** Hashes for which there is room at first, as a power of two. */
const FIRST_BITS = 10

/** An odd number that nobody can tell beforehand. */
const randomFactor = (): number => Math.floor(Math.random() * 2 ** 32) | 1

/** A table of hashes with open addressing: no text, and no big integer, for each row. */
export function textNumbers(toValue: (text: unknown) => Scalar): TextNumbers {
  const values: Scalar[] = []
  // Whoever chooses texts must not be able to make many of them meet in one place.
  const [a, b] = [randomFactor(), randomFactor()]
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
    for (let number = 0; number < values.length; number++)
      places[placeOf(hashes[2 * number]!, hashes[2 * number + 1]!)] = number + 1
  }

  function add(low: number, high: number, value: Scalar): number {
    if (values.length === 2 ** bits) grow()
    const number = values.push(value) - 1
    hashes[2 * number] = low
    hashes[2 * number + 1] = high
    places[placeOf(low, high)] = number + 1
    return number
  }

  return {
    values,
    read({ buffer, byteOffset }, texts, into) {
      const halves = new Uint32Array(buffer, byteOffset, into.length * 2)
      for (let row = 0; row < into.length; row++) {
        const low = halves[2 * row]!
        const high = halves[2 * row + 1]!
        const known = places[placeOf(low, high)]! - 1
        into[row] = known >= 0 ? known : add(low, high, toValue(texts.getItem(row)))
      }
    },
  }
}
