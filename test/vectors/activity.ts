import type { Filter, Interval, Range, Step } from '@analytics/protocol'
import { Temporal } from 'temporal-polyfill'
import { type Ask, type Translation, UnknownCase, type VectorCase } from './case.js'

type Period = 'hour' | 'day' | 'week' | 'month'
interface VectorStep {
  event?: string
  any_of?: string[]
  where?: Record<string, unknown>
}

/** All pairs equal. */
export function filterOf(where: Record<string, unknown> = {}): { where?: Filter } {
  const parts = Object.entries(where).map(
    ([key, value]) => ({ property: `properties.${key}`, op: 'eq', value: value as string }) as const,
  )
  return parts.length > 0 ? { where: { and: parts } } : {}
}

export const stepOf = ({ event, any_of, where }: VectorStep): Step => ({ event: any_of ?? event!, ...filterOf(where) })

/** So many intervals from a local time on. */
function rangeOf(query: Record<string, unknown>, period: Period, rows: number): Range {
  const { first_interval, timezone = 'UTC', week_start = 'monday' } = query as Record<string, string>
  const from = Temporal.PlainDateTime.from(first_interval!).toZonedDateTime(timezone)
  const length = { hour: 'hours', day: 'days', week: 'weeks', month: 'months' } as const
  const to = from.add({ [length[period]]: rows })
  const text = (at: Temporal.ZonedDateTime): string => at.toInstant().toString()
  return { from: text(from), to: text(to), timeZone: timezone, weekStart: week_start as 'monday' | 'sunday' }
}

const MODES = { recurring: 'recurring', first_time: 'first-time', first_in_range: 'first-in-range' } as const

const retention: Translation = async ({ query, expected }, ask) => {
  const { period, rows, intervals, target, returning, where, unbounded, min_occurrences, brackets } = query as {
    period: Period
    rows: number
    intervals: number
    target: VectorStep
    returning: VectorStep
    where?: Record<string, unknown>
    unbounded?: boolean
    min_occurrences?: number
    brackets?: number[]
  }
  const mode = MODES[query.retention_type as keyof typeof MODES]
  if (mode === undefined) throw new UnknownCase(String(query.retention_type))
  const { cohorts } = await ask({
    kind: 'retention',
    range: rangeOf(query, period, rows),
    startEvent: stepOf(target),
    returnEvent: stepOf(returning),
    interval: period,
    mode,
    bounded: unbounded !== true,
    ...(brackets ? { brackets } : { periods: intervals - 1 }),
    ...(min_occurrences === undefined ? {} : { minOccurrences: min_occurrences }),
    ...filterOf(where),
  })
  if ('matrix' in expected) return { matrix: cohorts.map(({ users }) => users) }
  const found = cohorts.filter(({ size }) => size > 0)
  return { cohorts: found.map(({ start, size, users }) => ({ cohort: start.slice(0, 10), size, values: users })) }
}

const weekOverWeek: Translation = async ({ query, events }, ask) => {
  const { week_start } = query as { week_start: 'monday' | 'sunday' }
  const days = events.map(([, , time]) => time.slice(0, 10)).sort()
  const to = Temporal.PlainDate.from(days.at(-1)!).add({ weeks: 2 }).toString()
  const { cohorts } = await ask({
    kind: 'retention',
    range: { from: days[0]!, to, weekStart: week_start },
    startEvent: { event: '*' },
    returnEvent: { event: '*' },
    interval: 'week',
    periods: 1,
  })
  return {
    rows: cohorts
      .filter(({ size }) => size > 0)
      .map(({ start, size, users, rates }) => ({
        week: start.slice(0, 10),
        active: size,
        retained: users[1],
        pct: 100 * (rates[1] ?? 0),
      })),
  }
}

interface GivenCohort {
  cohort: string
  size: number
  values: number[]
}

/** Events of a case that gives cohorts as numbers: so many people begin in a week, and so many of them come back in each one after it. */
export function eventsOf({ query }: VectorCase): VectorCase['events'] {
  return (query.cohorts as GivenCohort[]).flatMap(({ cohort, size, values }) =>
    Array.from({ length: size }, (_, i) =>
      values.flatMap((users, week): VectorCase['events'] => {
        const day = Temporal.PlainDate.from(cohort).add({ weeks: week })
        return i < users ? [[`${cohort} ${i}`, week === 0 ? 'start' : 'return', `${day}T00:00:00Z`, {}]] : []
      }),
    ).flat(),
  )
}

/** The mean of cohorts by their sizes: those count whose week has begun by `as_of`, or all of them. */
const weightedAverage: Translation = async ({ query }, ask) => {
  const { cohorts: given, as_of } = query as { cohorts: GivenCohort[]; as_of: string }
  const periods = given[0]!.values.length - 1
  const averageUntil = (to: Temporal.PlainDate) =>
    ask({
      kind: 'retention',
      range: { from: given[0]!.cohort, to: to.toString(), weekStart: 'sunday' },
      startEvent: { event: 'start' },
      returnEvent: { event: 'return' },
      interval: 'week',
      periods,
    })
  const { cohorts, average } = await averageUntil(Temporal.PlainDate.from(as_of).add({ weeks: 1 }))
  const all = await averageUntil(Temporal.PlainDate.from(given.at(-1)!.cohort).add({ weeks: periods + 1 }))
  const sizes = cohorts.filter(({ size }) => size > 0).map(({ size }) => size)
  const mean = sizes.reduce((sum, size) => sum + size, 0) / sizes.length
  return {
    percentages: average.map((share) => Math.round(100 * share!) / 100),
    values: average.map((share) => Math.round(mean * share!)),
    // Its first two say nothing: they are the same with and without.
    without_as_of_percentages: all.average.map((share, period) => (period < 2 ? null : Math.round(100 * share!) / 100)),
  }
}

const lifecycle: Translation = async ({ query }, ask) => {
  const { period, rows: count, event } = query as { period: Period; rows: number; event?: string }
  const { rows } = await ask({
    kind: 'lifecycle',
    range: rangeOf(query, period, count),
    interval: period,
    ...(event === undefined ? {} : { event: { event } }),
  })
  const column = (name: 'new' | 'returning' | 'resurrecting' | 'dormant') => rows.map((row) => row[name])
  return {
    new: column('new'),
    returning: column('returning'),
    resurrecting: column('resurrecting'),
    dormant: column('dormant'),
  }
}

const OCCURRENCES = {
  gte: (value: number) => ({ minOccurrences: value }),
  exact: (value: number) => ({ minOccurrences: value, maxOccurrences: value }),
  lte: (value: number) => ({ maxOccurrences: value }),
} as const

const stickiness: Translation = async ({ query }, ask) => {
  const {
    interval,
    interval_count,
    date_from,
    date_to,
    event,
    criteria,
    timezone,
    week_start = 'sunday',
  } = query as {
    interval: Exclude<Interval, 'minute'>
    interval_count: number
    date_from: string
    date_to: string
    event: string
    criteria?: { operator: keyof typeof OCCURRENCES; value: number }
    timezone?: string
    week_start?: 'monday' | 'sunday'
  }
  const to = Temporal.PlainDate.from(date_to).add({ days: 1 }).toString()
  const { rows } = await ask({
    kind: 'stickiness',
    range: { from: date_from, to, timeZone: timezone ?? 'UTC', weekStart: week_start },
    interval,
    intervalCount: interval_count,
    event: { event },
    ...(criteria ? OCCURRENCES[criteria.operator](criteria.value) : {}),
  })
  return { data: rows.map(({ users }) => users) }
}

const WINDOWS: Readonly<Record<number, 'day' | 'week' | 'month'>> = { 1: 'day', 7: 'week', 30: 'month' }

const activeUsers: Translation = async (vector, ask) => {
  const { window_days, timezone } = vector.query as { window_days: number; timezone: string }
  const window = WINDOWS[window_days]
  if (!window) throw new UnknownCase(`a window of ${window_days} days`)
  const on = async (day: string, where?: Filter): Promise<number> => {
    const to = Temporal.PlainDate.from(day).add({ days: 1 }).toString()
    const range = { from: day, to, timeZone: timezone }
    const { points } = await ask({ kind: 'active-users', range, window, ...(where ? { where } : {}) })
    return points[0]!.users
  }
  return answersByKey(vector, async (key, value) => {
    if (key === 'by_day') {
      const days = Object.keys(value as object)
      return Object.fromEntries(await Promise.all(days.map(async (day) => [day, await on(day)])))
    }
    const [, listed] = /^users_on_(.*)$/.exec(key) ?? []
    if (listed) return usersOn(vector, (userId) => on(listed, { property: 'userId', op: 'eq', value: userId }))
    const [, from, to] = /^cumulative_sum_from_(.*)_at_(.*)$/.exec(key) ?? []
    if (!from || !to) throw new UnknownCase(key)
    let sum = 0
    for (let day = Temporal.PlainDate.from(from); Temporal.PlainDate.compare(day, to) <= 0; day = day.add({ days: 1 }))
      sum += await on(day.toString())
    return sum
  })
}

async function usersOn({ events }: VectorCase, count: (userId: string) => Promise<number>): Promise<string[]> {
  const users = [...new Set(events.map(([user]) => user))].sort()
  const active = await Promise.all(users.map(count))
  return users.filter((_, at) => active[at] === 1)
}

async function answersByKey(
  { expected }: VectorCase,
  answer: (key: string, value: unknown) => Promise<unknown>,
): Promise<Record<string, unknown>> {
  const answers: [string, unknown][] = []
  for (const [key, value] of Object.entries(expected)) answers.push([key, await answer(key, value)])
  return Object.fromEntries(answers)
}

/** What counts in which intervals people were active. */
export const ACTIVITY: Readonly<Record<string, Translation>> = {
  'retention posthog': retention,
  'retention openpanel-first-in-range': retention,
  'retention_week_over_week openpanel': weekOverWeek,
  'retention_weighted_average openpanel': weightedAverage,
  'lifecycle posthog': lifecycle,
  'stickiness posthog': stickiness,
  'active_users posthog': activeUsers,
} satisfies Record<string, (vector: VectorCase, ask: Ask) => Promise<Record<string, unknown>>>
