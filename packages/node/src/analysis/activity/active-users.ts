import type { ActiveUsersQuery, ActiveUsersResult } from '@analytics/protocol'
import { z } from 'zod'
import { ANY_EVENT, type AnalysisContext, type AnalysisOfPeople, feed, stepMatch, whereOf } from '../analysis.js'
import { kindSchema } from '../kind-schema.js'
import { step, text } from '../query-schema.js'
import { type Buckets, buckets, daysEarlier, isOver, type ResolvedRange } from '../time.js'
import { type Activity, activityGrid, intervalAt, numbersOf } from './activity.js'

const WINDOW_DAYS = { day: 1, week: 7, month: 30 } as const

/** Distinct people of the days that end with each day. */
export const activeUsers: AnalysisOfPeople<'active-users'> = {
  schema: kindSchema<ActiveUsersQuery>('active-users', {
    window: z.enum(['day', 'week', 'month']),
    event: step.optional(),
  }),

  reads: ({ window }, range) => ({ from: daysEarlier(range, WINDOW_DAYS[window] - 1).from, to: range.to }),

  async run(query, context) {
    const { all, days } = daysOf(query, context.range)
    return activeUsersOf(await gridOf(query, all, context), all, days, context.now)
  },

  cell: z.strictObject({ start: text(40) }),

  async peopleIn(query, { start }, context) {
    const { all, days } = daysOf(query, context.range)
    const day = intervalAt(all, start, { field: 'cell.start', from: days - 1 })
    const grid = await gridOf(query, all, context)
    return numbersOf(grid, (tell) =>
      eachStretch(grid, { days, count: all.starts.length }, (person, from, until) => {
        if (from <= day && day < until) tell(person)
      }),
    )
  },
}

/** The days of the range, and those before that a window looks back at. */
function daysOf({ window }: ActiveUsersQuery, range: ResolvedRange): { all: Buckets; days: number } {
  const days = WINDOW_DAYS[window]
  return { all: buckets(daysEarlier(range, days - 1), 'day'), days }
}

async function gridOf(query: ActiveUsersQuery, all: Buckets, context: AnalysisContext): Promise<Activity> {
  const grid = activityGrid({ starts: all.starts, occurrences: [{}] }, await context.store.people())
  await feed(grid, context, {
    matches: [stepMatch(query.event ?? ANY_EVENT)],
    intervals: all.starts,
    ...whereOf(query),
  })
  return grid
}

/** What the grid says; its first days are only looked back at. */
export function activeUsersOf(grid: Activity, all: Buckets, days: number, now: number): ActiveUsersResult {
  const count = all.starts.length
  /** By how much the number of people differs from the day before. */
  const changes = new Int32Array(count + 1)
  eachStretch(grid, { days, count }, (_person, from, until) => {
    changes[from]!++
    changes[until]!--
  })
  const points: ActiveUsersResult['points'] = []
  let users = 0
  for (let day = 0; day < count; day++) {
    users += changes[day]!
    if (day >= days - 1) points.push({ start: all.label(day), users, complete: isOver(all, day, now) })
  }
  return { points }
}

/** Tells of each person from which day on, and until before which, they count; no two stretches of a person share a day. */
function eachStretch(
  grid: Activity,
  { days, count }: { days: number; count: number },
  tell: (person: number, from: number, until: number) => void,
): void {
  for (let person = 0; person < grid.people(); person++) {
    let until = 0
    for (let at = grid.next(person, 0, 0); at < count; at = grid.next(person, 0, at + 1)) {
      // Where windows of two days touch, the person counts on.
      const from = Math.max(at, until)
      until = Math.min(at + days, count)
      tell(person, from, until)
    }
  }
}
