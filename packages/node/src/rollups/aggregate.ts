import { errorCode, type StoredRecord } from '@analytics/protocol'
import { openTiers } from '../analysis/tiers.js'
import type { ColdTier } from '../cold-tier.js'
import type { JobContext, JobFacts } from '../jobs/job.js'
import type { HotStore } from '../store.js'
import { type BucketStates, bucketStates, type ChangedBucket } from './bucket-states.js'
import { COUNTED_COLUMNS, type CountedEvent, recount } from './recount.js'
import { bucketEnd, bucketOf, GRAINS, type Grain, type RollupBucket } from './rollup.js'

/** What rollups are computed from, and when they grow too old to be kept. */
export interface AggregatorOptions {
  store: HotStore
  cold: ColdTier | undefined
  /** Buckets that ended before it are neither kept nor computed. */
  keptFrom(grain: Grain, now: number): number
}

/** Keeps the rollups in step with the events. Done twice, nothing it does changes more. */
export interface Aggregator {
  /** Computes every bucket of a grain that is over and was not computed; of weeks also the one that runs. */
  run(grain: Grain, context: JobContext): Promise<JobFacts>
  /** Computes again what late events and merged identities changed in buckets that were computed. */
  late(context: JobContext): Promise<JobFacts>
}

/** Marks that are taken up at a time. */
const MARKS = 5000

/** The aggregator of one store. */
export function aggregator({ store, cold, keptFrom }: AggregatorOptions): Aggregator {
  const states = bucketStates(store.records)

  const computeAll = async (
    due: readonly StoredRecord<ChangedBucket>[],
    { at, signal, onProgress }: JobContext,
  ): Promise<{ buckets: number; stale: number }> => {
    let stale = 0
    for (const [done, record] of due.entries()) {
      onProgress({ done, total: due.length })
      signal.throwIfAborted()
      if (await compute(store, cold, record.value, signal)) await states.settle(record)
      else {
        stale++
        await states.setStale(record, at)
      }
    }
    onProgress({ done: due.length, total: due.length })
    return { buckets: due.length - stale, stale }
  }

  return {
    async run(grain, context) {
      const { at } = context
      await takeMarks(store, states, keptFrom, context)
      const open = bucketOf(grain, at)
      const until = grain === 'week' ? bucketEnd(open) : open.start
      // Archived days may have been restored since: what is stale is tried again.
      const due = (await states.list(grain)).filter(({ value }) => value.start < until)
      const facts = await computeAll(due, context)
      await states.setThrough(grain, until)
      return facts
    },

    async late(context) {
      const { at } = context
      await takeMarks(store, states, keptFrom, context)
      const due: StoredRecord<ChangedBucket>[] = []
      for (const grain of GRAINS) {
        const through = await states.through(grain)
        for (const record of await states.list(grain)) {
          const { value } = record
          if (value.state === 'dirty' && value.start < through && bucketEnd(value) <= at) due.push(record)
        }
      }
      return computeAll(due, context)
    },
  }
}

/** Turns marks into changed buckets. A mark is forgotten once its buckets are written down. */
async function takeMarks(
  store: HotStore,
  states: BucketStates,
  keptFrom: AggregatorOptions['keptFrom'],
  { at, signal }: JobContext,
): Promise<void> {
  for (;;) {
    signal.throwIfAborted()
    const marks = await store.rollups.marks(MARKS)
    if (marks.ids.length === 0) return
    const changed: RollupBucket[] = marks.hours.flatMap((hour) => GRAINS.map((grain) => bucketOf(grain, hour)))
    // Where a visitor was counted, the visitor now counts as the user.
    if (marks.people.length > 0) changed.push(...(await store.rollups.bucketsOf(marks.people)))
    await states.mark(changed.filter((bucket) => bucketEnd(bucket) > keptFrom(bucket.grain, at)))
    await store.rollups.clearMarks(marks)
  }
}

/** Computes a bucket from wherever its events lie; false where some are archived. */
async function compute(
  store: HotStore,
  cold: ColdTier | undefined,
  bucket: RollupBucket,
  signal: AbortSignal,
): Promise<boolean> {
  const range = { from: bucket.start, to: bucketEnd(bucket) }
  const view = await cold?.openView(range)
  try {
    if (view?.archivedDays.length) return false
    if (!view?.days.length) {
      // The view is kept meanwhile: a day that moves now is not dropped before it is counted.
      await store.rollups.compute(bucket)
      return true
    }
  } finally {
    view?.release()
  }
  try {
    await recountTiers(store, cold, bucket, signal)
    return true
  } catch (error) {
    if (errorCode(error) === 'archived') return false
    throw error
  }
}

/** Counts a bucket event by event, over both tiers. */
async function recountTiers(
  store: HotStore,
  cold: ColdTier | undefined,
  bucket: RollupBucket,
  signal: AbortSignal,
): Promise<void> {
  const range = { from: bucket.start, to: bucketEnd(bucket) }
  const reader = await openTiers({ store, cold }, { ...range, tiers: 'all', onArchived: 'error' })
  try {
    const { canonical } = await store.people()
    const counting = recount(bucket.start)
    for await (const { length, time, person, columns } of reader.scan({
      matches: [{}],
      columns: [...COUNTED_COLUMNS],
      signal,
    })) {
      for (let i = 0; i < length; i++) {
        const event = Object.fromEntries(COUNTED_COLUMNS.map((name) => [name, columns[name]?.at(i) ?? null]))
        const who = canonical[person[i]!] ?? person[i]!
        counting.add({ ...event, eventTimestamp: time[i]!, person: who } as CountedEvent)
      }
    }
    await store.rollups.replace(bucket, counting.rows())
  } finally {
    reader.release()
  }
}
