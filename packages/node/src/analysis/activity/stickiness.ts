import type { StickinessQuery, StickinessResult } from '@analytics/protocol'
import { ANY_EVENT, type Analysis, feed, stepMatch, whereOf } from '../analysis.js'
import { kindSchema } from '../kind-schema.js'
import { count, interval, step } from '../query-schema.js'
import { buckets } from '../time.js'
import { type Activity, activityGrid } from './activity.js'

/** In how many intervals people were active. */
export const stickiness: Analysis<StickinessQuery> = {
  schema: kindSchema<StickinessQuery>('stickiness', {
    event: step.optional(),
    interval: interval.optional(),
    minOccurrences: count.optional(),
    maxOccurrences: count.optional(),
  }),

  async run(query, context) {
    const { event = ANY_EVENT, interval = 'day', minOccurrences = 1, maxOccurrences } = query
    const { store, range } = context
    const { starts } = buckets(range, interval)
    const occurrences = [{ minOccurrences, ...(maxOccurrences === undefined ? {} : { maxOccurrences }) }]
    const grid = activityGrid({ starts, occurrences }, await store.people())
    await feed(grid, context, { matches: [stepMatch(event)], intervals: starts, ...whereOf(query) })
    return stickinessOf(grid, starts.length)
  },
}

/** How many people were active in exactly so many intervals. */
export function stickinessOf(grid: Activity, intervals: number): StickinessResult {
  const users = new Array<number>(intervals + 1).fill(0)
  for (let person = 0; person < grid.people(); person++) {
    let active = 0
    for (let at = grid.next(person, 0, 0); at < intervals; at = grid.next(person, 0, at + 1)) active++
    users[active]!++
  }
  return { rows: users.slice(1).map((count, at) => ({ intervals: at + 1, users: count })) }
}
