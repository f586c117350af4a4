import { AnalyticsError, type Duration, type SignedReceipt } from '@analytics/protocol'
import { type PersonId, subjectOf } from '../people/subject.js'
import type { HotStore } from '../store.js'
import type { ErasureReceipt, ErasureStatus, Erasures } from './erasures.js'
import type { SuppressionList } from './suppression.js'

/** What people may ask of a data set. */
export interface Privacy {
  /**
   * Stores nothing more of a person: events that name one of the person's ids, those of linked devices included, are dropped
   * from now on, within 30 seconds in other processes too. What is stored stays. Written to the audit chain as a keyed hash.
   * @throws AnalyticsError `invalid_identity` where the id is no text.
   */
  suppress(id: PersonId): Promise<void>
  /** Stores events of the person again, also of one who was erased. */
  unsuppress(id: PersonId): Promise<void>
  /**
   * Erases a person with every id that is linked to the given one, from the hot store at once, and from object storage, archive
   * included, and the bytes of the hot store's file with the job `erase`. Nothing more of the person is stored, whoever imports it,
   * until `unsuppress`; no query shows what is not deleted yet, except for hot days under a hold.
   * @throws AnalyticsError `invalid_identity`, `invalid_options`; `store_unavailable` where it may or may not be written down: ask
   *   again.
   * @example
   * const { id } = await analytics.privacy.erase({ userId: 'anna' })
   * const { state } = await analytics.privacy.status(id)
   */
  erase(id: PersonId, options?: { within?: Duration }): Promise<ErasureStatus>
  /** How far an erasure is. @throws AnalyticsError `not_found` */
  status(erasureId: string): Promise<ErasureStatus>
  /** What an erasure did, signed; `verifyReceipt` checks it. @throws AnalyticsError `not_found`, also while it is not complete. */
  receipt(erasureId: string): Promise<SignedReceipt<ErasureReceipt>>
}

/** Privacy over one store. */
export function privacyOf(store: HotStore, suppression: SuppressionList, erasures: Erasures): Privacy {
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
    async erase(id, options) {
      assertPersonId(id)
      return erasures.status(await erasures.request(await subjectOf(store, id), options))
    },
    status: erasures.status,
    receipt: erasures.receipt,
  }
}

function assertPersonId(id: PersonId): void {
  const { userId, anonymousId } = (id ?? {}) as { userId?: unknown; anonymousId?: unknown }
  const given = userId ?? anonymousId
  if (typeof given === 'string' && given !== '' && (userId === undefined || anonymousId === undefined)) return
  throw new AnalyticsError('invalid_identity', 'Name one person: { userId } or { anonymousId }, as text.')
}
