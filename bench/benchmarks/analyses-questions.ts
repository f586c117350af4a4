import type { Analytics } from '@analytics/node'
import { FROM, STEPS, TO, WINDOW_DAYS } from './funnel-question.js'

const range = { from: new Date(FROM).toISOString(), to: new Date(TO).toISOString() }

/** Questions that a single statement answers too, with what both ways must agree on. */
export const COMPARED = {
  async retention(analytics: Analytics): Promise<number[]> {
    const ever = { event: '*' }
    const { result } = await analytics.query({
      ...{ kind: 'retention', range, interval: 'week', startEvent: ever, returnEvent: ever },
    })
    return result.cohorts.flatMap(({ users }, i) => users.slice(0, result.cohorts.length - i))
  },
  async users(analytics: Analytics): Promise<number[]> {
    const { result } = await analytics.query({ kind: 'trend', range, metrics: ['users'] })
    return result.series[0]!.points.map(({ value }) => value!)
  },
  async journeys(analytics: Analytics): Promise<number[]> {
    const { result } = await analytics.query({ kind: 'journeys', range, by: 'eventType', timeoutMs: 300_000 })
    return result.links.map(({ value }) => value)
  },
}

/** Asks one question. */
export type Ask = (analytics: Analytics) => Promise<unknown>

const SIXTEEN = Array.from({ length: 16 }, (_, i) => STEPS[i % STEPS.length]!)

const funnel = (types: readonly string[], more: object = {}): Ask => {
  const steps = types.map((event) => ({ event }))
  return ({ query }) => query({ kind: 'funnel', range, steps, window: `${WINDOW_DAYS}d`, timeoutMs: 300_000, ...more })
}

const personsEvents = (from: string): Ask => {
  return ({ query }) => query({ kind: 'events', range: { from, to: '2026-11-01' }, userId: 'user-777', limit: 1000 })
}

/** Questions with nothing beside them but the first. */
export const ALONE: Readonly<Record<string, Ask>> = {
  'funnel, 4 steps': funnel(STEPS),
  'funnel, 16 steps': funnel(SIXTEEN),
  'funnel, 16 steps, by a column': funnel(SIXTEEN, { breakdown: { property: 'browser' } }),
  'funnel, 16 steps, by a property': funnel(SIXTEEN, { breakdown: { property: 'properties.plan' } }),
  'one person, 7 days': personsEvents('2026-10-25'),
  'one person, everything': personsEvents('2026-10-02'),
}
