import { AnalyticsError } from '@analytics/protocol'
import { type PersonId, subjectOf } from '../people/subject.js'
import type { HotStore } from '../store.js'
import type { SuppressionList } from './suppression.js'

/** What people may ask of a data set. */
export interface Privacy {
  /**
   * Stores nothing more of a person: events that name one of the person's ids, those of linked devices included, are dropped
   * from now on, within 30 seconds in other processes too. What is stored stays. Written to the audit chain as a keyed hash.
   * @throws AnalyticsError `invalid_identity` where the id is no text.
   */
  suppress(id: PersonId): Promise<void>
  /** Stores events of the person again. */
  unsuppress(id: PersonId): Promise<void>
}

/** Privacy over one store. */
export function privacyOf(store: HotStore, suppression: SuppressionList): Privacy {
  const change = async (action: 'suppress' | 'unsuppress', id: PersonId) => {
    assertPersonId(id)
    const subject = await subjectOf(store, id)
    await (action === 'suppress' ? suppression.add(subject) : suppression.remove(subject))
    const ids = subject.userIds.length + subject.anonymousIds.length
    await store.audit({ action, target: await suppression.hash(id), details: { ids } })
  }
  return {
    suppress: (id) => change('suppress', id),
    unsuppress: (id) => change('unsuppress', id),
  }
}

function assertPersonId(id: PersonId): void {
  const { userId, anonymousId } = (id ?? {}) as { userId?: unknown; anonymousId?: unknown }
  const given = userId ?? anonymousId
  if (typeof given === 'string' && given !== '' && (userId === undefined || anonymousId === undefined)) return
  throw new AnalyticsError('invalid_identity', 'Name one person: { userId } or { anonymousId }, as text.')
}
