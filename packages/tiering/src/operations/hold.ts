import { AnalyticsError, DAY_MS, type Day, dayStart, eachRecord, type RecordStore } from '@analytics/protocol'
import type { TieringContext } from '../context.js'

/** What must not be deleted, and why: a legal hold. */
export interface Hold {
  id: string
  /** Days that lie in part in it are held, UTC milliseconds, `from` inclusive, `to` exclusive. */
  from: number
  to: number
  /** For people; no event contents. */
  reason: string
  /** When it ends by itself, UTC milliseconds. */
  until?: number
  /** UTC milliseconds. */
  createdAt: number
}

/** Keeps days from expiring, and from being rewritten without a person who is erased. */
export interface Holds {
  /**
   * Holds the days of a range. What is deleted already, or just then, can't be held: `tooLate` names those days.
   * @throws AnalyticsError `invalid_options`
   */
  add(hold: Omit<Hold, 'id' | 'createdAt'>): Promise<Hold & { tooLate: readonly Day[] }>
  /** Every hold, the oldest first. */
  list(): Promise<Hold[]>
  /** Ends a hold. @throws AnalyticsError `not_found` */
  release(id: string): Promise<void>
}

const PREFIX = 'hold/'

/** Holds that are in force. */
export async function activeHolds({ hot, now }: TieringContext): Promise<Hold[]> {
  return (await allHolds(hot.records)).filter(({ until }) => until === undefined || now() < until)
}

async function allHolds(records: RecordStore): Promise<Hold[]> {
  const found: Hold[] = []
  for await (const { value } of eachRecord<Hold>(records, 'meta', { prefix: PREFIX })) found.push(value)
  return found
}

/** The hold that a day is under. */
export function holdOf(day: Day, holds: readonly Hold[]): Hold | undefined {
  return holds.find(({ from, to }) => dayStart(day) < to && dayStart(day) + DAY_MS > from)
}

/** The holds of these stores. */
export function holds(context: TieringContext): Holds {
  const { hot, catalog, now } = context
  return {
    async add({ from, to, reason, until }) {
      if (!Number.isFinite(from) || !Number.isFinite(to) || from >= to)
        throw new AnalyticsError('invalid_options', 'There is no from before a to.', { field: 'from' })
      if (typeof reason !== 'string' || reason.trim() === '')
        throw new AnalyticsError('invalid_options', 'reason is missing: whoever releases the hold must know it.', {
          field: 'reason',
        })
      const id = context.newId()
      const hold: Hold = { id, from, to, reason, createdAt: now(), ...(until === undefined ? {} : { until }) }
      await hot.audit({ action: 'tiering.hold', target: id, details: { from, to } })
      await hot.records.put('meta', PREFIX + id, hold, 0)
      const tooLate: Day[] = []
      for (const { day } of await catalog.list({ from, to })) if (await isTooLate(context, day)) tooLate.push(day)
      return { ...hold, tooLate }
    },

    list: () => allHolds(hot.records),

    async release(id) {
      const found = await hot.records.get<Hold>('meta', PREFIX + id)
      if (!found) throw new AnalyticsError('not_found', `There is no hold ${id}.`)
      await hot.audit({ action: 'tiering.release-hold', target: id })
      await hot.records.delete('meta', PREFIX + id, found.version)
    },
  }
}

/**
 * Whether something of the day is deleted already. The day is written as it is: an expiry that looked for holds before this one was
 * there must then read the day again before it deletes.
 */
async function isTooLate({ catalog }: TieringContext, day: Day): Promise<boolean> {
  const { value } = await catalog.update(day, ({ value: { segments, expired = [] } }) =>
    segments.length + expired.length > 0 ? {} : undefined,
  )
  const { segments, expired = [], replaced = [] } = value
  return (
    expired.length > 0 ||
    segments.some(({ expiry }) => expiry?.step === 'deleting') ||
    replaced.some(({ erased }) => erased)
  )
}
