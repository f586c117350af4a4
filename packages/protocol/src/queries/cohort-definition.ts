import type { Duration, Filter, Step } from './base.js'

/** Events that decide whether somebody is in a cohort. */
export interface CohortEvents {
  /** One type, any of several, or `*` for all. */
  event: string | readonly string[] | '*'
  where?: Filter
  /** How many of them, both inclusive, from 1 to 10,000. @default at least one */
  times?: { min?: number; max?: number }
  /** How far back from the instant of the cohort they may lie, inclusive. @default any time before */
  within?: Duration
}

/**
 * Which people. A cohort is evaluated at an instant: the end of the query's range, or now where that is earlier. Events at or after it don't
 * count; all that are before it do, however old, unless `within` says otherwise. It has at most 100 parts on 8 levels, where the parts of
 * the cohorts that it names count, too.
 */
export type CohortDefinition =
  /** Those who did it so many times. */
  | { performed: CohortEvents }
  /** Everybody else: `{ not: { performed } }`. */
  | { notPerformed: CohortEvents }
  /** Those who did it for the first time ever within that time. */
  | { firstTime: { event: string | readonly string[] | '*'; where?: Filter; within: Duration } }
  /**
   * Those who did 2 to 20 steps in this order, others in between or not, as in an ordered funnel: all of them within `window` of the first
   * (any time unless given) and `within` of the cohort's instant. No step is optional.
   */
  | { sequence: { steps: readonly Step[]; within?: Duration; window?: Duration } }
  /**
   * Those whose traits meet a condition on `properties.*`. Of each trait the value of the latest `identify` event counts that has one; whoever
   * never had one lacks it.
   */
  | { traits: Filter }
  /** The users with these ids, up to 100,000, as far as any of them is known. */
  | { people: readonly string[] }
  /** The people of a cohort that is defined under the name. */
  | { cohort: string }
  | { and: readonly CohortDefinition[] }
  | { or: readonly CohortDefinition[] }
  /** Everybody else: where people are counted, those who have an event before the cohort's instant. */
  | { not: CohortDefinition }
