import type { Duration, FunnelQuery, Interval, Range } from '@analytics/protocol'
import { Temporal } from 'temporal-polyfill'
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

function queryOf(query: Record<string, unknown>): FunnelQuery {
  const { order, window_s, steps, where, exclusions = [], modes = [] } = query as unknown as FunnelVector
  const strict = modes.includes('strict_order')
  // One event fills one step of ours anyhow, and repeats of a step keep an attempt.
  const other = modes.find((mode) => mode !== 'strict_order' && mode !== 'strict_once')
  if (other) throw new UnknownCase(other)
  return {
    kind: 'funnel',
    range: rangeOf(query),
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

/** Ends are given to the second, and belong to the range. */
function rangeOf({ range }: Record<string, unknown>): Range {
  if (range === undefined) return { from: '1900-01-01', to: '2100-01-01' }
  const [from, to] = range as [string, string]
  return { from, to: new Date(Date.parse(to) + 1000).toISOString() }
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

const ATTRIBUTIONS = { first_touch: 'first', last_touch: 'last', all_events: 'all' } as const

const breakdown: Translation = async ({ query, expected }, ask) => {
  const { property, attribution, limit } = query.breakdown as {
    property: string
    attribution: keyof typeof ATTRIBUTIONS | { step: number }
    limit?: number
  }
  const { groups = [] } = await ask({
    ...queryOf(query),
    breakdown: {
      property: `properties.${property}`,
      attribution: typeof attribution === 'string' ? ATTRIBUTIONS[attribution] : attribution,
      ...(limit === undefined ? {} : { limit }),
    },
  })
  const asked = Object.values(expected.groups as Record<string, Record<string, unknown>>)
  const hasAverage = asked.some((group) => 'avg_s' in group)
  const answers = groups.map(({ value, steps }) => [
    value,
    {
      step_counts: steps.map(({ users }) => users),
      ...(hasAverage ? { avg_s: steps.at(-1)!.averageSeconds } : {}),
    },
  ])
  return { groups: Object.fromEntries(answers) }
}

const trends: Translation = async ({ query }, ask) => {
  const { interval, timezone, week_start, date_from, date_to } = query as {
    interval: Exclude<Interval, 'minute'>
    timezone: string
    week_start?: 'monday' | 'sunday'
    date_from: string
    date_to: string
  }
  const { series = [] } = await ask({
    ...queryOf({ order: 'ordered', ...query }),
    interval,
    range: {
      from: date_from,
      to: Temporal.PlainDate.from(date_to).add({ days: 1 }).toString(),
      timeZone: timezone,
      weekStart: week_start ?? 'sunday',
    },
  })
  return {
    series: series.map(({ start, entered, converted, rate }) => ({
      period: start.slice(0, interval === 'hour' ? 19 : 10),
      entered,
      converted,
      rate_pct: Math.round(10_000 * (rate ?? 0)) / 100,
    })),
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
  'funnel_breakdown posthog-ordered': breakdown,
  'funnel_breakdown posthog-strict': breakdown,
  'funnel_breakdown posthog-unordered': breakdown,
  'funnel_trends posthog-ordered': trends,
  'funnel_trends posthog-strict': trends,
  'funnel_trends posthog-unordered': trends,
}
