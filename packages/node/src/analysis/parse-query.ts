import { AnalyticsError, durationMs, type Filter, LIMITS, type Query } from '@analytics/protocol'
import { propertyReference } from '@analytics/protocol/filter'
import { z } from 'zod'

/** Levels of and, or and not in one filter. */
const FILTER_DEPTH = 8
/** Values of one IN-list. */
const FILTER_VALUES = 10_000

const text = (max: number) => z.string().min(1).max(max)
const eventType = text(LIMITS.eventType)
const eventTypes = z.array(eventType).min(1).max(100)
const stepEvent = z.union([eventType, eventTypes])

const property = text(500).refine((name) => propertyReference(name) !== undefined, {
  message: 'is neither a column of an event nor properties.path',
})
const scalar = z.union([z.string().max(10_000), z.number(), z.boolean()])
const propertyFilter = z.union([
  z.strictObject({ property, op: z.enum(['exists', 'notExists']) }),
  z.strictObject({ property, op: z.enum(['in', 'notIn']), value: z.array(scalar).max(FILTER_VALUES) }),
  z.strictObject({ property, op: z.enum(['eq', 'neq', 'gt', 'gte', 'lt', 'lte', 'contains']), value: scalar }),
])

/** Filters nest, but not without end: each level is a schema of its own. */
function filterSchema(depth: number): z.ZodType<Filter> {
  if (depth === 0) return propertyFilter as z.ZodType<Filter>
  const nested = z.lazy(() => filterSchema(depth - 1))
  return z.union([
    propertyFilter,
    z.strictObject({ and: z.array(nested).max(100) }),
    z.strictObject({ or: z.array(nested).max(100) }),
    z.strictObject({ not: nested }),
  ]) as z.ZodType<Filter>
}
const filter = filterSchema(FILTER_DEPTH)

const base = {
  range: z.strictObject({
    from: text(40),
    to: text(40),
    timeZone: text(64).optional(),
    weekStart: z.enum(['monday', 'sunday']).optional(),
  }),
  where: filter.optional(),
  tiers: z.enum(['all', 'hot']).optional(),
  onArchived: z.enum(['error', 'partial', 'restore']).optional(),
  timeoutMs: z.number().int().min(1).max(600_000).optional(),
}

const step = z.strictObject({ event: stepEvent, where: filter.optional(), name: text(200).optional() })

const funnelStep = step.extend({ optional: z.boolean().optional() })
const stepIndex = z.number().int().min(0).max(19)
const exclusion = z.strictObject({
  event: stepEvent,
  where: filter.optional(),
  fromStep: stepIndex,
  toStep: stepIndex,
})

const duration = text(20).refine((value) => durationMs(value) !== undefined, {
  message: 'is no duration such as 30m, 12h or 14d',
})

const metric = z.union([
  z.enum(['events', 'users', 'sessions', 'page_views', 'errors']),
  z.strictObject({
    name: text(100),
    event: stepEvent.optional(),
    where: filter.optional(),
    aggregate: z
      .enum(['count', 'users', 'sessions', 'sum', 'average', 'min', 'max', 'p50', 'p75', 'p90', 'p95', 'p99'])
      .optional(),
    property: property.optional(),
  }),
])

const interval = z.enum(['hour', 'day', 'week', 'month'])
const count = z.number().int().min(1).max(10_000)
const label = text(LIMITS.url)
const labels = z.array(label).max(100)

const query = z.discriminatedUnion('kind', [
  z.strictObject({
    ...base,
    kind: z.literal('events'),
    userId: text(LIMITS.userId).optional(),
    sessionId: text(LIMITS.sessionId).optional(),
    eventTypes: eventTypes.optional(),
    limit: z.number().int().min(1).max(1000).optional(),
    cursor: text(500).optional(),
    order: z.enum(['asc', 'desc']).optional(),
  }),
  z.strictObject({
    ...base,
    kind: z.literal('funnel'),
    steps: z.array(funnelStep).min(2).max(20),
    order: z.enum(['ordered', 'strict', 'unordered']).optional(),
    window: duration.optional(),
    exclusions: z.array(exclusion).max(8).optional(),
    histogram: z.strictObject({ fromStep: stepIndex.optional(), toStep: stepIndex.optional() }).optional(),
  }),
  z.strictObject({
    ...base,
    kind: z.literal('trend'),
    metrics: z.array(metric).min(1).max(16),
    interval: z.enum(['minute', 'hour', 'day', 'week', 'month']).optional(),
  }),
  z.strictObject({
    ...base,
    kind: z.literal('retention'),
    startEvent: step,
    returnEvent: step,
    interval: interval.optional(),
    periods: count.optional(),
    mode: z.enum(['recurring', 'first-time', 'first-in-range']).optional(),
    bounded: z.boolean().optional(),
    minOccurrences: count.optional(),
    brackets: z.array(count).min(1).max(100).optional(),
    reference: z.enum(['cohort', 'previous']).optional(),
  }),
  z.strictObject({
    ...base,
    kind: z.literal('lifecycle'),
    event: step.optional(),
    interval: interval.optional(),
  }),
  z.strictObject({
    ...base,
    kind: z.literal('stickiness'),
    event: step.optional(),
    interval: interval.optional(),
    minOccurrences: count.optional(),
    maxOccurrences: count.optional(),
  }),
  z.strictObject({
    ...base,
    kind: z.literal('active-users'),
    window: z.enum(['day', 'week', 'month']),
    event: step.optional(),
  }),
  z.strictObject({
    ...base,
    kind: z.literal('journeys'),
    by: z.union([property, z.array(property).min(1).max(10)]),
    event: step.optional(),
    groups: z
      .array(z.strictObject({ label, match: labels.min(1) }))
      .max(100)
      .optional(),
    exclude: labels.optional(),
    start: label.optional(),
    end: label.optional(),
    maxSteps: z.number().int().min(2).max(20).optional(),
    sessionGap: duration.optional(),
    collapseRepeats: z.boolean().optional(),
    minWeight: z.number().int().min(1).optional(),
    limit: z.number().int().min(1).max(1000).optional(),
  }),
])

/**
 * Checks a query that came from outside.
 * @throws AnalyticsError `invalid_query`, whose `field` names what is wrong, such as `steps[1].where`.
 */
export function parseQuery(value: unknown): Query {
  const parsed = query.safeParse(value)
  if (parsed.success) return parsed.data as Query
  const issue = closestIssue(parsed.error.issues)
  const field = issue.path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
    .replace(/^\./, '')
  throw new AnalyticsError('invalid_query', `${field || 'The query'}: ${issue.message}.`, { field })
}

type Issue = { path: PropertyKey[]; message: string }

/** The first issue; of a union's alternatives, that of the one with the fewest: it is the one the caller meant. */
function closestIssue(issues: readonly z.core.$ZodIssue[], prefix: PropertyKey[] = []): Issue {
  const [issue] = issues
  if (!issue) return { path: prefix, message: 'is not valid' }
  const path = [...prefix, ...issue.path]
  const alternatives = issue.code === 'invalid_union' ? issue.errors.filter((errors) => errors.length > 0) : []
  if (alternatives.length === 0) return { path, message: issue.message }
  const [closest] = [...alternatives].sort((a, b) => a.length - b.length || depth(b) - depth(a))
  return closestIssue(closest!, path)
}

const depth = (issues: readonly z.core.$ZodIssue[]): number => Math.max(...issues.map(({ path }) => path.length))
