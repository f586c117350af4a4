/** How many rows have a key, in order of the keys. */
export interface CountedKey {
  key: number
  rows: number
}

/** Keys at which to cut, so that no more rows than that lie between two cuts, unless one key alone has more. */
export function cutPoints(counted: Iterable<CountedKey>, limit: number): number[] {
  const cuts: number[] = []
  let since = 0
  for (const { key, rows } of counted) {
    if (since > 0 && since + rows > limit) {
      cuts.push(key)
      since = 0
    }
    since += rows
  }
  return cuts
}
