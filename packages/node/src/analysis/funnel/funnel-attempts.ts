import type { FunnelSpec, FunnelState } from './funnel-state.js'

/** People the state has room for at first. */
const FIRST_SLOTS = 1024

/** Milliseconds that a Uint32Array can count. */
const UINT32_SPAN = 2 ** 32 - 2

type Numbers = Uint32Array | Float64Array

/**
 * Attempts in order, in typed arrays. Entry s of a person is the newest attempt that reached step s: `began[s]` holds its start, and a row of
 * `offsets[s]` the ms from the start to each of its steps 1 to s, side by side, since they are written and copied together. The starts are
 * an array for each step: most events touch one or two of them, which then stay in the processor's cache. Instants and offsets are kept as
 * one more than they are, from the beginning of the range: 0 says that there is none. An event of step s extends the attempt at s - 1 if it
 * comes within the window and that attempt has not reached s already; one of the first step begins a new attempt. The deepest attempt
 * counts. (PostHog's `steps.rs` gives these rules.)
 */
export function funnelAttempts(spec: FunnelSpec): FunnelState {
  const { steps, windowMs, from, to, isStrict = false, exclusions = [], optional = [] } = spec
  const isOptional = Array.from({ length: steps }, (_, s) => optional.includes(s))
  const zero = from - 1
  const numbers = (length: number): Numbers =>
    to - from <= UINT32_SPAN ? new Uint32Array(length) : new Float64Array(length)
  const canSpoil = exclusions.length > 0
  const anyStep = 2 ** steps - 1
  const last = steps - 1
  let capacity = 0
  const began = Array.from({ length: steps }, () => numbers(0))
  const offsets = Array.from({ length: steps }, () => numbers(0))
  /** Whether an exclusion has spoiled the attempt at the entry. */
  const spoiled = Array.from({ length: steps }, () => new Uint8Array(0))
  let depth = new Uint8Array(0)
  /** Of the deepest attempt: its start, its offsets, whether it is spoiled. */
  let bestBegan = numbers(0)
  let best = numbers(0)
  let bestSpoiled = new Uint8Array(0)

  // The first attempt that is complete ends it, unless another one can still save the person.
  const isDone = (slot: number): boolean => depth[slot] === steps && !(canSpoil && bestSpoiled[slot] === 1)

  /** The step from which an attempt goes on to s; behind the first where there is none. */
  function before(slot: number, s: number): number {
    let newest = s - 1
    // Of entries over optional steps, the one of the newest attempt: it has come furthest.
    for (let at = s - 1; at > 0 && isOptional[at]; at--)
      if (began[at - 1]![slot]! > began[newest]![slot]!) newest = at - 1
    return newest
  }

  /** Begins an attempt. */
  function begin(slot: number, at: number): boolean {
    if (began[0]![slot] === at) return false
    began[0]![slot] = at
    if (canSpoil) spoiled[0]![slot] = 0
    if (depth[slot] === 0 || canSpoil) note(slot, 0)
    return true
  }

  /** Extends an attempt to step s, if the rules allow it. */
  function advance(slot: number, at: number, s: number): boolean {
    if (s === 0) return begin(slot, at)
    const source = isOptional[s - 1] ? before(slot, s) : s - 1
    const start = began[source]![slot]!
    const entry = began[s]!
    if (start === 0 || at - start > windowMs || entry[slot] === start) return false
    entry[slot] = start
    const row = offsets[s]!
    const reached = offsets[source]!
    const place = slot * s
    const from = slot * source
    for (let i = 0; i < source; i++) row[place + i] = reached[from + i]!
    if (source < s - 1) row.fill(0, place + source, place + s - 1)
    row[place + s - 1] = at - start + 1
    if (canSpoil) spoiled[s]![slot] = spoiled[source]![slot]!
    if (s + 1 > depth[slot]! || canSpoil) note(slot, s)
    return true
  }

  /** Keeps the attempt that has come to step s, where it is the deepest so far. */
  function note(slot: number, s: number): void {
    const isDeeper = s + 1 > depth[slot]!
    if (!isDeeper && !(s + 1 === depth[slot] && bestSpoiled[slot] === 1 && spoiled[s]![slot] === 0)) return
    depth[slot] = s + 1
    if (canSpoil) {
      bestBegan[slot] = began[s]![slot]!
      bestSpoiled[slot] = spoiled[s]![slot]!
    }
    const row = offsets[s]!
    for (let i = 0; i < s; i++) best[slot * last + i] = row[slot * s + i]!
  }

  function spoil(slot: number, at: number, exclusion: { from: number; to: number }): void {
    for (let s = exclusion.from; s < exclusion.to; s++) {
      const start = began[s]![slot]!
      // An attempt that has gone on is looked at where it is now.
      if (start === 0 || at - start > windowMs || (s < last && began[s + 1]![slot] === start)) continue
      spoiled[s]![slot] = 1
      if (depth[slot] === s + 1 && bestBegan[slot] === start) bestSpoiled[slot] = 1
    }
  }

  function interrupt(slot: number, matches: number): void {
    for (let s = 0; s < steps; s++) if ((matches & (1 << s)) === 0) began[s]![slot] = 0
  }

  function copy(from: number, to: number): void {
    const within = (all: Numbers | Uint8Array, width = 1): void => {
      all.copyWithin(to * width, from * width, (from + 1) * width)
    }
    for (const all of [...began, depth]) within(all)
    for (const [s, rows] of offsets.entries()) within(rows, s)
    within(best, last)
    if (canSpoil) for (const all of [...spoiled, bestBegan, bestSpoiled]) within(all)
  }

  return {
    reserve(people) {
      if (people <= capacity) return
      capacity = Math.max(FIRST_SLOTS, capacity * 2)
      const larger = (old: Numbers, width = 1): Numbers => {
        const grown = numbers(capacity * width)
        grown.set(old)
        return grown
      }
      const flags = (old: Uint8Array): Uint8Array<ArrayBuffer> => {
        const grown = new Uint8Array(capacity)
        grown.set(old)
        return grown
      }
      for (let s = 0; s < steps; s++) {
        began[s] = larger(began[s]!)
        offsets[s] = larger(offsets[s]!, s)
        if (canSpoil) spoiled[s] = flags(spoiled[s]!)
      }
      best = larger(best, last)
      depth = flags(depth)
      if (!canSpoil) return
      bestBegan = larger(bestBegan)
      bestSpoiled = flags(bestSpoiled)
    },

    opens: (matches) => (matches & 1) !== 0,

    /** Higher steps first, so that the event fills one step of an attempt. */
    single(slot, time, matches) {
      const at = time - zero
      for (let i = 0; i < exclusions.length; i++)
        if (matches & (1 << (steps + i)) && !isDone(slot)) spoil(slot, at, exclusions[i]!)
      if (isDone(slot)) return
      for (let rest = matches & anyStep; rest !== 0; ) {
        const s = 31 - Math.clz32(rest)
        rest ^= 1 << s
        if (advance(slot, at, s) && s === last && isDone(slot)) return
      }
    },

    ...(isStrict ? { interrupt } : {}),
    copy,

    /**
     * The steps decide the order, lower first. Within a step, events that fit fewer later steps go first, which makes the outcome
     * independent of the order of arrival. Nothing is spoiled or ended among them.
     */
    several(slot, time, matches) {
      const events = [...matches].sort((a, b) => a - b)
      const used: Set<number>[] = Array.from({ length: steps }, () => new Set())
      for (let s = 0; s < steps; s++) {
        for (let event = 0; event < events.length && !isDone(slot); event++) {
          const source = s > 0 ? before(slot, s) : 0
          if ((events[event]! & (1 << s)) === 0 || (s > 0 && used[source]!.has(event))) continue
          if (advance(slot, time - zero, s)) used[s] = new Set(s > 0 ? used[source] : []).add(event)
        }
      }
    },

    path(slot) {
      if (depth[slot] === 0 || (canSpoil && bestSpoiled[slot] === 1)) return 0
      let bits = 1
      for (let s = 1; s < depth[slot]!; s++) if (best[slot * last + s - 1] !== 0) bits |= 1 << s
      return bits
    },
    offset: (slot, step) => (step === 0 ? 0 : best[slot * last + step - 1]! - 1),
  }
}
