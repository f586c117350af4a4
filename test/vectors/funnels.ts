import type { Duration } from '@analytics/protocol'
import { filterOf, stepOf } from './activity.js'
import { type Translation, UnknownCase } from './case.js'

interface FunnelVector {
  order: string
  window_s: number
  steps: { event: string; where?: Record<string, unknown> }[]
  where?: Record<string, unknown>
}

/** What has a meaning of its own, which is none of ours yet. */
const MORE = ['exclusions', 'breakdown', 'optional', 'modes', 'range']

const ordered: Translation = async ({ query, events, expected }, ask) => {
  const { order, window_s, steps, where } = query as unknown as FunnelVector
  const more = MORE.find((name) => query[name] !== undefined)
  if (order !== 'ordered' || more) throw new UnknownCase(more ?? order)
  if (steps.some((step) => 'optional' in step)) throw new UnknownCase('optional steps')
  const base = {
    kind: 'funnel',
    range: { from: '1900-01-01', to: '2100-01-01' },
    window: `${window_s}s` as Duration,
    steps: steps.map(stepOf),
    ...filterOf(where),
  } as const
  const whole = await ask(base)
  const answers: Record<string, unknown> = {}
  for (const key of Object.keys(expected)) {
    if (key === 'step_counts') answers[key] = whole.steps.map(({ users }) => users)
    else if (key === 'avg_seconds_from_previous_step') answers[key] = whole.steps.map((step) => step.averageSeconds)
    else if (key === 'average_seconds') answers[key] = whole.steps[1]!.averageSeconds
    else if (key === 'level_by_user') {
      const users = [...new Set(events.map(([user]) => user))]
      const levels = await Promise.all(
        users.map(async (value) => {
          const { steps: own } = await ask({ ...base, where: { property: 'userId', op: 'eq', value } })
          return [value, own.filter((step) => step.users > 0).length] as const
        }),
      )
      const named = Object.keys(expected.level_by_user as object)
      answers[key] = Object.fromEntries(levels.filter(([user]) => named.includes(user)))
    } else throw new UnknownCase(key)
  }
  return answers
}

export const FUNNELS: Readonly<Record<string, Translation>> = { 'funnel posthog-ordered': ordered }
