/** The continuous percentile, as SQL's `percentile_cont` and DuckDB's `quantile_cont` define it. */
export function percentile(sorted: Float64Array, share: number): number {
  const at = (sorted.length - 1) * share
  const low = sorted[Math.floor(at)]!
  return low + (sorted[Math.ceil(at)]! - low) * (at - Math.floor(at))
}
