import { AnalyticsError, type StickinessQuery, type StickinessResult } from '@analytics/protocol'
import { z } from 'zod'
import { ANY_EVENT, type AnalysisContext, type AnalysisOfPeople, feed, stepMatch, whereOf } from '../analysis.js'
import { kindSchema } from '../kind-schema.js'
import { count, interval, step } from '../query-schema.js'
import { buckets, type ResolvedRange } from '../time.js'
import { type Activity, activityGrid, numbersOf } from './activity.js'

/** In how many intervals people were active. */
export const stickiness: AnalysisOfPeople<'stickiness'> = {
  schema: kindSchema<StickinessQuery>('stickiness', {
    event: step.optional(),
    interval: interval.optional(),
    intervalCount: count.optional(),
    minOccurrences: count.optional(),
    maxOccurrences: count.optional(),
  }),

  async run(query, context) {
    const starts = startsOf(query, context.range)
    return stickinessOf(await gridOf(query, starts, context), starts.length)
  },

  cell: z.strictObject({ intervals: count }),

  async peopleIn(query, { intervals }, context) {
    const starts = startsOf(query, context.range)
    if (intervals > starts.length) {
      const field = 'cell.intervals'
      throw new AnalyticsError('invalid_query', `${field}: the range has no more than ${starts.length}.`, { field })
    }
    const grid = await gridOf(query, starts, context)
    return numbersOf(grid, (tell) => {
      for (let person = 0; person < grid.people(); person++)
        if (activeIntervals(grid, person, starts.length) === intervals) tell(person)
    })
  },
}

/** Where each interval begins: one of several calendar intervals with the first of them. */
function startsOf({ interval = 'day', intervalCount = 1 }: StickinessQuery, range: ResolvedRange): Float64Array {
  return buckets(range, interval).starts.filter((_, i) => i % intervalCount === 0)
}

async function gridOf(query: StickinessQuery, starts: Float64Array, context: AnalysisContext): Promise<Activity> {
  const { event = ANY_EVENT, minOccurrences = 1, maxOccurrences } = query
  const occurrences = [{ minOccurrences, ...(maxOccurrences === undefined ? {} : { maxOccurrences }) }]
  const grid = activityGrid({ starts, occurrences }, await context.store.people())
  await feed(grid, context, { matches: [stepMatch(event)], intervals: starts, ...whereOf(query) })
  return grid
}

/** How many people were active in exactly so many intervals. */
export function stickinessOf(grid: Activity, intervals: number): StickinessResult {
  const users = new Array<number>(intervals + 1).fill(0)
  for (let person = 0; person < grid.people(); person++) users[activeIntervals(grid, person, intervals)]!++
  return { rows: users.slice(1).map((count, at) => ({ intervals: at + 1, users: count })) }
}

function activeIntervals(grid: Activity, person: number, intervals: number): number {
  let active = 0
  for (let at = grid.next(person, 0, 0); at < intervals; at = grid.next(person, 0, at + 1)) active++
  return active
}
