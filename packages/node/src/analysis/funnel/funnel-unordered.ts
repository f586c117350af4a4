import type { FunnelSpec, FunnelState } from './funnel-state.js'

/**
 * Steps in any order: how many different ones a person did within one window. Step k of the answer is the k-th of them in time. An event
 * fills one step: of those that it is one of, the one that was done longest ago.
 */
export function funnelUnordered({ steps, windowMs }: Pick<FunnelSpec, 'steps' | 'windowMs'>): FunnelState {
  /** By slot: when each step was done last. */
  const last: (Float64Array | undefined)[] = []
  /** Of the most that were done within a window, the instants, ascending. */
  const best: (Float64Array | undefined)[] = []

  function single(slot: number, time: number, matches: number): void {
    last[slot] ??= new Float64Array(steps).fill(Number.NaN)
    const done = last[slot]
    let oldest = -1
    for (let s = 0; s < steps; s++) {
      if ((matches & (1 << s)) === 0) continue
      if (oldest < 0 || Number.isNaN(done[s]) || done[s]! < done[oldest]!) oldest = s
      if (Number.isNaN(done[s])) break
    }
    if (oldest < 0) return
    done[oldest] = time
    const within = done.filter((at) => time - at <= windowMs)
    if (within.length > (best[slot]?.length ?? 0)) best[slot] = within.sort()
  }

  return {
    reserve() {},
    opens: (matches) => (matches & ((1 << steps) - 1)) !== 0,
    single,
    /** Those that fit fewer steps go first, so that one that fits several fills what they leave. */
    several(slot, time, matches) {
      const bits = (mask: number): number => {
        let count = 0
        for (let rest = mask; rest !== 0; rest &= rest - 1) count++
        return count
      }
      for (const one of [...matches].sort((a, b) => bits(a) - bits(b) || a - b)) single(slot, time, one)
    },
    copy(from, to) {
      last[to] = last[from]?.slice()
      best[to] = best[from]
    },
    path: (slot) => (1 << (best[slot]?.length ?? 0)) - 1,
    offset: (slot, step) => best[slot]![step]! - best[slot]![0]!,
  }
}
