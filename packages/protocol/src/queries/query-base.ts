import type { Filter, Range } from './base.js'
import type { CohortDefinition } from './cohort-definition.js'

/** What every query has; that for people has the one of the query whose numbers they are behind. */
export interface QueryBase {
  range: Range
  where?: Filter
  /**
   * Counts only events of people in a cohort, which is named or defined here. It is evaluated at the end of the range, or now where that is
   * earlier.
   */
  cohort?: string | CohortDefinition
  /** @default 'all' */
  tiers?: 'all' | 'hot'
  /**
   * What to do about days in the archive tier: refuse, leave them out and say so in `meta.missing`, or have them restored, which takes up
   * to an hour and may cost: ask again later. @default 'error'
   */
  onArchived?: 'error' | 'partial' | 'restore'
  /** @default 30000 */
  timeoutMs?: number
}
