import { randomFillSync } from 'node:crypto'
import { ulid } from 'ulid'

/** Bytes drawn at once: a call for each character of an id costs more than the rest of it. */
const POOL_BYTES = 4096

/** Makes ULIDs that nobody can guess. */
export function idFactory(): (time: number) => string {
  const pool = new Uint8Array(POOL_BYTES)
  let next = POOL_BYTES
  const random = () => {
    if (next === POOL_BYTES) {
      randomFillSync(pool)
      next = 0
    }
    // 256 values fall evenly on the 32 characters of the alphabet.
    return pool[next++]! / 256
  }
  return (time) => ulid(time, random)
}
