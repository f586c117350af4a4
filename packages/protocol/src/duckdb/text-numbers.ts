import { hashNumbers } from '../hash-numbers.js'
import type { Scalar } from '../json.js'
import type { DuckDbVector } from './chunk.js'

/** Numbers the different texts of a column, from 0 on, in the order in which they come. */
export interface TextNumbers {
  /** By number, what was made of the text. */
  values: readonly Scalar[]
  /** Numbers the texts of a chunk by their hashes, of 64 bits each; a text is looked at when its hash comes for the first time. */
  read(hashes: BigUint64Array, texts: DuckDbVector, into: Uint32Array): void
}

/** No text yet. */
export function textNumbers(toValue: (text: unknown) => Scalar): TextNumbers {
  const values: Scalar[] = []
  const numbers = hashNumbers()
  return {
    values,
    read({ buffer, byteOffset }, texts, into) {
      const halves = new Uint32Array(buffer, byteOffset, into.length * 2)
      for (let row = 0; row < into.length; row++) {
        const number = numbers.of(halves[2 * row]!, halves[2 * row + 1]!)
        if (number === values.length) values.push(toValue(texts.getItem(row)))
        into[row] = number
      }
    },
  }
}
