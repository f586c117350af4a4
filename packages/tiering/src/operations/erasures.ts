import {
  completedErasure,
  type Day,
  type Duration,
  type ErasureProgress,
  erasureTimeMs,
  type SignedReceipt,
  type Subject,
  withoutReceipt,
} from '@analytics/protocol'
import { isReadable, liveSegments } from '../catalog.js'
import type { TieringContext } from '../context.js'
import type { ErasurePart, ErasureReceipt, PendingErasure } from '../erasure/records.js'
import { checkedSubject, idsOf } from '../erasure/subject.js'
import { type ErasureRunResult, requestErasure, runErasures } from './erase.js'
import { estimateRewrites, type WorkEstimate } from './estimate.js'
import { activeHolds, holdOf } from './hold.js'
import type { TieringRunOptions } from './run.js'

/** What an erasure would touch, as far as the catalog tells: about one segment of 120 that has nothing of the person counts, too. */
export interface ErasureEstimate {
  /** Days with segments that may have events of the person, oldest first. */
  days: readonly Day[]
  segments: number
  /** Bytes that would be read, and written anew. */
  bytes: number
  /** Those of them that must be restored from the archive tier first; their minimum stay is paid to its end, and begins anew. */
  archivedSegments: number
  archivedBytes: number
  /** Days that a hold keeps: what they have of the person stays until it ends. */
  heldDays: readonly Day[]
  /** About what it asks of the object store, where each of these segments has events of the person. */
  work: WorkEstimate
}

/** How far an erasure is. */
export interface ErasureStatus extends ErasureProgress {
  /** Rows deleted from the hot store, by what they were: `events`, and what else the store tells of. */
  hotRows: Readonly<Record<string, number>>
  /** Segments that are gone, or have been written anew. */
  segments: number
  waiting: readonly ErasurePart[]
}

/** Options of a request. */
export interface ErasureRequestOptions {
  /** How long it may take. @default '30d' */
  within?: Duration
}

/**
 * Takes a person out of the hot store and of every segment, whatever its tier. A person is all the ids that belong to one: whoever
 * asks names them, for tiering knows of no links between them.
 */
export interface Erasures {
  /** What an erasure would touch; it changes nothing. */
  estimate(subject: Partial<Subject>): Promise<ErasureEstimate>
  /**
   * Writes an erasure down and deletes what the hot store has; readers see nothing more of the person in segments from now on, in
   * other processes with the next view that they open. `run` does the rest. Events that come later are not refused: that is for the
   * host to do, or `analytics.privacy.erase`.
   * @throws AnalyticsError `invalid_identity`, `invalid_options`.
   */
  request(subject: Partial<Subject>, options?: ErasureRequestOptions): Promise<ErasureStatus>
  /**
   * Works on every erasure that is not complete: segments are written anew without the person, archived ones are restored first,
   * which takes an hour and another run. Call it from a job until there is none.
   */
  run(options?: TieringRunOptions): Promise<ErasureRunResult>
  /** @throws AnalyticsError `not_found` */
  status(id: string): Promise<ErasureStatus>
  /** Those that are not complete, the oldest first. */
  list(): Promise<readonly ErasureStatus[]>
  /** Signed, and naming nobody. @throws AnalyticsError `not_found`, also while it is not complete. */
  receipt(id: string): Promise<SignedReceipt<ErasureReceipt>>
}

/** The erasures of these stores. */
export function erasures(context: TieringContext): Erasures {
  const { erasures: records, catalog, sketches, now } = context

  const statusOf = async (id: string): Promise<ErasureStatus> => {
    const pending = await records.find(id)
    if (pending) return pendingStatus(id, pending, now())
    const { body } = await receiptOf(id)
    return { ...completedErasure(body), hotRows: body.hotRows, segments: body.objects.length }
  }
  const receiptOf = async (id: string): Promise<SignedReceipt<ErasureReceipt>> => {
    const receipt = await records.receipt(id)
    if (receipt) return receipt
    throw withoutReceipt(id, (await records.find(id)) !== undefined)
  }

  return {
    async estimate(subject) {
      const ids = idsOf(checkedSubject(subject))
      const entries = await catalog.list()
      const holds = await activeHolds(context)
      await sketches.load(entries.flatMap(({ value }) => value.segments.map(({ objectName }) => objectName)))
      const found = entries.flatMap(({ day, value }) => {
        const segments = liveSegments(value).filter(({ objectName }) => sketches.mayHave(objectName, ids))
        return segments.length > 0 ? [{ day, segments }] : []
      })
      const segments = found.flatMap((one) => one.segments)
      const archived = segments.filter((segment) => !isReadable(segment, now()))
      return {
        days: found.map(({ day }) => day),
        segments: segments.length,
        bytes: bytesOf(segments),
        archivedSegments: archived.length,
        archivedBytes: bytesOf(archived),
        work: estimateRewrites(segments, context),
        heldDays: found.map(({ day }) => day).filter((day) => holdOf(day, holds) !== undefined),
      }
    },
    async request(subject, { within = '30d' } = {}) {
      return statusOf(await requestErasure(context, subject, erasureTimeMs(within)))
    },
    run: (options = {}) => runErasures(context, options),
    status: statusOf,
    list: async () => (await records.pending()).map(({ key, value }) => pendingStatus(key, value, now())),
    receipt: receiptOf,
  }
}

const bytesOf = (segments: readonly { size: number }[]): number => segments.reduce((sum, { size }) => sum + size, 0)

function pendingStatus(id: string, erasure: PendingErasure, now: number): ErasureStatus {
  const { requestedAt, dueAt, hotRows, objects, waiting } = erasure
  const isBlocked = waiting.length > 0 && waiting.every(({ reason }) => reason === 'hold')
  return {
    id,
    state: isBlocked ? 'blocked' : 'pending',
    requestedAt,
    dueAt,
    isOverdue: now > dueAt,
    hotRows,
    segments: objects.length,
    waiting,
  }
}
