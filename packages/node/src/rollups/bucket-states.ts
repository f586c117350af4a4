import { eachRecord, type RecordStore, type StoredRecord } from '@analytics/protocol'
import type { Grain, RollupBucket } from './rollup.js'

/** Why a bucket is not as its events say. `stale`: some of them lie in the archive tier, where nothing can be counted. */
export type BucketState = 'dirty' | 'stale'

/** A bucket that must be computed again. */
export interface ChangedBucket extends RollupBucket {
  state: BucketState
  /** When it was last tried, UTC milliseconds. */
  computedAt?: number
}

/** Which buckets are to be computed: a bucket that is as it should be has no record. */
export interface BucketStates {
  /** Marks buckets as changed; one that was is marked anew, so that a computation under way does not settle it. */
  mark(buckets: Iterable<RollupBucket>): Promise<void>
  /** Changed buckets of a grain, oldest first. */
  list(grain: Grain): Promise<StoredRecord<ChangedBucket>[]>
  /** The bucket was computed, unless it was marked meanwhile. */
  settle(record: StoredRecord<ChangedBucket>): Promise<void>
  setStale(record: StoredRecord<ChangedBucket>, at: number): Promise<void>
  /** Everything that began before this instant was computed once. */
  through(grain: Grain): Promise<number>
  setThrough(grain: Grain, through: number): Promise<void>
}

/** Keys sort as their times do. */
const keyOf = ({ grain, start }: RollupBucket): string => `${grain}/${new Date(start).toISOString().slice(0, 13)}`
const throughKey = (grain: Grain): string => `through/${grain}`

/** States kept as records of kind `rollup`. */
export function bucketStates(records: RecordStore): BucketStates {
  const markOne = async (bucket: RollupBucket) => {
    for (;;) {
      const known = await records.get<ChangedBucket>('rollup', keyOf(bucket))
      const value: ChangedBucket = { grain: bucket.grain, start: bucket.start, state: 'dirty' }
      if ((await records.put('rollup', keyOf(bucket), value, known?.version ?? 0)) !== undefined) return
    }
  }
  return {
    async mark(buckets) {
      const unique = new Map(Array.from(buckets, (bucket) => [keyOf(bucket), bucket]))
      for (const bucket of unique.values()) await markOne(bucket)
    },

    async list(grain) {
      const found: StoredRecord<ChangedBucket>[] = []
      for await (const record of eachRecord<ChangedBucket>(records, 'rollup', { prefix: `${grain}/` }))
        found.push(record)
      return found
    },

    async settle({ key, version }) {
      await records.delete('rollup', key, version)
    },
    async setStale({ key, version, value }, at) {
      await records.put('rollup', key, { ...value, state: 'stale', computedAt: at } satisfies ChangedBucket, version)
    },

    async through(grain) {
      return (await records.get<{ through: number }>('rollup', throughKey(grain)))?.value.through ?? 0
    },
    async setThrough(grain, through) {
      for (;;) {
        const known = await records.get<{ through: number }>('rollup', throughKey(grain))
        if ((known?.value.through ?? 0) >= through) return
        if ((await records.put('rollup', throughKey(grain), { through }, known?.version ?? 0)) !== undefined) return
      }
    },
  }
}
