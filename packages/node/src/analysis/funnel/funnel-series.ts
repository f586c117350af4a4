import type { FunnelPoint } from '@analytics/protocol'
import type { People } from '../../store.js'
import type { Buckets } from '../time.js'
import type { FunnelTaker } from './funnel-rows.js'
import { type FunnelSpec, type FunnelState, opensAny, takeTied } from './funnel-state.js'
import { NONE, personSequences } from './person-sequences.js'

/** Counts people by the interval in which they began. */
export interface FunnelSeries extends FunnelTaker {
  /** @param until Windows that end later are not over. */
  points(until: number): FunnelPoint[]
}

/** What a series is made of. */
export interface FunnelSeriesOptions {
  spec: Pick<FunnelSpec, 'steps' | 'windowMs'>
  /** Whether an attempt may begin with any step. */
  isUnordered: boolean
  /** Without anything in it. */
  state: FunnelState
  intervals: Buckets
  people: People
}

/** What a sequence counts as. */
const REMOVED = 0
const ENTERED = 1
const CONVERTED = 2

/** The state's slot that nothing is told of: sequences begin as copies of it, and have the slots behind it. */
const BLANK = 0

/**
 * A sequence for each person and interval, whose attempts begin in the interval and go on as long as their window. A sequence is counted
 * as it goes, so that its slot is free for another one once no window of its interval is open. (The rules of PostHog's funnel trends.)
 */
export function funnelSeries(options: FunnelSeriesOptions): FunnelSeries {
  const { spec, isUnordered, state, intervals, people } = options
  const { starts, end } = intervals
  const lastStep = 1 << (spec.steps - 1)
  const sequences = personSequences(people)
  const entered = new Uint32Array(starts.length)
  const converted = new Uint32Array(starts.length)
  let outcomes = new Uint8Array(0)
  /** When the newest event in a sequence's own interval was. */
  let newest = new Float64Array(0)
  let interval = 0
  /** The first interval of which a window may be open. */
  let open = 0

  function goTo(time: number): void {
    while (interval + 1 < starts.length && time >= starts[interval + 1]!) interval++
    while (open < interval && time - spec.windowMs >= starts[open + 1]!) open++
  }

  function begin(person: number): void {
    const slot = sequences.begin(person, interval)
    state.reserve(sequences.count() + 1)
    state.copy(BLANK, slot + 1)
    if (slot >= outcomes.length) {
      const length = Math.max(1024, slot * 2)
      const more = { outcomes: new Uint8Array(length), newest: new Float64Array(length) }
      more.outcomes.set(outcomes)
      more.newest.set(newest)
      ;({ outcomes, newest } = more)
    }
    outcomes[slot] = REMOVED
  }

  /** The newest of the person's sequences of which a window may be open, with one of this interval if the event begins it. */
  function newestOf(person: number, opens: boolean): number {
    sequences.end(person, open)
    const slot = sequences.newest(person)
    if (!opens || (slot !== NONE && sequences.key(slot) === interval)) return slot
    begin(person)
    return sequences.newest(person)
  }

  /** As which steps an event counts in a sequence: none may begin an attempt outside of its interval. */
  function counts(slot: number, time: number, matches: number): number {
    if (sequences.key(slot) === interval) return matches
    if (!isUnordered) return matches & ~1
    return time - newest[slot]! <= spec.windowMs ? matches : 0
  }

  function recount(slot: number, time: number): void {
    const key = sequences.key(slot)
    if (key === interval) newest[slot] = time
    const path = state.path(slot + 1)
    const outcome = path === 0 ? REMOVED : path & lastStep ? CONVERTED : ENTERED
    const before = outcomes[slot]!
    if (outcome === before) return
    outcomes[slot] = outcome
    entered[key]! += Number(outcome >= ENTERED) - Number(before >= ENTERED)
    converted[key]! += Number(outcome === CONVERTED) - Number(before === CONVERTED)
  }

  return {
    single(person, time, matches) {
      goTo(time)
      for (let slot = newestOf(person, state.opens(matches)); slot !== NONE; slot = sequences.older(slot)) {
        state.single(slot + 1, time, counts(slot, time, matches))
        state.interrupt?.(slot + 1, matches)
        recount(slot, time)
      }
    },
    several(person, time, { matches }) {
      goTo(time)
      for (let slot = newestOf(person, opensAny(state, matches)); slot !== NONE; slot = sequences.older(slot)) {
        takeTied(state, slot + 1, { time, matches, counted: matches.map((mask) => counts(slot, time, mask)) })
        recount(slot, time)
      }
    },
    points: (until) =>
      Array.from(starts, (_, i) => ({
        start: intervals.label(i),
        entered: entered[i]!,
        converted: converted[i]!,
        rate: entered[i] === 0 ? null : converted[i]! / entered[i]!,
        complete: (starts[i + 1] ?? end) + spec.windowMs <= until,
      })),
  }
}
