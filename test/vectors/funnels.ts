import type { Duration, FunnelQuery } from '@analytics/protocol'
import { filterOf, stepOf } from './activity.js'
import { type Ask, type Translation, UnknownCase } from './case.js'

interface FunnelVector {
  order: 'ordered' | 'strict' | 'unordered'
  window_s: number
  steps: { event?: string; any_of?: string[]; where?: Record<string, unknown>; optional?: boolean }[]
  where?: Record<string, unknown>
  exclusions?: { event: string; where?: Record<string, unknown>; from_step: number; to_step: number }[]
  modes?: string[]
}

/** What has a meaning of its own, which is none of ours yet. */
const MORE = ['breakdown', 'range']

function queryOf(query: Record<string, unknown>): FunnelQuery {
  const more = MORE.find((name) => query[name] !== undefined)
  if (more) throw new UnknownCase(more)
  const { order, window_s, steps, where, exclusions = [], modes = [] } = query as unknown as FunnelVector
  const strict = modes.includes('strict_order')
  // One event fills one step of ours anyhow, and repeats of a step keep an attempt.
  const other = modes.find((mode) => mode !== 'strict_order' && mode !== 'strict_once')
  if (other) throw new UnknownCase(other)
  return {
    kind: 'funnel',
    range: { from: '1900-01-01', to: '2100-01-01' },
    order: strict ? 'strict' : order,
    window: `${window_s}s` as Duration,
    steps: steps.map(({ optional = false, ...step }) => ({ ...stepOf(step), optional })),
    exclusions: exclusions.map(({ from_step: fromStep, to_step: toStep, ...one }) => ({
      ...stepOf(one),
      fromStep,
      toStep,
    })),
    ...filterOf(where),
  }
}

/** How far a user came: -1 where an exclusion has removed them. */
async function levelOf(user: string, query: FunnelQuery, ask: Ask): Promise<number> {
  const where = { property: 'userId', op: 'eq', value: user } as const
  const reached = async (exclusions: FunnelQuery['exclusions']): Promise<number> => {
    const { steps } = await ask({ ...query, where, ...(exclusions ? { exclusions } : {}) })
    return steps.filter(({ users }) => users > 0).length
  }
  const level = await reached(query.exclusions)
  return level === 0 && (await reached([])) > 0 ? -1 : level
}

const funnel: Translation = async ({ query, events, expected }, ask) => {
  const asked = queryOf(query)
  const whole = await ask(asked)
  const answers: Record<string, unknown> = {}
  for (const key of Object.keys(expected)) {
    if (key === 'step_counts') answers[key] = whole.steps.map(({ users }) => users)
    else if (key === 'avg_seconds_from_previous_step') answers[key] = whole.steps.map((step) => step.averageSeconds)
    else if (key === 'average_seconds') answers[key] = whole.steps[1]!.averageSeconds
    else if (key === 'level_by_user') {
      const named = Object.keys(expected.level_by_user as object)
      const users = [...new Set(events.map(([user]) => user))].filter((user) => named.includes(user))
      answers[key] = Object.fromEntries(
        await Promise.all(users.map(async (user) => [user, await levelOf(user, asked, ask)] as const)),
      )
    } else throw new UnknownCase(key)
  }
  return answers
}

const timeToConvert: Translation = async ({ query }, ask) => {
  const { from_step: fromStep, to_step: toStep } = query as { from_step: number; to_step: number }
  const { histogram } = await ask({ ...queryOf(query), histogram: { fromStep, toStep } })
  return {
    bins: histogram!.bins.map(({ fromSeconds, users }) => [fromSeconds, users]),
    average_seconds: histogram!.averageSeconds,
  }
}

export const FUNNELS: Readonly<Record<string, Translation>> = {
  'funnel posthog-ordered': funnel,
  'funnel posthog-strict': funnel,
  'funnel posthog-unordered': funnel,
  'funnel clickhouse-windowFunnel': funnel,
  'funnel clickhouse-windowFunnel(strict_order)': funnel,
  'funnel clickhouse-windowFunnel(strict_once)': funnel,
  'funnel_time_to_convert posthog-ordered': timeToConvert,
}
