import { AnalyticsError, durationMs, type EventMatch, type FunnelQuery, type Step } from '@analytics/protocol'
import { z } from 'zod'
import { type Analysis, feed, stepMatch, whereOf } from '../analysis.js'
import { duration, filter, kindSchema, stepEvent, stepFields } from '../query-schema.js'
import type { ResolvedRange } from '../time.js'
import { funnelAttempts } from './funnel-attempts.js'
import { funnelMachine } from './funnel-machine.js'
import { funnelResult } from './funnel-result.js'
import type { FunnelSpec } from './funnel-state.js'
import { funnelUnordered } from './funnel-unordered.js'

const DEFAULT_WINDOW = '14d'

const funnelStep = z.strictObject({ ...stepFields, optional: z.boolean().optional() })
const stepIndex = z.number().int().min(0).max(19)
const exclusion = z.strictObject({
  event: stepEvent,
  where: filter.optional(),
  fromStep: stepIndex,
  toStep: stepIndex,
})

/** How many people did the steps. */
export const funnel: Analysis<FunnelQuery> = {
  schema: kindSchema<FunnelQuery>('funnel', {
    steps: z.array(funnelStep).min(2).max(20),
    order: z.enum(['ordered', 'strict', 'unordered']).optional(),
    window: duration.optional(),
    exclusions: z.array(exclusion).max(8).optional(),
    histogram: z.strictObject({ fromStep: stepIndex.optional(), toStep: stepIndex.optional() }).optional(),
  }),

  async run(query, context) {
    const spec = specOf(query, context.range)
    const state = query.order === 'unordered' ? funnelUnordered(spec) : funnelAttempts(spec)
    const machine = funnelMachine(state, await context.store.people())
    await feed(machine, context, { matches: matchesOf(query), ...whereOf(query) })
    return funnelResult(state, machine.finish(), { ...query, names: query.steps.map(stepName) })
  },
}

/** The steps, then the exclusions; a strict funnel is told of every event. */
function matchesOf({ steps, exclusions = [], order }: FunnelQuery): EventMatch[] {
  return [...steps, ...exclusions].map(stepMatch).concat(order === 'strict' ? [{}] : [])
}

/** @throws AnalyticsError `invalid_query` */
function specOf(
  { steps, window = DEFAULT_WINDOW, order, exclusions = [], histogram }: FunnelQuery,
  { from, to }: Pick<ResolvedRange, 'from' | 'to'>,
): FunnelSpec {
  const windowMs = durationMs(window)
  if (windowMs === undefined) throw invalid('window', `${window} is no duration.`)
  const optional = steps.flatMap((step, s) => (step.optional ? [s] : []))
  const last = steps.length - 1
  for (const s of optional) {
    if (s === 0 || s === last) throw invalid(`steps[${s}].optional`, 'the first and the last step must be done.')
  }
  if (order === 'unordered' && (optional.length > 0 || exclusions.length > 0))
    throw invalid('order', 'optional steps and exclusions need an order.')
  for (const [i, { fromStep, toStep }] of exclusions.entries()) {
    if (!(fromStep < toStep && toStep <= last)) throw invalid(`exclusions[${i}]`, 'toStep is no step behind fromStep.')
  }
  const { fromStep = 0, toStep = last } = histogram ?? {}
  if (histogram && !(fromStep < toStep && toStep <= last))
    throw invalid('histogram', 'toStep is no step behind fromStep.')
  return {
    steps: steps.length,
    windowMs,
    from,
    to,
    optional,
    isStrict: order === 'strict',
    exclusions: exclusions.map(({ fromStep: from, toStep: to }) => ({ from, to })),
  }
}

function invalid(field: string, fault: string): AnalyticsError {
  return new AnalyticsError('invalid_query', `${field}: ${fault}`, { field })
}

function stepName({ name, event }: Step): string {
  return name ?? (typeof event === 'string' ? event : event.join(', '))
}
