import {
  AnalyticsError,
  durationMs,
  type EventBatch,
  type FunnelQuery,
  type FunnelResult,
  type Step,
} from '@analytics/protocol'
import type { People } from '../store.js'
import { type Analysis, stepMatch } from './analysis.js'
import { personSlots } from './person-slots.js'

const DEFAULT_WINDOW = '14d'

/** How many people did the steps. */
export const funnel: Analysis<FunnelQuery> = {
  async run({ steps, window = DEFAULT_WINDOW, where }, { store, reader, signal }) {
    const windowMs = durationMs(window)
    if (windowMs === undefined)
      throw new AnalyticsError('invalid_query', `window: ${window} is no duration.`, { field: 'window' })
    const machine = funnelMachine({ steps: steps.length, windowMs }, await store.people())
    const matches = steps.map(stepMatch)
    for await (const batch of reader.scan({ matches, signal, ...(where ? { where } : {}) })) machine.push(batch)
    return machine.result(steps.map(stepName))
  },
}

function stepName({ name, event }: Step): string {
  return name ?? (typeof event === 'string' ? event : event.join(', '))
}

/** What the machine needs to know of a funnel. */
export interface FunnelSpec {
  /** Number of steps; bit s of a row's `matches` says that the event is one of step s. */
  steps: number
  /** From an attempt's first step, inclusive, in ms. */
  windowMs: number
}

/** Consumes a scan in order of time and counts. */
export interface FunnelMachine {
  push(batch: EventBatch): void
  result(names: readonly string[]): FunnelResult
}

/** People the machine has room for at first. */
const FIRST_SLOTS = 1024

/**
 * The ordered funnel, one pass over rows in order of time.
 *
 * For each person and step s it keeps the newest attempt that reached s: when the attempt began, and when each of its steps
 * was done. An event of step s extends the attempt at s − 1 if it comes within the window and that attempt has not reached s
 * already; an event of the first step begins a new attempt. The deepest attempt of a person counts, the first that is
 * complete ends it. Of events at one instant, each fills one step of an attempt. (PostHog's `steps.rs` gives these rules.)
 */
export function funnelMachine({ steps, windowMs }: FunnelSpec, people: People): FunnelMachine {
  const state = attempts(steps)
  const slots = personSlots(people.count)
  // The rows of the instant that is being read.
  const persons: number[] = []
  const masks: number[] = []
  let instant = Number.NaN

  const slotOf = (person: number, mask: number): number | undefined => {
    const known = slots.find(person)
    // Only the first step opens a person's state: most people never do it.
    if (known !== undefined || (mask & 1) === 0) return known
    state.reserve(slots.count() + 1)
    return slots.add(person)
  }

  const flush = () => {
    if (persons.length === 1) {
      const slot = slotOf(persons[0]!, masks[0]!)
      if (slot !== undefined) state.single(slot, instant, masks[0]!, windowMs)
    } else {
      for (const [person, group] of byPerson(persons, masks)) {
        const slot = slotOf(
          person,
          group.reduce((all, mask) => all | mask, 0),
        )
        if (slot === undefined) continue
        if (group.length === 1) state.single(slot, instant, group[0]!, windowMs)
        else state.several(slot, instant, group, windowMs)
      }
    }
    persons.length = 0
    masks.length = 0
  }

  return {
    push({ length, time, person, matches }) {
      for (let row = 0; row < length; row++) {
        const at = time[row]!
        if (at !== instant) {
          if (persons.length > 0) flush()
          instant = at
        }
        const id = person[row]!
        persons.push(id < people.count ? people.canonical[id]! : id)
        masks.push(matches[row]!)
      }
    },
    result(names) {
      flush()
      return state.summary(names, slots.count())
    },
  }
}

function byPerson(persons: readonly number[], masks: readonly number[]): Map<number, number[]> {
  const groups = new Map<number, number[]>()
  for (const [i, person] of persons.entries()) {
    const group = groups.get(person)
    if (group) group.push(masks[i]!)
    else groups.set(person, [masks[i]!])
  }
  return groups
}

/**
 * Per-person state in typed arrays. Entry s of a slot is the newest attempt that reached step s: `began` holds its start, and
 * row s of a triangle the ms from the start to each of its steps 1 to s.
 */
function attempts(steps: number) {
  const triangle = (steps * (steps - 1)) / 2
  let capacity = 0
  let began = new Float64Array(0)
  let offsets = new Float64Array(0)
  let depth = new Uint8Array(0)
  let best = new Float64Array(0)

  const reserve = (size: number) => {
    if (size <= capacity) return
    capacity = Math.max(FIRST_SLOTS, capacity * 2)
    const grown = (old: Float64Array<ArrayBuffer>, width: number, empty: number) => {
      const larger = new Float64Array(capacity * width).fill(empty, old.length)
      larger.set(old)
      return larger
    }
    began = grown(began, steps, Number.NaN)
    offsets = grown(offsets, triangle, 0)
    best = grown(best, steps - 1, 0)
    const larger = new Uint8Array(capacity)
    larger.set(depth)
    depth = larger
  }

  /** Extends the attempt at step s − 1 to s, if the rules allow it. */
  const advance = (slot: number, time: number, s: number, windowMs: number): boolean => {
    const entry = slot * steps + s
    if (s === 0) {
      if (began[entry] === time) return false
      began[entry] = time
    } else {
      const start = began[entry - 1]!
      // A comparison with NaN, where there is no such attempt, is false.
      if (!(time - start <= windowMs) || began[entry] === start) return false
      const to = slot * triangle + (s * (s - 1)) / 2
      const from = slot * triangle + ((s - 1) * (s - 2)) / 2
      for (let i = 0; i < s - 1; i++) offsets[to + i] = offsets[from + i]!
      offsets[to + s - 1] = time - start
      began[entry] = start
    }
    if (s + 1 > depth[slot]!) {
      depth[slot] = s + 1
      const from = slot * triangle + (s * (s - 1)) / 2
      for (let i = 0; i < s; i++) best[slot * (steps - 1) + i] = offsets[from + i]!
    }
    return true
  }

  return {
    reserve,

    /** One event at its instant: higher steps first, so that it fills one step of an attempt. */
    single(slot: number, time: number, mask: number, windowMs: number) {
      for (let s = steps - 1; s >= 0 && depth[slot] !== steps; s--) {
        if (mask & (1 << s)) advance(slot, time, s, windowMs)
      }
    },

    /**
     * Several events of one person at one instant: their order is unknown, so the steps decide it, lower first. Within a step,
     * events that fit fewer later steps go first, which makes the outcome independent of the order of arrival.
     */
    several(slot: number, time: number, masks: readonly number[], windowMs: number) {
      const events = [...masks].sort((a, b) => a - b)
      const used: Set<number>[] = Array.from({ length: steps }, () => new Set())
      for (let s = 0; s < steps; s++) {
        for (let event = 0; event < events.length && depth[slot] !== steps; event++) {
          if ((events[event]! & (1 << s)) === 0 || (s > 0 && used[s - 1]!.has(event))) continue
          if (advance(slot, time, s, windowMs)) used[s] = new Set(s > 0 ? used[s - 1] : []).add(event)
        }
      }
    },

    summary(names: readonly string[], people: number): FunnelResult {
      const users = names.map((_, s) => countAtLeast(depth, people, s + 1))
      return {
        steps: names.map((name, s) => ({
          name,
          users: users[s]!,
          fromStart: share(users[s]!, users[0]!),
          fromPrevious: share(users[s]!, users[Math.max(0, s - 1)]!),
          ...timings(stepTimes(s, people)),
        })),
      }
    },
  }

  /** Seconds from the step before, of everyone whose deepest attempt reached step s. */
  function stepTimes(s: number, people: number): Float64Array {
    const times: number[] = []
    for (let slot = 0; s > 0 && slot < people; slot++) {
      if (depth[slot]! <= s) continue
      const at = slot * (steps - 1) + s - 1
      times.push((best[at]! - (s > 1 ? best[at - 1]! : 0)) / 1000)
    }
    return Float64Array.from(times).sort()
  }
}

function countAtLeast(depth: Uint8Array, people: number, steps: number): number {
  let count = 0
  for (let slot = 0; slot < people; slot++) if (depth[slot]! >= steps) count++
  return count
}

const share = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole)

function timings(sorted: Float64Array): { averageSeconds: number | null; medianSeconds: number | null } {
  const n = sorted.length
  if (n === 0) return { averageSeconds: null, medianSeconds: null }
  const middle = n % 2 === 1 ? sorted[(n - 1) / 2]! : (sorted[n / 2 - 1]! + sorted[n / 2]!) / 2
  return { averageSeconds: sorted.reduce((sum, one) => sum + one, 0) / n, medianSeconds: middle }
}
