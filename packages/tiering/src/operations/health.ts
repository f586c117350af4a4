import type { TieringContext } from '../context.js'
import { dayReachesAge } from '../policy.js'
import type { TieringHealth } from '../usage/metrics.js'
import { countOrphans } from './gc.js'
import { planDays } from './plan.js'
import { surveyDays } from './survey.js'

/** What metrics show of the days, erasures and orphans. */
export async function readHealth(context: TieringContext): Promise<TieringHealth> {
  const { policy, now, erasures, hot } = context
  const days = await surveyDays(context)
  const { due, parked } = planDays(days, context)
  // A day that failed and waits is as late as one that is due.
  const late = days
    .filter(({ hotRows, entry }) => hotRows > 0 && !entry?.value.parked)
    .map(({ day }) => dayReachesAge(day, policy.dropAfter))
    .filter((dueAt) => dueAt <= now())
  const pending = (await erasures.pending()).map(({ value }) => value)
  return {
    dueSince: late.length > 0 ? Math.min(...late) : undefined,
    dueDays: due.length,
    parkedDays: parked.length,
    oldestErasureAt: pending.length > 0 ? Math.min(...pending.map(({ requestedAt }) => requestedAt)) : undefined,
    overdueErasures: pending.filter(({ dueAt }) => dueAt < now()).length,
    orphans: await countOrphans(hot.records),
  }
}
