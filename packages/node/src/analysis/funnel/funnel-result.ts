import type { FunnelHistogram, FunnelQuery, FunnelResult } from '@analytics/protocol'
import type { FunnelState } from './funnel-state.js'

/** What the answer tells, beside the numbers. */
export interface FunnelAsk extends Pick<FunnelQuery, 'steps' | 'histogram'> {
  names: readonly string[]
}

/** What the states of so many people add up to. */
export function funnelResult(state: FunnelState, people: number, { names, steps, histogram }: FunnelAsk): FunnelResult {
  const paths: Paths = {
    steps: Uint32Array.from({ length: people }, (_, slot) => state.path(slot)),
    offset: state.offset,
  }
  const users = names.map((_, s) => countOf(paths, 1 << s))
  /** The last step before, that everybody must do. */
  const previous = steps.map((_, s) => {
    let at = s - 1
    while (at > 0 && steps[at]!.optional) at--
    return Math.max(0, at)
  })
  return {
    steps: names.map((name, s) => ({
      name,
      users: users[s]!,
      fromStart: share(users[s]!, users[0]!),
      fromPrevious: share(users[s]!, users[previous[s]!]!),
      ...timings(s === 0 || steps[s]!.optional ? new Float64Array() : secondsBetween(paths, previous[s]!, s)),
    })),
    ...(histogram ? { histogram: histogramOf(paths, { fromStep: 0, toStep: steps.length - 1, ...histogram }) } : {}),
  }
}

/** What each person did on the deepest attempt. */
interface Paths extends Pick<FunnelState, 'offset'> {
  /** Bits of the steps, by slot. */
  steps: Uint32Array
}

function countOf({ steps }: Paths, bit: number): number {
  let count = 0
  for (const path of steps) if (path & bit) count++
  return count
}

/** Seconds between two steps, of everyone who did both, ascending. */
function secondsBetween({ steps, offset }: Paths, from: number, to: number): Float64Array {
  const both = (1 << from) | (1 << to)
  const seconds = new Float64Array(steps.length)
  let count = 0
  for (let slot = 0; slot < steps.length; slot++) {
    if ((steps[slot]! & both) === both) seconds[count++] = (offset(slot, to) - offset(slot, from)) / 1000
  }
  return seconds.subarray(0, count).sort()
}

const share = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole)

function timings(sorted: Float64Array): { averageSeconds: number | null; medianSeconds: number | null } {
  const n = sorted.length
  if (n === 0) return { averageSeconds: null, medianSeconds: null }
  const middle = n % 2 === 1 ? sorted[(n - 1) / 2]! : (sorted[n / 2 - 1]! + sorted[n / 2]!) / 2
  return { averageSeconds: sorted.reduce((sum, one) => sum + one, 0) / n, medianSeconds: middle }
}

const MOST_BINS = 60

/** Bins as many as the cube root of the people, of equal width, the last for the longest alone. (PostHog's time to convert.) */
function histogramOf(paths: Paths, { fromStep, toStep }: { fromStep: number; toStep: number }): FunnelHistogram {
  const sorted = secondsBetween(paths, fromStep, toStep)
  const { averageSeconds } = timings(sorted)
  const n = sorted.length
  if (n === 0) return { fromStep, toStep, averageSeconds, bins: [] }
  const [min, max] = [sorted[0]!, sorted[n - 1]!]
  const count = Math.min(Math.max(Math.ceil(Math.cbrt(n)), 1), MOST_BINS)
  const width = Math.ceil((max - min) / count) || 1
  const bins = Array.from({ length: count + 1 }, (_, i) => ({ fromSeconds: min + i * width, users: 0 }))
  for (const seconds of sorted) bins[Math.floor((seconds - min) / width)]!.users++
  return { fromStep, toStep, averageSeconds, bins }
}
