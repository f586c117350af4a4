import type { LifecycleCell, LifecycleQuery, LifecycleResult } from '@analytics/protocol'
import { z } from 'zod'
import {
  ANY_EVENT,
  type AnalysisContext,
  type AnalysisOfPeople,
  EARLIEST,
  feed,
  stepMatch,
  whereOf,
} from '../analysis.js'
import { kindSchema } from '../kind-schema.js'
import { interval, step, text } from '../query-schema.js'
import { type Buckets, buckets, isOver, previousStart } from '../time.js'
import { type Activity, activityGrid, intervalAt, numbersOf } from './activity.js'
import { pushEarlier, scanStart } from './earlier.js'

type State = LifecycleCell['state']

/** Who is new, stays, comes back or is gone. */
export const lifecycle: AnalysisOfPeople<'lifecycle'> = {
  schema: kindSchema<LifecycleQuery>('lifecycle', {
    event: step.optional(),
    interval: interval.optional(),
  }),

  // Whether somebody is new, only all of their past can tell.
  reads: (_query, { to }) => ({ from: EARLIEST, to }),

  async scans({ event: step = ANY_EVENT, interval = 'day', where }, range, store) {
    return { from: await scanStart(previousStart(range, interval), { step, where }, store), to: range.to }
  },

  async run(query, context) {
    const intervals = buckets(context.range, query.interval ?? 'day')
    return lifecycleOf(await gridOf(query, intervals, context), intervals, context.now)
  },

  cell: z.strictObject({ start: text(40), state: z.enum(['new', 'returning', 'resurrecting', 'dormant']) }),

  async peopleIn(query, { start, state }, context) {
    const intervals = buckets(context.range, query.interval ?? 'day')
    const at = intervalAt(intervals, start, { field: 'cell.start' })
    const grid = await gridOf(query, intervals, context)
    return numbersOf(grid, (tell) =>
      eachState(grid, intervals.starts.length, (person, row, its) => {
        if (row === at && its === state) tell(person)
      }),
    )
  },
}

/** The grid of which the first interval is the one before the others. */
async function gridOf(
  { event = ANY_EVENT, interval = 'day', ...query }: LifecycleQuery,
  intervals: Buckets,
  context: AnalysisContext,
): Promise<Activity> {
  const { store, range } = context
  const from = previousStart(range, interval)
  const starts = Float64Array.from([from, ...intervals.starts])
  const grid = activityGrid({ starts, occurrences: [{}] }, await store.people())
  await pushEarlier(grid, context, { step: event, from })
  await feed(grid, context, { matches: [stepMatch(event)], intervals: starts, ...whereOf(query) })
  return grid
}

/** What the grid says, whose first interval is the one before the others. */
export function lifecycleOf(grid: Activity, intervals: Buckets, now: number): LifecycleResult {
  const rows = Array.from(intervals.starts, (_, at) => ({
    start: intervals.label(at),
    new: 0,
    returning: 0,
    resurrecting: 0,
    dormant: 0,
    complete: isOver(intervals, at, now),
  }))
  eachState(grid, rows.length, (_person, at, state) => {
    rows[at]![state] += state === 'dormant' ? -1 : 1
  })
  return { rows }
}

/** Tells what each person is in each interval in which they are anything. */
function eachState(grid: Activity, rows: number, tell: (person: number, row: number, state: State) => void): void {
  for (let person = 0; person < grid.people(); person++) {
    let isKnown = grid.didBefore(person, 0)
    let wasActive = grid.has(person, 0, 0)
    isKnown ||= wasActive
    for (let row = 0; row < rows; row++) {
      const isActive = grid.has(person, 0, row + 1)
      if (isActive && !isKnown) tell(person, row, 'new')
      else if (isActive) tell(person, row, wasActive ? 'returning' : 'resurrecting')
      else if (wasActive) tell(person, row, 'dormant')
      isKnown ||= isActive
      wasActive = isActive
    }
  }
}
