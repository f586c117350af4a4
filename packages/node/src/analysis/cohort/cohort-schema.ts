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

const conditions = {
  performed: events,
  notPerformed: events,
  firstTime: z.strictObject({ event: stepEvent, where: filter.optional(), within: duration }),
  sequence: z.strictObject({
    steps: z.array(step).min(2).max(20),
    within: duration.optional(),
    window: duration.optional(),
  }),
  traits: traitFilter,
  people: z.array(text(LIMITS.userId)).max(MOST_PEOPLE),
  cohort: text(100),
}

/** Of one key each. Not a union: of a wide definition, that would try every form of every part. */
function oneOf(forms: Record<string, z.ZodType>): z.ZodType<CohortDefinition> {
  const message = `is not one of ${Object.keys(forms).join(', ')}`
  return z
    .strictObject(Object.fromEntries(Object.entries(forms).map(([key, form]) => [key, form.optional()])))
    .refine((value) => Object.keys(value).length === 1 && Object.values(value)[0] !== undefined, {
      message,
    }) as unknown as z.ZodType<CohortDefinition>
}

/** Definitions nest, but not without end: each level is a schema of its own. */
function definitionSchema(depth: number): z.ZodType<CohortDefinition> {
  if (depth === 0) return oneOf(conditions)
  const nested = z.lazy(() => definitionSchema(depth - 1))
  const parts = z.array(nested).min(1).max(MOST_PARTS)
  return oneOf({ ...conditions, and: parts, or: parts, not: nested })
}

const definition = definitionSchema(DEPTH)
const name = z.string('is neither the name of a cohort nor the definition of one').min(1).max(100)

/** A cohort of a query: the name of one, or a definition. */
export const cohort: z.ZodType<string | CohortDefinition> = z.union([name, definition])

/** Checks a definition that came from outside. @throws AnalyticsError `invalid_query` with the field at fault. */
export function parseCohort(value: unknown): CohortDefinition {
  return parsed(definition, value, 'The cohort') as CohortDefinition
}
