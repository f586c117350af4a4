import quickselect from 'quickselect'

/** The continuous percentile, as SQL's `percentile_cont` and DuckDB's `quantile_cont` define it. */
export function percentile(sorted: Float64Array, share: number): number {
  const at = (sorted.length - 1) * share
  const low = sorted[Math.floor(at)]!
  return low + (sorted[Math.ceil(at)]! - low) * (at - Math.floor(at))
}

/** The median of one value or more, in any order, without sorting them; it moves them about. */
export function median(values: Float64Array): number {
  const middle = values.length >> 1
  // It takes whatever has a length and indices, which its types don't tell.
  quickselect(values as unknown as number[], middle)
  if (values.length % 2 === 1) return values[middle]!
  let below = Number.NEGATIVE_INFINITY
  for (let i = 0; i < middle; i++) if (values[i]! > below) below = values[i]!
  return (below + values[middle]!) / 2
}
