import { randomBytes } from 'node:crypto'
import { hashNumbers } from '@analytics/protocol'
import xxhash from 'xxhash-wasm'

/**
 * Numbers texts, from 0 on in the order in which they come, without keeping them: by hashes of 64 bits. Nobody can tell beforehand which
 * texts have the same. (Of four million texts, two have in one of two million cases.)
 */
export async function hashedTexts(): Promise<(text: string) => number> {
  const { h64 } = await xxhash()
  const numbers = hashNumbers()
  const seed = randomBytes(8).readBigUInt64LE()
  const whole = new BigUint64Array(1)
  const halves = new Uint32Array(whole.buffer)
  return (text) => {
    whole[0] = h64(text, seed)
    return numbers.of(halves[0]!, halves[1]!)
  }
}
