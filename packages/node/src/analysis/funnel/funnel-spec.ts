import { AnalyticsError, durationMs, type FunnelQuery } from '@analytics/protocol'
import type { FunnelSpec } from './funnel-state.js'

const DEFAULT_WINDOW = '14d'

/** The part of a funnel that decides what its machine does. */
export type FunnelQuestion = Omit<FunnelQuery, 'kind' | 'range' | 'where'>

/**
 * What the machine needs to know of a funnel over such instants.
 * @throws AnalyticsError `invalid_query` where parts of the query don't go together.
 */
export function funnelSpec(query: FunnelQuestion, { from, to }: { from: number; to: number }): FunnelSpec {
  const { steps, window = DEFAULT_WINDOW, order, exclusions = [] } = query
  const windowMs = durationMs(window)
  if (windowMs === undefined) throw invalid('window', `${window} is no duration.`)
  checkSteps(query)
  checkBreakdown(query)
  return {
    steps: steps.length,
    windowMs,
    from,
    to,
    optional: steps.flatMap((step, s) => (step.optional ? [s] : [])),
    isStrict: order === 'strict',
    exclusions: exclusions.map(({ fromStep: from, toStep: to }) => ({ from, to })),
  }
}

function checkSteps({ steps, order, exclusions = [], histogram }: FunnelQuestion): void {
  const last = steps.length - 1
  const optional = steps.flatMap((step, s) => (step.optional ? [s] : []))
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
}

function checkBreakdown({ steps, order, breakdown }: FunnelQuestion): void {
  const attribution = breakdown?.attribution
  if (typeof attribution !== 'object') return
  if (attribution.step >= steps.length) throw invalid('breakdown.attribution', 'there is no such step.')
  if (order === 'unordered') throw invalid('breakdown.attribution', 'the value of a step needs an order.')
}

function invalid(field: string, fault: string): AnalyticsError {
  return new AnalyticsError('invalid_query', `${field}: ${fault}`, { field })
}
