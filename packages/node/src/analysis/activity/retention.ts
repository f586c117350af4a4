import { AnalyticsError, type RetentionCohort, type RetentionQuery, type RetentionResult } from '@analytics/protocol'
import { z } from 'zod'
import { type AnalysisContext, type AnalysisOfPeople, EARLIEST, feed, stepMatch, whereOf } from '../analysis.js'
import { kindSchema } from '../kind-schema.js'
import { count, interval, step, text } from '../query-schema.js'
import { buckets, firstStart, type ResolvedRange } from '../time.js'
import { type Activity, activityGrid, intervalAt, numbersOf } from './activity.js'
import { pushEarlier, scanStart } from './earlier.js'
import { calendarSteps, type RetentionSteps, rollingSteps } from './retention-steps.js'

/** The matches of the scan. */
const START = 0
const RETURN = 1

const NONE = -1

/** Cohorts of people and who of them comes back. */
export const retention: AnalysisOfPeople<'retention'> = {
  schema: kindSchema<RetentionQuery>('retention', {
    startEvent: step,
    returnEvent: step,
    interval: interval.optional(),
    periods: count.optional(),
    mode: z.enum(['recurring', 'first-time', 'first-in-range']).optional(),
    bounded: z.boolean().optional(),
    window: z.enum(['calendar', '24h']).optional(),
    minOccurrences: count.optional(),
    brackets: z.array(count).min(1).max(100).optional(),
    reference: z.enum(['cohort', 'previous']).optional(),
  }),

  reads: ({ mode }, { from, to }) => ({ from: mode === 'first-time' ? EARLIEST : from, to }),

  async scans({ mode, interval = 'day', startEvent: step, where }, range, store) {
    if (mode !== 'first-time') return range
    return { from: await scanStart(firstStart(range, interval), { step, where }, store), to: range.to }
  },

  async run(query, context) {
    const steps = stepsOf(query, context.range)
    return retentionOf(await gridOf(query, steps, context), steps, query, context.now)
  },

  cell: z.strictObject({ cohort: text(40), period: z.number().int().min(0).max(10_000) }),

  async peopleIn(query, { cohort, period }, context) {
    const steps = stepsOf(query, context.range)
    const row = intervalAt(steps.cohorts, cohort, { field: 'cell.cohort' })
    const periods = periodsOf(query, steps)
    if (period > periods.length) throw invalid('cell.period', `the answer has no more than ${periods.length}.`)
    const grid = await gridOf(query, steps, context)
    return numbersOf(grid, (tell) =>
      eachReturn(grid, { ...query, steps, periods }, (person, its, at) => {
        if (its === row && at === period) tell(person)
      }),
    )
  },
}

/** @throws AnalyticsError `invalid_query` where the query counts what can't be counted. */
function stepsOf(
  { window, interval = 'day', minOccurrences = 1 }: RetentionQuery,
  range: ResolvedRange,
): RetentionSteps {
  const intervals = buckets(range, interval)
  if (window !== '24h') return calendarSteps(intervals)
  if (minOccurrences > 1)
    throw invalid('minOccurrences', 'with a window of 24h, only one return event can be asked for.')
  return rollingSteps(intervals, interval, range.to)
}

async function gridOf(query: RetentionQuery, { starts }: RetentionSteps, context: AnalysisContext): Promise<Activity> {
  const { minOccurrences = 1 } = query
  const occurrences = [{}, { minOccurrences }]
  const grid = activityGrid({ starts, occurrences }, await context.store.people())
  if (query.mode === 'first-time') await pushEarlier(grid, context, { step: query.startEvent, from: starts[0]! })
  const matches = [stepMatch(query.startEvent), stepMatch(query.returnEvent)]
  await feed(grid, context, { matches, intervals: starts, ...whereOf(query) })
  return grid
}

/** Which intervals after the first each period has: `from` and `to` inclusive. */
interface Period {
  from: number
  to: number
}

/** What the grid says of who comes back. */
export function retentionOf(
  grid: Activity,
  steps: RetentionSteps,
  query: Pick<RetentionQuery, 'mode' | 'bounded' | 'periods' | 'brackets' | 'reference'>,
  now: number,
): RetentionResult {
  const { reference = 'cohort' } = query
  const periods = periodsOf(query, steps)
  const users = Array.from(steps.cohorts.starts, () => new Array<number>(periods.length + 1).fill(0))
  eachReturn(grid, { ...query, steps, periods }, (_person, cohort, period) => {
    users[cohort]![period]!++
  })
  const cohorts = users.map(
    (row, cohort): RetentionCohort => ({
      start: steps.cohorts.label(cohort),
      size: row[0]!,
      users: row,
      rates: row.map((one, at) => share(one, reference === 'cohort' || at === 0 ? row[0]! : row[at - 1]!)),
      complete: [0, ...periods.map(({ to }) => to)].map((last) => steps.isOver(cohort, last, now)),
    }),
  )
  return { cohorts, average: averages(cohorts, reference) }
}

/** What decides who comes back when. */
interface Returns extends Pick<RetentionQuery, 'mode' | 'bounded'> {
  steps: RetentionSteps
  periods: readonly Period[]
}

/** Tells of everybody in each of their cohorts, at 0, and of each period in which they come back, behind it. */
function eachReturn(
  grid: Activity,
  { mode = 'recurring', bounded = true, steps, periods }: Returns,
  tell: (person: number, cohort: number, at: number) => void,
): void {
  const { firsts, width } = steps
  const count = steps.starts.length
  const periodAt = new Int32Array(Math.ceil(count / width)).fill(NONE)
  for (const [at, { from, to }] of periods.entries()) periodAt.fill(at, from, to + 1)
  const tellReturns = (person: number, cohort: number, start: number): void => {
    tell(person, cohort, 0)
    let counted = NONE
    let last = 0
    for (;;) {
      const at = grid.next(person, RETURN, start + (last + 1) * width)
      if (at >= count) break
      last = Math.floor((at - start) / width)
      const period = periodAt[last]!
      if (!bounded || period === NONE || period === counted) continue
      counted = period
      tell(person, cohort, period + 1)
    }
    if (!bounded) for (let at = 0; at < periods.length && periods[at]!.from <= last; at++) tell(person, cohort, at + 1)
  }
  for (let person = 0; person < grid.people(); person++) {
    if (mode === 'first-time' && grid.didBefore(person, START)) continue
    let cohort = 0
    for (let at = grid.next(person, START, 0); at < count; at = grid.next(person, START, firsts[cohort + 1]!)) {
      while (firsts[cohort + 1]! <= at) cohort++
      tellReturns(person, cohort, at)
      if (mode !== 'recurring') break
    }
  }
}

const share = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole)

/** @throws AnalyticsError `invalid_query` where periods and brackets are both given. */
function periodsOf(
  { periods, brackets }: Pick<RetentionQuery, 'periods' | 'brackets'>,
  { cohorts }: RetentionSteps,
): Period[] {
  if (periods !== undefined && brackets !== undefined) throw invalid('brackets', 'give either periods or brackets.')
  const widths = brackets ?? new Array<number>(periods ?? cohorts.starts.length - 1).fill(1)
  let from = 1
  return widths.map((width) => {
    const period = { from, to: from + width - 1 }
    from += width
    return period
  })
}

const invalid = (field: string, fault: string): AnalyticsError =>
  new AnalyticsError('invalid_query', `${field}: ${fault}`, { field })

/** Over the people of all cohorts that are complete in a period: one that is not over is no zero. */
function averages(cohorts: readonly RetentionCohort[], reference: 'cohort' | 'previous'): (number | null)[] {
  const periods = cohorts[0]?.users.length ?? 0
  return Array.from({ length: periods }, (_, at) => {
    const mature = cohorts.filter(({ complete }) => complete[at])
    const base = reference === 'cohort' || at === 0 ? 0 : at - 1
    const sum = (column: number): number => mature.reduce((all, { users }) => all + users[column]!, 0)
    return share(sum(at), sum(base))
  })
}
