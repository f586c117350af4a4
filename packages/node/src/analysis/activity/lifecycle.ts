import type { LifecycleQuery, LifecycleResult } from '@analytics/protocol'
import { ANY_EVENT, type Analysis, EARLIEST, feed, stepMatch, whereOf } from '../analysis.js'
import { kindSchema } from '../kind-schema.js'
import { interval, step } from '../query-schema.js'
import { type Buckets, buckets, isOver, previousStart } from '../time.js'
import { type Activity, activityGrid } from './activity.js'

/** Who is new, stays, comes back or is gone. */
export const lifecycle: Analysis<LifecycleQuery> = {
  schema: kindSchema<LifecycleQuery>('lifecycle', {
    event: step.optional(),
    interval: interval.optional(),
  }),

  // Whether somebody is new, only all of their past can tell.
  reads: (_query, { to }) => ({ from: EARLIEST, to }),

  async run(query, context) {
    const { event = ANY_EVENT, interval = 'day' } = query
    const { store, range, now } = context
    const intervals = buckets(range, interval)
    const starts = Float64Array.from([previousStart(intervals, range.timeZone, interval), ...intervals.starts])
    const grid = activityGrid({ starts, occurrences: [{}] }, await store.people())
    await feed(grid, context, { matches: [stepMatch(event)], intervals: starts, ...whereOf(query) })
    return lifecycleOf(grid, intervals, now)
  },
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
  for (let person = 0; person < grid.people(); person++) {
    let isKnown = grid.didBefore(person, 0)
    let wasActive = grid.has(person, 0, 0)
    isKnown ||= wasActive
    for (const [at, row] of rows.entries()) {
      const isActive = grid.has(person, 0, at + 1)
      if (isActive && !isKnown) row.new++
      else if (isActive) row[wasActive ? 'returning' : 'resurrecting']++
      else if (wasActive) row.dormant--
      isKnown ||= isActive
      wasActive = isActive
    }
  }
  return { rows }
}
