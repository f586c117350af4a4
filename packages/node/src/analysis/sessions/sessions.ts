import {
  BUILT_IN_EVENTS,
  type EventMatch,
  type SessionNumbers,
  type SessionsQuery,
  type SessionsResult,
} from '@analytics/protocol'
import { compareText } from '@analytics/protocol/filter'
import { z } from 'zod'
import { CONVERSION_PROPERTY } from '../../sessions/session.js'
import { type Analysis, feed, whereOf } from '../analysis.js'
import { hashedTexts } from '../hashed-texts.js'
import { kindSchema } from '../kind-schema.js'
import { numbersBelow } from '../numbers-below.js'
import { median } from '../percentile.js'
import { interval } from '../query-schema.js'
import { type Buckets, buckets, isOver } from '../time.js'
import { NONE, type Sessions, type SessionTable, sessionTable } from './session-table.js'

const DEFAULT_LIMIT = 10

const { pageView, sessionStart, sessionEnd, pageLoad, webVital, timing, identify, error } = BUILT_IN_EVENTS
/** What a tracker sends by itself: it says nothing of what the person did. */
const AUTOMATIC = [pageView, sessionStart, sessionEnd, pageLoad, webVital, timing, identify, error]

/** In the order of their bits. */
const MATCHES: readonly EventMatch[] = [
  {},
  { eventTypes: [pageView] },
  { where: { property: 'eventType', op: 'notIn', value: AUTOMATIC } },
  { where: { property: `properties.${CONVERSION_PROPERTY}`, op: 'eq', value: true } },
]

/** How people's visits are. */
export const sessions: Analysis<SessionsQuery> = {
  schema: kindSchema<SessionsQuery>('sessions', {
    interval: interval.optional(),
    limit: z.number().int().min(1).max(1000).optional(),
  }),

  async run(query, context) {
    const { store, range, now } = context
    const intervals = query.interval && buckets(range, query.interval)
    const table = sessionTable(await store.people(), await hashedTexts())
    const columns = ['sessionId', 'pageUrl', 'eventValue']
    await feed(table, context, { matches: MATCHES, columns, ...whereOf(query) })
    return sessionsOf(table, { intervals, now, limit: query.limit ?? DEFAULT_LIMIT })
  },
}

/** What sessions add up to. */
function sessionsOf(
  table: SessionTable,
  { intervals, now, limit }: { intervals: Buckets | undefined; now: number; limit: number },
): SessionsResult {
  const columns = table.columns()
  const all = numbersBelow(table.count())
  return {
    total: numbersOf(columns, all),
    ...(intervals ? { series: seriesOf(columns, all, intervals, now) } : {}),
    entryPages: topPages(columns.entry, table, limit),
    exitPages: topPages(columns.exit, table, limit),
  }
}

function seriesOf(columns: Sessions, all: Uint32Array, intervals: Buckets, now: number) {
  const byStart = all.slice().sort((a, b) => columns.start[a]! - columns.start[b]!)
  let from = 0
  return Array.from(intervals.starts, (_, i) => {
    const end = intervals.starts[i + 1] ?? Number.POSITIVE_INFINITY
    let to = from
    while (to < byStart.length && columns.start[byStart[to]!]! < end) to++
    const own = byStart.subarray(from, to)
    from = to
    return { start: intervals.label(i), complete: isOver(intervals, i, now), ...numbersOf(columns, own) }
  })
}

function numbersOf(columns: Sessions, some: Uint32Array): SessionNumbers {
  const { start, end, person, pageViews, isEngaged, conversions, value } = columns
  const times = new Float64Array(some.length)
  const people = new Set<number>()
  const sums = { time: 0, bounces: 0, pageViews: 0, conversions: 0, value: 0 }
  for (const [i, session] of some.entries()) {
    const time = end[session]! - start[session]!
    times[i] = time
    people.add(person[session]!)
    sums.time += time
    if (pageViews[session]! <= 1 && isEngaged[session] === 0) sums.bounces++
    sums.pageViews += pageViews[session]!
    sums.conversions += conversions[session]!
    sums.value += value[session]!
  }
  const mean = (total: number): number | null => (some.length === 0 ? null : total / some.length)
  return {
    sessions: some.length,
    users: people.size,
    averageSeconds: mean(sums.time / 1000),
    medianSeconds: some.length === 0 ? null : median(times) / 1000,
    bounceRate: mean(sums.bounces),
    pagesPerSession: mean(sums.pageViews),
    conversions: sums.conversions,
    value: sums.value,
  }
}

function topPages(numbers: Int32Array, table: SessionTable, limit: number): { page: string; sessions: number }[] {
  const counts = new Map<number, number>()
  for (const page of numbers.subarray(0, table.count()))
    if (page !== NONE) counts.set(page, (counts.get(page) ?? 0) + 1)
  return [...counts]
    .map(([page, count]) => ({ page: table.page(page), sessions: count }))
    .sort((a, b) => b.sessions - a.sessions || compareText(a.page, b.page))
    .slice(0, limit)
}
