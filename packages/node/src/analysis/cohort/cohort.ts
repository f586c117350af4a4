import type { CohortQuery } from '@analytics/protocol'
import type { Analysis } from '../analysis.js'
import { kindSchema } from '../kind-schema.js'
import { countNamed } from '../people-set.js'

/** How many people are in a cohort. */
export const cohort: Analysis<CohortQuery> = {
  schema: kindSchema<CohortQuery>('cohort', {}).omit({ where: true }).required({ cohort: true }),

  listsCohort: true,

  /** Nothing beside what the cohort reads. */
  reads: (_query, { to }) => ({ from: to, to }),

  run: async (_query, { cohort }) => ({ size: countNamed(cohort!) }),
}
