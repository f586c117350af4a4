import { createHmac, randomBytes } from 'node:crypto'
import { type EventIdentity, eachRecord, madeOnce, type RecordStore } from '@analytics/protocol'
import { identityKey } from '../people/identity-key.js'
import type { Subject } from '../store.js'

/** How long another process may not know of a person who was suppressed here. */
const REFRESH_MS = 30_000

/** People whose events are not stored any more. The list holds keyed hashes: without the key nobody can tell whose. */
export interface SuppressionList {
  /** Adds every id of a subject; durable when it resolves. */
  add(subject: Subject): Promise<void>
  /** Takes ids off the list. */
  remove(subject: Subject): Promise<void>
  /** Whose events these are not to be stored: true where one of an event's ids is on the list. */
  check(events: readonly EventIdentity[]): Promise<readonly boolean[]>
  /** The keyed hashes of every id of a subject, ascending. */
  hashes(subject: Subject): Promise<string[]>
  /** The keyed hash of an id, as it stands in the list and in the audit chain. */
  hash(id: { userId: string } | { anonymousId: string }): Promise<string>
}

/** Options of {@link suppressionList}. */
export interface SuppressionOptions {
  records: RecordStore
  /** Key of the hashes; without one, a random key is made and kept beside them. */
  hashKey: string | undefined
  now: () => number
}

const KEY_RECORD = 'suppression-key'

/** The list of one data set, kept as records and in memory. */
export function suppressionList({ records, hashKey, now }: SuppressionOptions): SuppressionList {
  const hashes = new Set<string>()
  let loadedAt = Number.NEGATIVE_INFINITY
  let loading: Promise<void> | undefined
  let key: Promise<string> | undefined

  const keyOfHashes = (): Promise<string> => {
    key ??= (hashKey === undefined ? madeOnce(records, KEY_RECORD, newKey) : Promise.resolve(hashKey)).catch(
      (error) => {
        key = undefined
        throw error
      },
    )
    return key
  }
  const hashOf = (secret: string, identity: EventIdentity) =>
    createHmac('sha256', secret).update(identityKey(identity)).digest('hex')
  const hashesOf = async ({ userIds, anonymousIds }: Subject) => {
    const secret = await keyOfHashes()
    return [
      ...userIds.map((userId) => hashOf(secret, { userId, anonymousId: null })),
      ...anonymousIds.map((anonymousId) => hashOf(secret, { userId: null, anonymousId })),
    ]
  }

  const load = async () => {
    const found = new Set<string>()
    for await (const record of eachRecord(records, 'suppression')) found.add(record.key)
    hashes.clear()
    for (const hash of found) hashes.add(hash)
    loadedAt = now()
  }
  const fresh = async () => {
    if (now() - loadedAt < REFRESH_MS) return
    loading ??= load().finally(() => {
      loading = undefined
    })
    await loading
  }

  return {
    async add(subject) {
      for (const hash of await hashesOf(subject)) {
        await records.put('suppression', hash, { at: now() }, 0)
        hashes.add(hash)
      }
    },

    async remove(subject) {
      for (const hash of await hashesOf(subject)) {
        const record = await records.get('suppression', hash)
        if (record) await records.delete('suppression', hash, record.version)
        hashes.delete(hash)
      }
    },

    async check(events) {
      await fresh()
      if (hashes.size === 0) return events.map(() => false)
      const secret = await keyOfHashes()
      return events.map(
        ({ userId, anonymousId }) =>
          (userId !== null && hashes.has(hashOf(secret, { userId, anonymousId: null }))) ||
          (anonymousId !== null && hashes.has(hashOf(secret, { userId: null, anonymousId }))),
      )
    },

    hashes: async (subject) => (await hashesOf(subject)).sort(),

    async hash(id) {
      const secret = await keyOfHashes()
      return hashOf(secret, { userId: null, anonymousId: null, ...id })
    },
  }
}

const newKey = (): string => randomBytes(32).toString('base64')
