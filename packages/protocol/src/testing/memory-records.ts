import { compareText } from '../filter/filter.js'
import type { RecordKind, RecordStore, StoredRecord } from '../records.js'

/** Records in memory, and what only the store that they belong to does with them. */
export interface MemoryRecords extends RecordStore {
  /** Resolves to the number of records that were deleted. */
  deleteWhere<Value>(kind: RecordKind, isGone: (value: Value) => boolean): number
}

/** Records by compare-and-set, in memory. */
export function memoryRecords(): MemoryRecords {
  const kinds = new Map<RecordKind, Map<string, { version: number; body: string }>>()
  const table = (kind: RecordKind) => {
    const known = kinds.get(kind) ?? new Map<string, { version: number; body: string }>()
    kinds.set(kind, known)
    return known
  }
  const toRecord = <Value>(key: string, { version, body }: { version: number; body: string }): StoredRecord<Value> => ({
    key,
    version,
    value: JSON.parse(body) as Value,
  })
  return {
    async get<Value>(kind: RecordKind, key: string) {
      const row = table(kind).get(key)
      return row && toRecord<Value>(key, row)
    },
    async list<Value>(
      kind: RecordKind,
      { prefix = '', after, limit = 1000 }: { prefix?: string; after?: string; limit?: number } = {},
    ) {
      return [...table(kind)]
        .filter(([key]) => key.startsWith(prefix) && (after === undefined || compareText(key, after) > 0))
        .sort(([a], [b]) => compareText(a, b))
        .slice(0, limit)
        .map(([key, row]) => toRecord<Value>(key, row))
    },
    async put(kind, key, value, expected) {
      if ((table(kind).get(key)?.version ?? 0) !== expected) return undefined
      table(kind).set(key, { version: expected + 1, body: JSON.stringify(value) })
      return expected + 1
    },
    async delete(kind, key, expected) {
      if (table(kind).get(key)?.version !== expected) return false
      return table(kind).delete(key)
    },
    deleteWhere<Value>(kind: RecordKind, isGone: (value: Value) => boolean) {
      const gone = [...table(kind)].filter(([, { body }]) => isGone(JSON.parse(body) as Value))
      for (const [key] of gone) table(kind).delete(key)
      return gone.length
    },
  }
}
