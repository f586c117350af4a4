import type { FunnelSpec, FunnelState } from './funnel-state.js'

/** People the state has room for at first. */
const FIRST_SLOTS = 1024

/**
 * Attempts in order, in typed arrays. Entry s of a slot is the newest attempt that reached step s: `began` holds its start, and row s of
 * a triangle the ms from the start to each of its steps 1 to s. An event of step s extends the attempt at s − 1 if it comes within the
 * window and that attempt has not reached s already; one of the first step begins a new attempt. The deepest attempt counts.
 * (PostHog's `steps.rs` gives these rules.)
 */
export function funnelAttempts(spec: FunnelSpec): FunnelState {
  const { steps, windowMs, isStrict = false, exclusions = [], optional = [] } = spec
  const isOptional = Array.from({ length: steps }, (_, s) => optional.includes(s))
  const triangle = (steps * (steps - 1)) / 2
  let capacity = 0
  let began = new Float64Array(0)
  let offsets = new Float64Array(0)
  /** Whether an exclusion has spoiled the attempt at the entry. */
  let spoiled = new Uint8Array(0)
  let depth = new Uint8Array(0)
  /** Of the deepest attempt: its start, its offsets, whether it is spoiled. */
  let bestBegan = new Float64Array(0)
  let best = new Float64Array(0)
  let bestSpoiled = new Uint8Array(0)

  const rowOf = (slot: number, s: number): number => slot * triangle + (s * (s - 1)) / 2
  // The first attempt that is complete ends it, unless another one can still save the person.
  const isDone = (slot: number): boolean => depth[slot] === steps && bestSpoiled[slot] === 0

  /** The step from which an attempt goes on to s; behind the first where there is none. */
  function before(slot: number, s: number): number {
    let newest = s - 1
    // Of entries over optional steps, the one of the newest attempt: it has come furthest.
    for (let at = s - 1; at > 0 && isOptional[at]; at--) {
      const one = began[slot * steps + at - 1]!
      const held = began[slot * steps + newest]!
      if (one > held || Number.isNaN(held)) newest = at - 1
    }
    return newest
  }

  /** Extends an attempt to step s, if the rules allow it. */
  function advance(slot: number, time: number, s: number): boolean {
    const entry = slot * steps + s
    if (s === 0) {
      if (began[entry] === time) return false
      began[entry] = time
      spoiled[entry] = 0
    } else {
      const from = before(slot, s)
      const start = began[slot * steps + from]!
      // A comparison with NaN, where there is no such attempt, is false.
      if (!(time - start <= windowMs) || began[entry] === start) return false
      const target = rowOf(slot, s)
      const source = rowOf(slot, from)
      for (let i = 0; i < s - 1; i++) offsets[target + i] = i < from ? offsets[source + i]! : Number.NaN
      offsets[target + s - 1] = time - start
      began[entry] = start
      spoiled[entry] = spoiled[slot * steps + from]!
    }
    const isDeeper = s + 1 > depth[slot]!
    if (isDeeper || (s + 1 === depth[slot] && bestSpoiled[slot] === 1 && spoiled[entry] === 0)) {
      depth[slot] = s + 1
      bestBegan[slot] = began[entry]!
      bestSpoiled[slot] = spoiled[entry]!
      const row = rowOf(slot, s)
      for (let i = 0; i < s; i++) best[slot * (steps - 1) + i] = offsets[row + i]!
    }
    return true
  }

  function spoil(slot: number, time: number, { from, to }: { from: number; to: number }): void {
    for (let s = from; s < to; s++) {
      const entry = slot * steps + s
      const start = began[entry]!
      // An attempt that has gone on is looked at where it is now.
      if (!(time - start <= windowMs) || (s + 1 < steps && began[entry + 1] === start)) continue
      spoiled[entry] = 1
      if (depth[slot] === s + 1 && bestBegan[slot] === start) bestSpoiled[slot] = 1
    }
  }

  return {
    reserve(people) {
      if (people <= capacity) return
      capacity = Math.max(FIRST_SLOTS, capacity * 2)
      const numbers = (old: Float64Array<ArrayBuffer>, width: number, empty: number) => {
        const larger = new Float64Array(capacity * width).fill(empty, old.length)
        larger.set(old)
        return larger
      }
      const flags = (old: Uint8Array<ArrayBuffer>, width: number) => {
        const larger = new Uint8Array(capacity * width)
        larger.set(old)
        return larger
      }
      began = numbers(began, steps, Number.NaN)
      offsets = numbers(offsets, triangle, 0)
      best = numbers(best, steps - 1, 0)
      bestBegan = numbers(bestBegan, 1, Number.NaN)
      spoiled = flags(spoiled, steps)
      bestSpoiled = flags(bestSpoiled, 1)
      depth = flags(depth, 1)
    },

    opens: (matches) => (matches & 1) !== 0,

    /** Higher steps first, so that the event fills one step of an attempt. */
    single(slot, time, matches) {
      for (let i = 0; i < exclusions.length; i++)
        if (matches & (1 << (steps + i)) && !isDone(slot)) spoil(slot, time, exclusions[i]!)
      for (let s = steps - 1; s >= 0 && !isDone(slot); s--) {
        if (matches & (1 << s)) advance(slot, time, s)
      }
      if (!isStrict) return
      for (let s = 0; s < steps; s++) if ((matches & (1 << s)) === 0) began[slot * steps + s] = Number.NaN
    },

    /**
     * The steps decide the order, lower first. Within a step, events that fit fewer later steps go first, which makes the outcome
     * independent of the order of arrival. Nothing is spoiled or ended among them.
     */
    several(slot, time, matches) {
      const events = [...matches].sort((a, b) => a - b)
      const used: Set<number>[] = Array.from({ length: steps }, () => new Set())
      for (let s = 0; s < steps; s++) {
        for (let event = 0; event < events.length && !isDone(slot); event++) {
          const from = s > 0 ? before(slot, s) : 0
          if ((events[event]! & (1 << s)) === 0 || (s > 0 && used[from]!.has(event))) continue
          if (advance(slot, time, s)) used[s] = new Set(s > 0 ? used[from] : []).add(event)
        }
      }
    },

    path(slot) {
      if (bestSpoiled[slot] === 1) return 0
      let bits = 1
      for (let s = 1; s < depth[slot]!; s++) if (!Number.isNaN(best[slot * (steps - 1) + s - 1])) bits |= 1 << s
      return bits
    },
    offset: (slot, step) => (step === 0 ? 0 : best[slot * (steps - 1) + step - 1]!),
  }
}
