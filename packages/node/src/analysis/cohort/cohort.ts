import type { CohortQuery } from '@analytics/protocol'
import { z } from 'zod'
import type { AnalysisOfPeople } from '../analysis.js'
import { kindSchema } from '../kind-schema.js'
import { countNamed, namedPeople } from '../people-set.js'

/** How many people are in a cohort. */
export const cohort: AnalysisOfPeople<'cohort'> = {
  schema: kindSchema<CohortQuery>('cohort', {}).omit({ where: true }).required({ cohort: true }),

  /** Nothing beside what the cohort reads. */
  reads: (_query, { to }) => ({ from: to, to }),

  run: async (_query, { cohort }) => ({ size: countNamed(cohort!) }),

  cell: z.strictObject({}),

  peopleIn: async (_query, _cell, { cohort }) => Int32Array.from(namedPeople(cohort!)),
}
