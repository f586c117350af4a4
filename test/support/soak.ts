/** Whether the long forms of tests are run, as `pnpm soak` does. */
export const isLong = process.env.ANALYTICS_SOAK === '1'

/** How often something random is tried: the short form in `npm test`, the long one in `pnpm soak`. */
export function runs(short: number, long: number = short * 50): number {
  return isLong ? long : short
}

/** How long such a test may take, in ms. */
export function limitMs(short: number): number {
  return isLong ? 3_600_000 : short
}
