import type { CohortDefinition } from './cohort-definition.js'
import type { QueryBase } from './query-base.js'

/** How many people are in a cohort at the end of the range, or now where that is earlier; where the range begins makes no difference. */
export interface CohortQuery extends Omit<QueryBase, 'where' | 'cohort'> {
  kind: 'cohort'
  /** The name of one that is defined, or a definition. */
  cohort: string | CohortDefinition
}

/** Answer of a `CohortQuery`. */
export interface CohortResult {
  /** People, each once with all of their ids. */
  size: number
}
