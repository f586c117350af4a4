import type { ColdTier } from '../cold-tier.js'
import type { Erasures } from '../privacy/erasures.js'
import type { Retention } from '../retention.js'
import { type Aggregator, aggregator } from '../rollups/aggregate.js'
import { GRAINS, type Grain } from '../rollups/rollup.js'
import type { HotStore } from '../store.js'
import type { JobContext, JobDefinition, JobFacts } from './job.js'

/** What the jobs of a data set work on. */
export interface DefinitionOptions {
  store: HotStore
  cold: ColdTier | undefined
  retention: Retention
  erasures: Pick<Erasures, 'run'>
}

/** The jobs that there are for what `createAnalytics` was given. */
export function jobDefinitions({ store, cold, retention, erasures }: DefinitionOptions): JobDefinition[] {
  const rollups: Aggregator = aggregator({ store, cold, keptFrom: retention.keptFrom })
  const aggregate = (name: JobDefinition['name'], grain: Grain): JobDefinition => ({
    name,
    work: (context) => rollups.run(grain, context),
  })
  return [
    { name: 'aggregate-late', work: (context) => rollups.late(context) },
    ...(cold?.restore?.refresh
      ? [{ name: 'restores' as const, work: (context: JobContext) => lookAtRestores(cold, context) }]
      : []),
    aggregate('aggregate-hourly', 'hour'),
    aggregate('aggregate-daily', 'day'),
    aggregate('aggregate-weekly', 'week'),
    ...(cold ? [{ name: 'tiering' as const, work: (context: JobContext) => moveDays(cold, context) }] : []),
    ...(cold?.archive
      ? [
          {
            name: 'archive' as const,
            work: async ({ signal }: JobContext) => movedDays(await cold.archive!({ signal })),
          },
        ]
      : []),
    { name: 'erase', work: (context) => erasures.run(context) },
    { name: 'expire', work: (context) => expire(store, cold, retention, context) },
    ...(cold?.gc ? [{ name: 'gc' as const, work: (context: JobContext) => collect(cold, context) }] : []),
  ]
}

/** Moves what is due, makes one segment of what late events have left of a day, and goes on with what is on its way to the archive. */
async function moveDays(cold: ColdTier, { signal }: JobContext): Promise<JobFacts> {
  const moved = movedDays(await cold.run({ signal }))
  signal.throwIfAborted()
  const compacted = cold.compact && movedDays(await cold.compact({ signal }))
  signal.throwIfAborted()
  // An object store that copies is not done when the job `archive` is, which comes once a month.
  const archived = cold.archive && movedDays(await cold.archive({ signal, onlyBegun: true }))
  return {
    ...moved,
    ...(compacted ? { compacted: compacted.days } : {}),
    ...(archived && archived.days > 0 ? { archived: archived.days } : {}),
    failed: moved.failed + (compacted?.failed ?? 0) + (archived?.failed ?? 0),
  }
}

/** Lets days be read as soon as they are restored. */
async function lookAtRestores(cold: ColdTier, { signal }: JobContext): Promise<JobFacts> {
  const found = await cold.restore!.refresh!({ signal })
  const ready = found.filter(({ state }) => state === 'ready').length
  return { ready, restoring: found.filter(({ state }) => state === 'restoring').length }
}

/** Deletes what cut-off workers have left in the bucket. */
async function collect(cold: ColdTier, { signal }: JobContext): Promise<JobFacts> {
  const { orphans } = await cold.gc!({ dryRun: false, signal })
  return { orphans: orphans.length, deleted: orphans.filter(({ state }) => state === 'deleted').length }
}

function movedDays(result: unknown): { days: number; failed: number; copied?: number } {
  const { moved = [], copied = [], failed = [] } = result as Partial<Record<string, readonly unknown[]>>
  return { days: moved.length, failed: failed.length, ...(copied.length > 0 ? { copied: copied.length } : {}) }
}

/** Deletes what has passed its age. */
async function expire(
  store: HotStore,
  cold: ColdTier | undefined,
  retention: Retention,
  { at, signal }: JobContext,
): Promise<JobFacts> {
  let metrics = 0
  for (const grain of GRAINS) {
    signal.throwIfAborted()
    const before = retention.keptFrom(grain, at)
    if (Number.isFinite(before)) metrics += (await store.rollups.expire(grain, before)).rows
  }
  signal.throwIfAborted()
  const sessionsBefore = retention.sessionsFrom(at)
  const sessions = Number.isFinite(sessionsBefore) ? (await store.sessions.expire(sessionsBefore)).rows : 0
  signal.throwIfAborted()
  const identitiesBefore = retention.identitiesFrom(at)
  // After the rows that may name them.
  const identities = Number.isFinite(identitiesBefore) ? (await store.expireIdentities(identitiesBefore)).rows : 0
  signal.throwIfAborted()
  const lettersBefore = retention.deadLettersFrom(at)
  const deadLetters = Number.isFinite(lettersBefore) ? (await store.expireDeadLetters(lettersBefore)).rows : 0
  signal.throwIfAborted()
  // Segments of days, where the tier manager's policy says how long they are kept.
  const days = cold?.expire ? movedDays(await cold.expire({ dryRun: false, signal })) : {}
  return { metrics, sessions, identities, deadLetters, ...days }
}
