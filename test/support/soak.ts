/** How often something random is tried: the short form in `npm test`, the long one in `pnpm soak`. */
export function runs(short: number, long: number = short * 50): number {
  return process.env.ANALYTICS_SOAK ? long : short
}
