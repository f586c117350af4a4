import { createHash } from 'node:crypto'
import { type FaultHook, withFaults } from '@analytics/protocol/testing'
import { throwIfAborted } from '../abort.js'
import type { ObjectInfo, ObjectStore } from '../object-store.js'
import { checkReadable, restored, type TierRecord, tierInfo } from '../objects/archive-tier.js'
import { checkedBody } from '../objects/checked-body.js'
import { checkObjectName, objectNotFound } from '../objects/object-names.js'

/** Options of {@link memoryObjectStore}. */
export interface MemoryObjectStoreOptions {
  /** Makes calls fail before or after they take effect. */
  faults?: FaultHook
  /** @default Date.now */
  now?: () => number
  /**
   * How long a restore takes, in ms.
   * @default 0
   */
  restoreDelayMs?: number
  /**
   * How long an object is on its way to the archive tier, in ms; at 0 it is there at once, and no call answers `pending`.
   * @default 0
   */
  archiveDelayMs?: number
}

interface Kept {
  bytes: Uint8Array
  etag: string
  modifiedAt: number
  record: TierRecord
  /** Its way to the archive tier. */
  archiving?: { ticket: string; doneAt: number }
}

/** Objects in memory, for tests: they are lost with the process. */
export function memoryObjectStore(options: MemoryObjectStoreOptions = {}): ObjectStore {
  const { faults, now = Date.now, restoreDelayMs = 0, archiveDelayMs = 0 } = options
  const objects = new Map<string, Kept>()
  let tickets = 0

  function find(name: string): Kept {
    checkObjectName(name)
    const kept = objects.get(name)
    if (!kept) throw objectNotFound(name)
    return kept
  }

  function infoOf(name: string, { bytes, etag, modifiedAt, record }: Kept): ObjectInfo {
    return { name, size: bytes.byteLength, etag, modifiedAt, ...tierInfo(record, now()) }
  }

  const store: ObjectStore = {
    name: 'memory',
    location: 'memory',
    capabilities: { archive: true, durable: false },
    async put(name, body, { signal, tier = 'cold' } = {}) {
      checkObjectName(name)
      const parts: Uint8Array[] = []
      for await (const bytes of checkedBody(name, body, signal)) parts.push(Buffer.from(bytes))
      throwIfAborted(signal)
      if (objects.has(name)) return { status: 'exists' }
      const bytes = Buffer.concat(parts)
      const etag = createHash('sha256').update(bytes).digest('hex')
      objects.set(name, { bytes, etag, modifiedAt: now(), record: { tier } })
      return { status: 'created', etag }
    },
    async *get(name, { signal, start = 0, end } = {}) {
      throwIfAborted(signal)
      const { bytes, record } = find(name)
      checkReadable(name, record, now())
      const part = bytes.slice(start, end)
      if (part.byteLength > 0) yield part
    },
    async head(name) {
      checkObjectName(name)
      const kept = objects.get(name)
      return kept && infoOf(name, kept)
    },
    async *list(prefix, { signal } = {}) {
      for (const name of [...objects.keys()].filter((one) => one.startsWith(prefix)).sort()) {
        throwIfAborted(signal)
        const kept = objects.get(name)
        if (kept) yield infoOf(name, kept)
      }
    },
    async delete(name) {
      checkObjectName(name)
      objects.delete(name)
    },
    async archive(name, { ticket } = {}) {
      const kept = find(name)
      if (kept.record.tier === 'archive') return { status: 'archived' }
      const isDone = archiveDelayMs === 0 || now() >= (kept.archiving?.doneAt ?? Number.POSITIVE_INFINITY)
      if (isDone) {
        kept.record = { tier: 'archive' }
        return { status: 'archived' }
      }
      // As a service begins another copy for whoever doesn't know of the first.
      if (!kept.archiving || kept.archiving.ticket !== ticket)
        kept.archiving = { ticket: `ticket-${++tickets}`, doneAt: now() + archiveDelayMs }
      return { status: 'pending', ticket: kept.archiving.ticket }
    },
    async restore(name, { hours }) {
      const kept = find(name)
      kept.record = restored(kept.record, { hours, now: now(), restoreDelayMs })
    },
    async close() {},
  }
  return withFaults(store, faults, ['get', 'list'])
}
