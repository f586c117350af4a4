import type { Metric } from '@analytics/protocol'
import { z } from 'zod'
import { parsed } from '../parsed.js'
import { filter, property, stepEvent, text } from '../query-schema.js'

/** Characters of a formula. */
const FORMULA_LENGTH = 1000

const aggregateFields = {
  event: stepEvent.optional(),
  where: filter.optional(),
  aggregate: z
    .enum(['count', 'users', 'sessions', 'distinct', 'sum', 'average', 'min', 'max', 'p50', 'p75', 'p90', 'p95', 'p99'])
    .optional(),
  property: property.optional(),
  // So that what is wrong with a formula is told of a formula.
  formula: z.never().optional(),
}
const formulaFields = { formula: text(FORMULA_LENGTH) }
const name = text(100)

/** A metric of a query: a name, or a definition. */
export const queryMetric: z.ZodType = z.union([
  name,
  z.strictObject({ name, ...formulaFields }),
  z.strictObject({ name, ...aggregateFields }),
])

const metric: z.ZodType = z.union([z.strictObject(formulaFields), z.strictObject(aggregateFields)])

/** Checks a metric that came from outside. @throws AnalyticsError `invalid_query` with the field at fault. */
export function parseMetric(value: unknown): Metric {
  return parsed(metric, value, 'The metric') as Metric
}
