import type { Duration, Filter, QueryBase, Step } from './base.js'

/** An event that spoils an attempt at a funnel: whoever did it between two steps, within the window, is taken out of the whole funnel. */
export interface Exclusion {
  event: string | readonly string[] | '*'
  where?: Filter
  /** The attempt has reached this step, or a later one, */
  fromStep: number
  /** and not this one. */
  toStep: number
}

/**
 * How many people did the steps within the window of their first step. A later first step begins a new attempt; a person counts with the
 * deepest attempt. (The rules of PostHog's funnels.)
 */
export interface FunnelQuery extends QueryBase {
  kind: 'funnel'
  /** 2 to 20. */
  steps: readonly Step[]
  /**
   * `ordered`: other events may come in between. `strict`: none may. `unordered`: in any order, step k then is the k-th different one.
   * @default 'ordered'
   */
  order?: 'ordered' | 'strict' | 'unordered'
  /** From the first step, inclusive. @default '14d' */
  window?: Duration
  /** Up to 8; a person whose deepest attempt is spoiled by one is left out. */
  exclusions?: readonly Exclusion[]
  /** Asks how long people took from one step to another, which are the first and the last unless given. */
  histogram?: { fromStep?: number; toStep?: number }
}

/** One step of a funnel's answer. */
export interface FunnelStepResult {
  name: string
  /** People who did the step on their deepest attempt. */
  users: number
  /** Share of the people of the first step, 0 to 1; null where there are none. */
  fromStart: number | null
  /** Share of the people of the step before that is not optional, 0 to 1; null where there are none. */
  fromPrevious: number | null
  /** Seconds from the step before that is not optional, over the people who did both; null at the first and at optional steps, and where there are none. */
  averageSeconds: number | null
  medianSeconds: number | null
}

/** Answer of a `FunnelQuery`. */
export interface FunnelResult {
  steps: FunnelStepResult[]
  /** Where it was asked for. */
  histogram?: FunnelHistogram
}

/** How long people took from one step to another. */
export interface FunnelHistogram {
  fromStep: number
  toStep: number
  /** Null where nobody reached the step. */
  averageSeconds: number | null
  /** Of equal width, the shortest first: how many took from `fromSeconds` on, up to where the next one begins. */
  bins: { fromSeconds: number; users: number }[]
}
