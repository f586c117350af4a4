import type { Lease } from '@analytics/protocol'
import { memoryRecords } from '@analytics/protocol/testing'
import type { JobDefinition, JobName, JobRun, JobWork } from '../../src/jobs/job.js'
import { type CreateJobsOptions, createJobs, type Jobs } from '../../src/jobs/jobs.js'
import type { JobStore } from '../../src/jobs/runner.js'
import { recordLeases } from '../../src/records/lease.js'
import { silent } from '../support/server.js'

/** What jobs need of a store, in memory. */
export function jobStore(now: () => number = Date.now): JobStore {
  const records = memoryRecords()
  const leases = recordLeases(records, now)
  return { records, acquireLease: leases.acquire, releaseLease: leases.release }
}

/** Jobs of these works, each with what its process would have. */
export function testJobs(
  works: Partial<Record<JobName, JobWork>>,
  options: Partial<CreateJobsOptions> = {},
): Jobs & { store: JobStore } {
  const definitions = Object.entries(works).map(([name, work]): JobDefinition => ({ name: name as JobName, work }))
  const store = options.store ?? jobStore(options.now)
  return { ...createJobs({ definitions, logger: silent, ...options, store }), store }
}

/** What to look at in a run. */
export function seen({ scheduledAt, outcome, attempt, error }: JobRun) {
  return { at: new Date(scheduledAt).toISOString(), outcome, attempt, ...(error ? { code: error.code } : {}) }
}

/** Work that goes on until it is aborted, or told to end. */
export function hangingWork() {
  let end = () => {}
  let begun = () => {}
  const started = new Promise<void>((resolve) => (begun = resolve))
  const work: JobWork = ({ signal }) =>
    new Promise((resolve, reject) => {
      end = () => resolve({ days: 1 })
      signal.addEventListener('abort', () => reject(signal.reason))
      begun()
    })
  return { work, started, end: () => end() }
}

/** Takes a lease away from whoever has it. */
export async function stealLease({ records }: JobStore, name: string): Promise<void> {
  const held = await records.get<Lease>('lease', name)
  const theft = { owner: 'thief', epoch: (held?.value.epoch ?? 0) + 1, until: Number.MAX_SAFE_INTEGER }
  await records.put('lease', name, theft, held?.version ?? 0)
}
