import { durationMs, type Filter, type Interval, LIMITS, type Scalar, type Step } from '@analytics/protocol'
import { propertyReference } from '@analytics/protocol/filter'
import { z } from 'zod'

/** Levels of and, or and not in one filter. */
const FILTER_DEPTH = 8
/** Parts of one filter: conditions, and, or and not. To find what is wrong with many more would take seconds. */
const FILTER_PARTS = 1000
/** Values of one IN-list. */
const FILTER_VALUES = 10_000

/** Text that is not empty. */
export const text = (max: number): z.ZodString => z.string().min(1).max(max)

const eventType = text(LIMITS.eventType)
/** A list of event types. */
export const eventTypes: z.ZodType<string[]> = z.array(eventType).min(1).max(100)
/** One event type or several. */
export const stepEvent: z.ZodType<string | string[]> = z.union([eventType, eventTypes])

/** The name of a property. */
export const property: z.ZodType<string> = text(500).refine((name) => propertyReference(name) !== undefined, {
  message: 'is neither a column of an event nor properties.path',
})
const scalar: z.ZodType<Exclude<Scalar, null>> = z.union([z.string().max(10_000), z.number(), z.boolean()])

/** Filters nest, but not without end: each level is a schema of its own. */
function filterSchema(depth: number, name: z.ZodType<string>): z.ZodType<Filter> {
  const comparison = z.discriminatedUnion('op', [
    z.strictObject({ property: name, op: z.enum(['exists', 'notExists']) }),
    z.strictObject({ property: name, op: z.enum(['in', 'notIn']), value: z.array(scalar).max(FILTER_VALUES) }),
    z.strictObject({ property: name, op: z.enum(['eq', 'neq', 'gt', 'gte', 'lt', 'lte', 'contains']), value: scalar }),
  ])
  if (depth === 0) return comparison as z.ZodType<Filter>
  const nested = z.lazy(() => filterSchema(depth - 1, name))
  return z.union([
    comparison,
    z.strictObject({ and: z.array(nested).max(100) }),
    z.strictObject({ or: z.array(nested).max(100) }),
    z.strictObject({ not: nested }),
  ]) as z.ZodType<Filter>
}

function boundedFilter(name: z.ZodType<string>): z.ZodType<Filter> {
  const bounded = z.unknown().refine((value) => isWithin(FILTER_PARTS, value), {
    message: `has more than ${FILTER_PARTS} conditions`,
    abort: true,
  })
  return bounded.pipe(filterSchema(FILTER_DEPTH, name)) as unknown as z.ZodType<Filter>
}

/** Whether what may be a filter has no more parts than that. */
function isWithin(most: number, filter: unknown): boolean {
  const left: unknown[] = [filter]
  for (let parts = 1; left.length > 0; parts++) {
    if (parts > most) return false
    const { and, or, not } = (left.pop() ?? {}) as { and?: unknown; or?: unknown; not?: unknown }
    for (const nested of [and, or]) if (Array.isArray(nested)) left.push(...nested.slice(0, most))
    if (not !== undefined) left.push(not)
  }
  return true
}

/** A condition on events. */
export const filter: z.ZodType<Filter> = boundedFilter(property)

/** A condition on the traits of people. */
export const traitFilter: z.ZodType<Filter> = boundedFilter(
  property.refine((name) => name.startsWith('properties.'), { message: 'is no trait: properties.path' }),
)

/** Fields of a {@link Step}, for those that add to it. */
export const stepFields: { event: z.ZodType; where: z.ZodType; name: z.ZodType } = {
  event: stepEvent,
  where: filter.optional(),
  name: text(200).optional(),
}

/** A step that can't be left out. */
export const step: z.ZodType<Step> = z.strictObject(stepFields) as unknown as z.ZodType<Step>

/** A length of time such as `30m`. */
export const duration: z.ZodType<string> = text(20).refine((value) => durationMs(value) !== undefined, {
  message: 'is no duration such as 30m, 12h or 14d',
})

/** An interval in which people are counted. */
export const interval: z.ZodType<Exclude<Interval, 'minute'>> = z.enum(['hour', 'day', 'week', 'month'])

/** A number of times or of intervals. */
export const count: z.ZodType<number> = z.number().int().min(1).max(10_000)
