import { AnalyticsError, type Day } from '@analytics/protocol'
import type { TieringContext } from '../context.js'
import { assertDay } from './status.js'

/** Leaves a day alone: it is neither moved nor archived, made one or deleted until `retry`. What readers see of it stays. */
export async function parkDay({ catalog, hot, now }: TieringContext, day: Day): Promise<void> {
  assertDay(day)
  await hot.audit({ action: 'tiering.park', target: day })
  await catalog.update(day, ({ value }) => (value.parked ? undefined : { parked: { by: 'hand', at: now() } }))
}

/**
 * Works on a day again that is parked or waits after a failure, at the next run; without a day, on every such day. Resolves to the
 * days.
 */
export async function retryDays({ catalog, hot }: TieringContext, day: Day | undefined): Promise<readonly Day[]> {
  if (day !== undefined) assertDay(day)
  const entries = day === undefined ? await catalog.list() : [await catalog.read(day)]
  const days = entries.filter(({ value }) => value.parked || value.nextTryAt !== undefined).map((entry) => entry.day)
  if (day !== undefined && days.length === 0) {
    throw new AnalyticsError('invalid_options', `${day} is neither parked nor waiting after a failure.`, {
      field: 'day',
    })
  }
  for (const one of days) {
    await hot.audit({ action: 'tiering.retry', target: one })
    await catalog.update(one, () => ({ parked: undefined, attempts: 0, nextTryAt: undefined }))
  }
  return days
}
