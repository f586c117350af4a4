import type { ActiveUsersQuery, ActiveUsersResult } from '@analytics/protocol'
import { z } from 'zod'
import { ANY_EVENT, type Analysis, feed, stepMatch, whereOf } from '../analysis.js'
import { kindSchema } from '../kind-schema.js'
import { step } from '../query-schema.js'
import { type Buckets, buckets, daysEarlier, isOver } from '../time.js'
import { type Activity, activityGrid } from './activity.js'

const WINDOW_DAYS = { day: 1, week: 7, month: 30 } as const

/** Distinct people of the days that end with each day. */
export const activeUsers: Analysis<ActiveUsersQuery> = {
  schema: kindSchema<ActiveUsersQuery>('active-users', {
    window: z.enum(['day', 'week', 'month']),
    event: step.optional(),
  }),

  reads: ({ window }, range) => ({ from: daysEarlier(range, WINDOW_DAYS[window] - 1).from, to: range.to }),

  async run(query, context) {
    const { store, range, now } = context
    const days = WINDOW_DAYS[query.window]
    const all = buckets(daysEarlier(range, days - 1), 'day')
    const grid = activityGrid({ starts: all.starts, occurrences: [{}] }, await store.people())
    await feed(grid, context, {
      matches: [stepMatch(query.event ?? ANY_EVENT)],
      intervals: all.starts,
      ...whereOf(query),
    })
    return activeUsersOf(grid, all, days, now)
  },
}

/** What the grid says; its first days are only looked back at. */
export function activeUsersOf(grid: Activity, all: Buckets, days: number, now: number): ActiveUsersResult {
  const count = all.starts.length
  /** By how much the number of people differs from the day before. */
  const changes = new Int32Array(count + 1)
  for (let person = 0; person < grid.people(); person++) {
    let until = 0
    for (let at = grid.next(person, 0, 0); at < count; at = grid.next(person, 0, at + 1)) {
      // Where windows of two days touch, the person counts on.
      const from = Math.max(at, until)
      until = Math.min(at + days, count)
      changes[from]!++
      changes[until]!--
    }
  }
  const points: ActiveUsersResult['points'] = []
  let users = 0
  for (let day = 0; day < count; day++) {
    users += changes[day]!
    if (day >= days - 1) points.push({ start: all.label(day), users, complete: isOver(all, day, now) })
  }
  return { points }
}
