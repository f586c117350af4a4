import { createHmac, randomBytes } from 'node:crypto'
import {
  type Day,
  type ErasureFacts,
  eachRecord,
  madeOnce,
  type RecordStore,
  removeRecord,
  type SignedReceipt,
  type StoredRecord,
  type Subject,
} from '@analytics/protocol'
import type { ReplacedObject } from '../catalog.js'

/** An object from which events of a person were taken. */
export interface ErasedObject {
  day: Day
  objectName: string
  /** Of its bytes, lower-case hex. */
  sha256: string
  rows: number
  /** How many of them were the person's. */
  removed: number
  /** The object that has the others since; missing where there were none. */
  replacedBy?: string
  /** When the object, all its versions, the list of its ids and what described it were gone, ISO 8601. */
  deletedAt: string
}

/** An object that was read whole, and has no event of the person. */
export type SearchedObject = Pick<ErasedObject, 'day' | 'objectName' | 'sha256'>

/** What an erasure of segments did. Its subject are hashes with a key that stays in the database. */
export interface ErasureReceipt extends ErasureFacts {
  kind: 'analytics.tiering.erasure'
  /** Names of the stores. */
  hot: string
  cold: string
  /** Rows deleted from the hot store, by what they were: `events`, and what else the store tells of. */
  hotRows: Readonly<Record<string, number>>
  objects: readonly ErasedObject[]
  searched: readonly SearchedObject[]
  /** Segments of which the catalog alone tells for certain that they have no event of the person. */
  excluded: number
}

/** Why a part of an erasure is not done yet. */
export type ErasureWaiting =
  | 'settling'
  | 'hold'
  | 'restore'
  | 'archiving'
  | 'expiry'
  | 'orphans'
  | 'readers'
  | 'grace'
  | 'parked'
  | 'backoff'
  | 'failed'

/** What an erasure waits for, on which day; without a day, in the hot store or as a whole. */
export interface ErasurePart {
  reason: ErasureWaiting
  day?: Day
}

/** An erasure that is not complete. The ids are in it until it is. */
export interface PendingErasure {
  subject: Subject
  hashes: readonly string[]
  /** UTC milliseconds. */
  requestedAt: number
  dueAt: number
  hotRows: Readonly<Record<string, number>>
  objects: readonly ErasedObject[]
  searched: readonly SearchedObject[]
  /** As the last run left it. */
  waiting: readonly ErasurePart[]
}

/** The erasures of a data set, as records of kind `meta` beside the catalog. */
export interface ErasureRecords {
  add(id: string, erasure: PendingErasure): Promise<void>
  /** Those that are not complete, the oldest first. */
  pending(): Promise<StoredRecord<PendingErasure>[]>
  find(id: string): Promise<PendingErasure | undefined>
  /** Changes one that is not complete, whoever else does. */
  update(id: string, changeOf: (erasure: PendingErasure) => Partial<PendingErasure>): Promise<void>
  /** From here on nothing names the person any more. Resolves to the receipt that stands: the first one that was kept. */
  complete(id: string, receipt: SignedReceipt<ErasureReceipt>): Promise<void>
  receipt(id: string): Promise<SignedReceipt<ErasureReceipt> | undefined>
  /** Writes down in their erasures that objects are gone. Done twice, it writes nothing more. */
  noteDeleted(day: Day, replaced: readonly ReplacedObject[]): Promise<void>
  /** Grows with each change that readers must know of. */
  changes(): Promise<number>
  /** The keyed hashes of ids, ascending. */
  hashes(subject: Subject): Promise<string[]>
}

const PENDING = 'erasing/'
const COMPLETE = 'erasure/'
const CHANGES = 'erasure-changes'
const HASH_KEY = 'erasure-hash-key'

/** The erasures in these records. */
export function createErasureRecords({ records, now }: { records: RecordStore; now: () => number }): ErasureRecords {
  async function touch(): Promise<void> {
    for (;;) {
      const version = (await records.get('meta', CHANGES))?.version ?? 0
      if ((await records.put('meta', CHANGES, {}, version)) !== undefined) return
    }
  }

  const erasures: ErasureRecords = {
    async add(id, erasure) {
      await records.put('meta', PENDING + id, erasure, 0)
      await touch()
    },
    async pending() {
      const found: StoredRecord<PendingErasure>[] = []
      for await (const record of eachRecord<PendingErasure>(records, 'meta', { prefix: PENDING }))
        found.push({ ...record, key: record.key.slice(PENDING.length) })
      return found
    },
    find: async (id) => (await records.get<PendingErasure>('meta', PENDING + id))?.value,
    async update(id, changeOf) {
      for (;;) {
        const record = await records.get<PendingErasure>('meta', PENDING + id)
        if (!record) return
        const changed = { ...record.value, ...changeOf(record.value) }
        if ((await records.put('meta', record.key, changed, record.version)) !== undefined) return
      }
    },
    async complete(id, receipt) {
      await records.put('meta', COMPLETE + id, receipt, 0)
      await removeRecord(records, PENDING + id)
      await touch()
    },
    receipt: async (id) => (await records.get<SignedReceipt<ErasureReceipt>>('meta', COMPLETE + id))?.value,
    async noteDeleted(day, replaced) {
      const deletedAt = new Date(now()).toISOString()
      for (const { objectName, erased } of replaced) {
        for (const [id, removed] of Object.entries(erased?.removed ?? {})) {
          const { sha256, rows, replacedBy } = erased!
          const line = { day, objectName, sha256, rows, removed, ...(replacedBy ? { replacedBy } : {}), deletedAt }
          await erasures.update(id, ({ objects }) =>
            objects.some((one) => one.objectName === objectName) ? {} : { objects: [...objects, line] },
          )
        }
      }
      if (replaced.length > 0) await touch()
    },
    changes: async () => (await records.get('meta', CHANGES))?.version ?? 0,
    async hashes({ userIds, anonymousIds }) {
      const key = await madeOnce(records, HASH_KEY, () => randomBytes(32).toString('base64'))
      const hash = (text: string): string => createHmac('sha256', key).update(text).digest('hex')
      return [...userIds.map((id) => hash(`u${id}`)), ...anonymousIds.map((id) => hash(`a${id}`))].sort()
    },
  }
  return erasures
}
