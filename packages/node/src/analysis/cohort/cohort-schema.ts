import { type CohortDefinition, LIMITS } from '@analytics/protocol'
import { z } from 'zod'
import { parsed } from '../parsed.js'
import { count, duration, filter, step, stepEvent, text, traitFilter } from '../query-schema.js'

/** Levels of and, or and not in one definition. */
const DEPTH = 8
/** Parts of one and or or. */
const MOST_PARTS = 100
/** Users of one static list. */
const MOST_PEOPLE = 100_000

const times = z
  .strictObject({ min: count.optional(), max: count.optional() })
  .refine(({ min = 1, max = min }) => min <= max, { message: 'min is above max' })
const events = z.strictObject({
  event: stepEvent,
  where: filter.optional(),
  times: times.optional(),
  within: duration.optional(),
})

const CONDITIONS = [
  z.strictObject({ performed: events }),
  z.strictObject({ notPerformed: events }),
  z.strictObject({
    firstTime: z.strictObject({ event: stepEvent, where: filter.optional(), within: duration }),
  }),
  z.strictObject({
    sequence: z.strictObject({
      steps: z.array(step).min(2).max(20),
      within: duration.optional(),
      window: duration.optional(),
    }),
  }),
  z.strictObject({ traits: traitFilter }),
  z.strictObject({ people: z.array(text(LIMITS.userId)).max(MOST_PEOPLE) }),
  z.strictObject({ cohort: text(100) }),
] as const

/** Definitions nest, but not without end: each level is a schema of its own. */
function definitionSchema(depth: number): z.ZodType<CohortDefinition> {
  if (depth === 0) return z.union(CONDITIONS) as unknown as z.ZodType<CohortDefinition>
  const nested = z.lazy(() => definitionSchema(depth - 1))
  const parts = z.array(nested).min(1).max(MOST_PARTS)
  return z.union([
    ...CONDITIONS,
    z.strictObject({ and: parts }),
    z.strictObject({ or: parts }),
    z.strictObject({ not: nested }),
  ]) as unknown as z.ZodType<CohortDefinition>
}

const definition = definitionSchema(DEPTH)

/** A cohort of a query: the name of one, or a definition. */
export const cohort: z.ZodType<string | CohortDefinition> = z.union([text(100), definition])

/** Checks a definition that came from outside. @throws AnalyticsError `invalid_query` with the field at fault. */
export function parseCohort(value: unknown): CohortDefinition {
  return parsed(definition, value, 'The cohort') as CohortDefinition
}
