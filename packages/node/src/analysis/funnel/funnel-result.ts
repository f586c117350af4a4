import type { FunnelGroup, FunnelHistogram, FunnelQuery, FunnelResult, FunnelStepResult } from '@analytics/protocol'
import { compareText } from '@analytics/protocol/filter'
import { numbersBelow } from '../numbers-below.js'
import { median } from '../percentile.js'
import type { FunnelGroups } from './funnel-groups.js'
import type { FunnelState } from './funnel-state.js'

/** What the answer tells, beside the numbers. */
export interface FunnelAsk extends Pick<FunnelQuery, 'steps' | 'histogram'> {
  names: readonly string[]
}

/** What the states of so many people add up to. */
export function funnelResult(state: FunnelState, people: number, ask: FunnelAsk): FunnelResult {
  const { steps, histogram } = ask
  const paths = pathsOf(state, numbersBelow(people))
  return {
    steps: stepsOf(paths, ask),
    ...(histogram ? { histogram: histogramOf(paths, { fromStep: 0, toStep: steps.length - 1, ...histogram }) } : {}),
  }
}

const OTHER = 'Other'

/** A group of the answer, as slots. */
export interface ShownGroup extends Pick<FunnelGroup, 'value' | 'isOther'> {
  slots: readonly number[]
}

/** The groups with the most people at the first step, as many as `limit`, and what the others add up to. */
export function shownGroups(
  { state, each }: FunnelGroups,
  { limit, text }: { limit: number; text(value: number): string },
): ShownGroup[] {
  const byValue = new Map<number, number[]>()
  each((slot, value) => {
    if (state.path(slot) === 0) return
    const slots = byValue.get(value)
    if (slots) slots.push(slot)
    else byValue.set(value, [slot])
  })
  const all = [...byValue]
    .map(([value, slots]) => ({ value: text(value), slots }))
    .sort((a, b) => b.slots.length - a.slots.length || compareText(a.value, b.value))
  const others = all.slice(limit).flatMap(({ slots }) => slots)
  return [
    ...all.slice(0, limit),
    ...(others.length > 0 ? [{ value: OTHER, isOther: true as const, slots: others }] : []),
  ]
}

/** What the states of each group add up to. */
export function funnelGroupResults(state: FunnelState, groups: readonly ShownGroup[], ask: FunnelAsk): FunnelGroup[] {
  return groups.map(({ slots, ...group }) => ({
    ...group,
    steps: stepsOf(pathsOf(state, Uint32Array.from(slots)), ask),
  }))
}

/** What each sequence did on the deepest attempt. */
interface Paths {
  count: number
  /** Bits of the steps. */
  steps: Uint32Array
  /** When it did the step, in ms from the beginning of the attempt. */
  offset(index: number, step: number): number
}

function pathsOf({ path, offset }: FunnelState, slots: Uint32Array): Paths {
  return { count: slots.length, steps: slots.map(path), offset: (index, step) => offset(slots[index]!, step) }
}

function stepsOf(paths: Paths, { names, steps }: FunnelAsk): FunnelStepResult[] {
  const users = names.map((_, s) => countOf(paths, 1 << s))
  const previous = steps.map((_, s) => stepBefore(steps, s))
  return names.map((name, s) => ({
    name,
    users: users[s]!,
    fromStart: share(users[s]!, users[0]!),
    fromPrevious: share(users[s]!, users[previous[s]!]!),
    ...timings(s === 0 || steps[s]!.optional ? new Float64Array() : msBetween(paths, previous[s]!, s)),
  }))
}

/** The last step before one, that everybody must do. */
export function stepBefore(steps: FunnelQuery['steps'], step: number): number {
  let at = step - 1
  while (at > 0 && steps[at]!.optional) at--
  return Math.max(0, at)
}

function countOf({ steps }: Paths, bit: number): number {
  let count = 0
  for (const path of steps) if (path & bit) count++
  return count
}

/** Milliseconds between two steps, of everyone who did both. */
function msBetween({ count, steps, offset }: Paths, from: number, to: number): Float64Array {
  const both = (1 << from) | (1 << to)
  const times = new Float64Array(count)
  let found = 0
  for (let i = 0; i < count; i++) {
    if ((steps[i]! & both) === both) times[found++] = offset(i, to) - offset(i, from)
  }
  return times.subarray(0, found)
}

const share = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole)

/** The mean and the median. Whole milliseconds add up to the same in any order of people. */
function timings(times: Float64Array): { averageSeconds: number | null; medianSeconds: number | null } {
  if (times.length === 0) return { averageSeconds: null, medianSeconds: null }
  const sum = times.reduce((all, one) => all + one, 0)
  return { averageSeconds: sum / times.length / 1000, medianSeconds: median(times) / 1000 }
}

const MOST_BINS = 60

/** Bins as many as the cube root of the people, of equal width, the last for the longest alone. (PostHog's time to convert.) */
function histogramOf(paths: Paths, { fromStep, toStep }: { fromStep: number; toStep: number }): FunnelHistogram {
  const times = msBetween(paths, fromStep, toStep)
  const { averageSeconds } = timings(times)
  const n = times.length
  if (n === 0) return { fromStep, toStep, averageSeconds, bins: [] }
  const seconds = times.map((ms) => ms / 1000).sort()
  const [min, max] = [seconds[0]!, seconds[n - 1]!]
  const count = Math.min(Math.max(Math.ceil(Math.cbrt(n)), 1), MOST_BINS)
  const width = Math.ceil((max - min) / count) || 1
  const bins = Array.from({ length: count + 1 }, (_, i) => ({ fromSeconds: min + i * width, users: 0 }))
  for (const one of seconds) bins[Math.floor((one - min) / width)]!.users++
  return { fromStep, toStep, averageSeconds, bins }
}
