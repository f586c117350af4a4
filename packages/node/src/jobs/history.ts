import { AnalyticsError, type RecordStore, type StoredRecord } from '@analytics/protocol'
import { didNothing, isQuiet, type JobName, type JobRun } from './job.js'

/** A run's record while it runs. */
export interface RunRecord {
  /** Replaces what is recorded. @throws AnalyticsError `lease_lost` where another process has ended the run. */
  write(run: JobRun): Promise<void>
  /** The last write. */
  end(run: JobRun): Promise<void>
}

/** The recorded runs of jobs. */
export interface RunHistory {
  /** Runs that stand for that instant or a later one. */
  since(job: JobName, at: number): Promise<JobRun[]>
  /** Every run that is kept, the newest first. */
  all(job: JobName): Promise<JobRun[]>
  /**
   * For the holder of the job's lease only: records runs whose process is gone as aborted, deletes the oldest beyond
   * what is kept, and resolves to the rest.
   */
  settle(job: JobName): Promise<JobRun[]>
  /** Records a run that begins. */
  begin(run: JobRun): Promise<RunRecord>
}

/** More than are ever kept. */
const LIST_LIMIT = 2_000

/**
 * Runs as records of kind `job`, by `<job>/<instant>/<attempt>`, so that they are listed in order of their instants. A
 * quiet job's run is `<job>/last` instead until it turns out that it did something: one that did nothing is replaced by
 * the next.
 */
export function runHistory(records: RecordStore, { keep, now }: { keep: number; now: () => number }): RunHistory {
  const list = (job: JobName, after?: string) =>
    records.list<JobRun>('job', {
      prefix: `${job}/`,
      limit: LIST_LIMIT,
      ...(after === undefined ? {} : { after: `${job}/${after}` }),
    })

  return {
    async since(job, at) {
      const found = await list(job, iso(at))
      return found.map(({ value }) => value).filter(({ scheduledAt }) => scheduledAt >= at)
    },

    async all(job) {
      return (await list(job)).map(({ value }) => value).sort(newestFirst)
    },

    async settle(job) {
      const found = (await list(job)).sort((a, b) => newestFirst(a.value, b.value))
      // Room for the run that is about to begin.
      for (const { key, version } of found.slice(keep - 1)) await records.delete('job', key, version)
      const kept = found.slice(0, keep - 1)
      return Promise.all(kept.map((record) => (record.value.outcome === 'running' ? bury(record) : record.value)))
    },

    async begin(run) {
      const key = isQuiet(run.job) ? lastKey(run.job) : runKey(run)
      const version = isQuiet(run.job) ? ((await records.get('job', key))?.version ?? 0) : 0
      const record = await createRecord(records, key, run, version)
      if (!isQuiet(run.job)) return { write: record.write, end: record.write }
      return {
        write: record.write,
        async end(ended) {
          if (ended.outcome === 'done' && didNothing(ended.facts ?? {})) return record.write(ended)
          await createRecord(records, runKey(ended), ended, 0)
          await record.remove()
        },
      }
    },
  }

  async function bury({ key, version, value }: StoredRecord<JobRun>): Promise<JobRun> {
    const error = { code: 'lease_lost', message: 'The process that ran it ended, or lost the lease.' } as const
    const run: JobRun = { ...value, endedAt: now(), outcome: 'aborted', error }
    if (key === lastKey(run.job)) {
      await records.put('job', runKey(run), run, 0)
      await records.delete('job', key, version)
    } else {
      await records.put('job', key, run, version)
    }
    return run
  }
}

function newestFirst(a: JobRun, b: JobRun): number {
  return b.startedAt - a.startedAt || b.attempt - a.attempt
}

function runKey({ job, scheduledAt, attempt }: JobRun): string {
  return `${job}/${iso(scheduledAt)}/${String(attempt).padStart(4, '0')}`
}

/** Sorts behind every instant. */
function lastKey(job: JobName): string {
  return `${job}/last`
}

function iso(instant: number): string {
  return new Date(instant).toISOString()
}

/**
 * A record that one run alone changes: after a lost answer it is read again, and the owner tells whether the write is
 * there.
 */
async function createRecord(records: RecordStore, key: string, run: JobRun, expected: number) {
  let version = expected

  async function write(next: JobRun): Promise<void> {
    for (;;) {
      const written = await records.put('job', key, next, version)
      if (written !== undefined) {
        version = written
        return
      }
      const current = await records.get<JobRun>('job', key)
      if (current?.value.owner !== run.owner || current.value.outcome !== 'running') {
        throw new AnalyticsError('lease_lost')
      }
      version = current.version
    }
  }

  await write(run)
  return {
    write,
    async remove(): Promise<void> {
      await records.delete('job', key, version)
    },
  }
}
