import { hash } from 'node:crypto'

/**
 * What stands for the id of an event or of a person: the first 64 bits of its SHA-1. The list of a segment's events is these numbers in ascending
 * order, eight bytes each, the lowest first. That two ids of a day of a million have the same is 1 to 18 million million.
 */
export function idHash(id: string): bigint {
  return hash('sha1', id, 'buffer').readBigUInt64BE(0)
}

/** Whether a list has the number. */
export function hasIdHash(list: BigUint64Array, wanted: bigint): boolean {
  let [low, high] = [0, list.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (list[middle]! < wanted) low = middle + 1
    else high = middle
  }
  return list[low] === wanted
}
