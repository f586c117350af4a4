import {
  AnalyticsError,
  completedErasure,
  type Duration,
  type ErasureFacts,
  type ErasureProgress,
  eachRecord,
  erasureTimeMs,
  type RecordStore,
  removeRecord,
  type SignedReceipt,
  type Subject,
  signedReceipt,
  withoutReceipt,
} from '@analytics/protocol'
import type { ColdTier } from '../cold-tier.js'
import { forgetUsers } from '../definitions/cohorts.js'
import type { JobContext, JobFacts } from '../jobs/job.js'
import type { FileRewrite, HotStore } from '../store.js'
import type { SuppressionList } from './suppression.js'

/** What an erasure did, over every tier. Its subject are hashes as they stand in the list of people of whom nothing more is stored. */
export interface ErasureReceipt extends ErasureFacts {
  kind: 'analytics.erasure'
  /** Name of the hot store. */
  hot: string
  /** Rows deleted from the hot store, by what they were; with object storage, its receipt tells of them. */
  hotRows: Readonly<Record<string, number>>
  /**
   * Where the hot store's file had to be written anew to be rid of the bytes: how many of the ids were searched for in it as plain
   * bytes, and how many were found before and after. One that is not found before was stored compressed, and proves nothing; one
   * that is found after is part of a text of others.
   */
  file: (FileRewrite & { searched: number }) | null
  /** The receipt of object storage, signed for itself; null where there is none. */
  tiering: SignedReceipt | null
}

/** How far an erasure is. It may wait for a restore, a hold, or for `file`: the hot store's file is yet to be written anew. */
export type ErasureStatus = ErasureProgress

/** The erasures of a data set. */
export interface Erasures {
  /** Writes an erasure down and does what can be done at once. Resolves to its id. */
  request(subject: Subject, options?: { within?: Duration }): Promise<string>
  /** Goes on with every erasure that is not complete: the work of the job `erase`. */
  run(context: Pick<JobContext, 'signal'>): Promise<JobFacts>
  /** @throws AnalyticsError `not_found` */
  status(id: string): Promise<ErasureStatus>
  /** @throws AnalyticsError `not_found`, also while it is not complete. */
  receipt(id: string): Promise<SignedReceipt<ErasureReceipt>>
}

/** An erasure that is not complete, as a record of kind `meta`. */
interface Pending {
  /** Missing once nothing but the file's rewrite is left: until then it names the person. */
  subject?: Subject
  hashes: readonly string[]
  /** UTC milliseconds. */
  requestedAt: number
  dueAt: number
  hotRows: Readonly<Record<string, number>>
  coldId?: string
}

interface OpenErasure {
  id: string
  version: number
  value: Pending
}

/** What erasures work with. */
export interface ErasureOptions {
  store: HotStore
  cold: ColdTier | undefined
  suppression: SuppressionList
  newId: (at: number) => string
  now: () => number
}

const PENDING = 'person-erasing/'
const COMPLETE = 'person-erasure/'

/** How long events may still come that another process took before it knew that the person is suppressed. */
const SETTLING_MS = 60_000

/** Ids that the file is searched for: each one more reads all of it once more. */
const MOST_TEXTS = 100

/** The erasures of these stores. */
export function createErasures({ store, cold, suppression, newId, now }: ErasureOptions): Erasures {
  const { records } = store

  async function change(one: OpenErasure, value: Pending): Promise<OpenErasure> {
    const version = await records.put('meta', PENDING + one.id, value, one.version)
    if (version === undefined)
      throw new AnalyticsError('catalog_conflict', `Another worker is at the erasure ${one.id}.`)
    return { id: one.id, version, value }
  }

  /** Refuses what comes, and deletes what the hot store has or lets object storage do so. Done twice, it does nothing more. */
  async function advance(one: OpenErasure): Promise<OpenErasure> {
    const { subject, dueAt, coldId, hotRows } = one.value
    if (!subject) return one
    await suppression.add(subject)
    await forgetUsers(records, subject.userIds)
    if (!cold?.erase) return change(one, { ...one.value, hotRows: added(hotRows, await store.eraseSubject(subject)) })
    if (coldId !== undefined) return one
    const within: Duration = `${Math.max(1, Math.round((dueAt - now()) / 1000))}s`
    return change(one, { ...one.value, coldId: (await cold.erase.request(subject, { within })).id })
  }

  async function isEmptied({ value: { subject, coldId, requestedAt } }: OpenErasure): Promise<boolean> {
    if (!subject) return true
    if (coldId !== undefined) return (await cold!.erase!.status(coldId)).state === 'complete'
    return now() >= requestedAt + SETTLING_MS
  }

  /** From here on no row names the person; what is left is bytes of rows that were deleted. */
  async function forget(one: OpenErasure): Promise<OpenErasure> {
    const { subject: _subject, ...rest } = one.value
    return change(one, rest)
  }

  async function complete({ id, value }: OpenErasure, file: ErasureReceipt['file']): Promise<void> {
    const { hashes, requestedAt, dueAt, hotRows, coldId } = value
    const body: ErasureReceipt = {
      kind: 'analytics.erasure',
      version: 1,
      id,
      subject: hashes,
      requestedAt: new Date(requestedAt).toISOString(),
      dueAt: new Date(dueAt).toISOString(),
      completedAt: new Date(now()).toISOString(),
      hot: store.name,
      hotRows,
      file,
      tiering: coldId === undefined ? null : await cold!.erase!.receipt(coldId),
    }
    await store.audit({ action: 'erased', target: id, details: { ids: hashes.length } })
    await records.put('meta', COMPLETE + id, await signedReceipt(store, body), 0)
    await removeRecord(records, PENDING + id)
  }

  return {
    async request(subject, { within = '30d' } = {}) {
      const withinMs = erasureTimeMs(within)
      const requestedAt = now()
      const id = newId(requestedAt)
      const hashes = await suppression.hashes(subject)
      const value: Pending = { subject, hashes, requestedAt, dueAt: requestedAt + withinMs, hotRows: {} }
      await store.audit({ action: 'erase', target: id, details: { ids: hashes.length } })
      const version = (await records.put('meta', PENDING + id, value, 0)) ?? 0
      await advance({ id, version, value })
      return id
    },

    async run({ signal }) {
      const open: OpenErasure[] = []
      for (const one of await pendingOf(records)) {
        signal.throwIfAborted()
        open.push(await advance(one))
      }
      if (open.length === 0) return { completed: 0, pending: 0 }
      await cold?.erase?.run({ signal })
      signal.throwIfAborted()
      const emptied: OpenErasure[] = []
      for (const one of open) if (await isEmptied(one)) emptied.push(one)
      const texts = emptied
        .flatMap(({ value: { subject } }) => [...(subject?.userIds ?? []), ...(subject?.anonymousIds ?? [])])
        .slice(0, MOST_TEXTS)
      const nameless: OpenErasure[] = []
      for (const one of emptied) nameless.push(one.value.subject ? await forget(one) : one)
      // Once for all of them: it reads and writes the whole file.
      const file =
        nameless.length > 0 && store.rewriteFile
          ? { ...(await store.rewriteFile({ texts, signal })), searched: texts.length }
          : null
      for (const one of nameless) await complete(one, file)
      return { completed: nameless.length, pending: open.length - nameless.length }
    },

    async status(id) {
      const pending = await records.get<Pending>('meta', PENDING + id)
      if (!pending) return completedErasure((await receiptOf(records, id)).body)
      const { subject, requestedAt, dueAt, coldId } = pending.value
      const inCold = coldId !== undefined && subject ? await cold?.erase?.status(coldId) : undefined
      const isOpenInCold = inCold !== undefined && inCold.state !== 'complete'
      return {
        id,
        state: isOpenInCold ? inCold.state : 'pending',
        requestedAt,
        dueAt,
        isOverdue: now() > dueAt,
        waiting: isOpenInCold ? inCold.waiting : [{ reason: subject && !inCold ? 'settling' : 'file' }],
      }
    },

    receipt: (id) => receiptOf(records, id),
  }
}

async function pendingOf(records: RecordStore): Promise<OpenErasure[]> {
  const found: OpenErasure[] = []
  for await (const { key, version, value } of eachRecord<Pending>(records, 'meta', { prefix: PENDING }))
    found.push({ id: key.slice(PENDING.length), version, value })
  return found
}

async function receiptOf(records: RecordStore, id: string): Promise<SignedReceipt<ErasureReceipt>> {
  const receipt = await records.get<SignedReceipt<ErasureReceipt>>('meta', COMPLETE + id)
  if (receipt) return receipt.value
  throw withoutReceipt(id, (await records.get('meta', PENDING + id)) !== undefined)
}

function added(sum: Readonly<Record<string, number>>, rows: object): Record<string, number> {
  const more = Object.entries(rows as Record<string, number>).map(([what, count]) => [what, (sum[what] ?? 0) + count])
  return { ...sum, ...Object.fromEntries(more) }
}
