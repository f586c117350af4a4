import { AnalyticsError } from '@analytics/protocol'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { JobProgress, JobRun } from '../../src/jobs/job.js'
import { hangingWork, jobStore, seen, stealLease, testJobs } from './fixtures.js'

const AT = Date.parse('2026-11-24T02:00:00Z')

beforeEach(() => {
  vi.useFakeTimers({ now: AT, toFake: ['Date', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] })
})
afterEach(() => {
  vi.useRealTimers()
})

describe('a run by hand', () => {
  it('resolves to what is recorded of it', async () => {
    const jobs = testJobs({
      'aggregate-daily': async ({ at }) => {
        vi.advanceTimersByTime(2_000)
        return { day: new Date(at).toISOString().slice(0, 10), buckets: 24 }
      },
    })
    const at = Date.parse('2026-11-20T02:00:00Z')
    const run = await jobs.run('aggregate-daily', { at })
    expect(run).toEqual({
      job: 'aggregate-daily',
      scheduledAt: at,
      startedAt: AT,
      endedAt: AT + 2_000,
      outcome: 'done',
      attempt: 1,
      owner: expect.stringContaining(`/${process.pid}/`),
      facts: { day: '2026-11-20', buckets: 24 },
    })
    expect(await jobs.history('aggregate-daily')).toEqual([run])
  })

  it('stands for now where no instant is named, and runs again what was done', async () => {
    const jobs = testJobs({ expire: async () => ({ rows: 1 }) })
    await jobs.run('expire')
    await jobs.run('expire')
    expect((await jobs.history('expire')).map(seen)).toEqual([
      { at: '2026-11-24T02:00:00.000Z', outcome: 'done', attempt: 2 },
      { at: '2026-11-24T02:00:00.000Z', outcome: 'done', attempt: 1 },
    ])
  })

  it("rejects with the work's error, of which the record keeps the code and no foreign message", async () => {
    let error: Error = new AnalyticsError('catalog_conflict')
    const jobs = testJobs({ tiering: async () => Promise.reject(error) })
    await expect(jobs.run('tiering')).rejects.toBe(error)
    error = new Error('duplicate key: anna@example.com')
    await expect(jobs.run('tiering')).rejects.toBe(error)
    const [second, first] = await jobs.history('tiering')
    expect(first).toMatchObject({ outcome: 'failed', error: { code: 'catalog_conflict' } })
    expect(second).toMatchObject({ outcome: 'failed', attempt: 2, error: { code: 'internal' } })
    expect(JSON.stringify(second)).not.toContain('anna')
  })

  it('refuses what there is not, and what is no instant', async () => {
    const jobs = testJobs({ expire: async () => ({}) })
    await expect(jobs.run('tiering')).rejects.toMatchObject({
      code: 'invalid_options',
      message: /There is no job tiering/,
    })
    await expect(jobs.history('tiering')).rejects.toMatchObject({ code: 'invalid_options' })
    await expect(jobs.run('expire', { at: Number.NaN })).rejects.toMatchObject({ code: 'invalid_options', field: 'at' })
  })

  it('refuses while the job runs in another process, and says so', async () => {
    const store = jobStore()
    const { work, started, end } = hangingWork()
    const first = testJobs({ expire: work }, { store })
    const second = testJobs({ expire: async () => ({}) }, { store })
    const running = first.run('expire')
    await started
    await expect(second.run('expire')).rejects.toMatchObject({ code: 'job_running' })
    await expect(first.run('expire')).rejects.toMatchObject({ code: 'job_running' })
    end()
    expect(await running).toMatchObject({ outcome: 'done' })
    expect(await second.run('expire')).toMatchObject({ outcome: 'done' })
  })

  it('is aborted by its signal', async () => {
    const { work, started } = hangingWork()
    const jobs = testJobs({ expire: work })
    const controller = new AbortController()
    const running = jobs.run('expire', { signal: controller.signal })
    await started
    controller.abort()
    await expect(running).rejects.toMatchObject({ code: 'aborted' })
    expect((await jobs.history('expire')).map(seen)).toMatchObject([{ outcome: 'aborted', code: 'aborted' }])
    await expect(jobs.run('expire', { signal: controller.signal })).rejects.toMatchObject({ code: 'aborted' })
  })
})

describe('progress', () => {
  it('is told as it comes, and recorded once a second at most', async () => {
    const store = jobStore()
    const recorded: (JobProgress | undefined)[] = []
    const put = vi.spyOn(store.records, 'put')
    const told: JobProgress[] = []
    const jobs = testJobs(
      {
        tiering: async ({ onProgress }) => {
          for (let done = 1; done <= 30; done++) {
            onProgress({ done, total: 30 })
            await vi.advanceTimersByTimeAsync(100)
            const [run] = await jobs.history('tiering')
            if (run?.progress?.done !== recorded.at(-1)?.done) recorded.push(run?.progress)
          }
          return { days: 30 }
        },
      },
      { store },
    )
    const run = await jobs.run('tiering', { onProgress: (progress) => told.push(progress) })
    expect(told).toHaveLength(30)
    expect(recorded.map((progress) => progress?.done)).toEqual([1, 11, 21])
    expect(run.progress).toEqual({ done: 30, total: 30 })
    // Begun, three times progress, done.
    expect(put.mock.calls.filter(([kind]) => kind === 'job')).toHaveLength(5)
  })
})

describe('the lease', () => {
  it('aborts the work when another process has taken it over', async () => {
    const { work, started } = hangingWork()
    const jobs = testJobs({ tiering: work })
    const running = jobs.run('tiering')
    const outcome = expect(running).rejects.toMatchObject({ code: 'lease_lost' })
    await started
    await stealLease(jobs.store, 'job/tiering')
    await vi.advanceTimersByTimeAsync(20_000)
    await outcome
    expect((await jobs.history('tiering')).map(seen)).toMatchObject([{ outcome: 'aborted', code: 'lease_lost' }])
    expect(await jobs.store.acquireLease('job/tiering', { owner: 'thief', ttlMs: 1 })).toBeDefined()
  })

  it('is renewed while the work runs', async () => {
    const { work, started, end } = hangingWork()
    const jobs = testJobs({ tiering: work })
    const running = jobs.run('tiering')
    await started
    await vi.advanceTimersByTimeAsync(3_600_000)
    expect(await jobs.store.acquireLease('job/tiering', { owner: 'other', ttlMs: 1 })).toBeUndefined()
    end()
    await running
    expect(await jobs.store.acquireLease('job/tiering', { owner: 'other', ttlMs: 1 })).toBeDefined()
  })

  it('counts as lost when the store could not be asked for as long as it lasts', async () => {
    const store = jobStore()
    const { work, started } = hangingWork()
    let isDown = false
    const acquireLease: typeof store.acquireLease = (name, options) =>
      isDown ? Promise.reject(new AnalyticsError('store_unavailable')) : store.acquireLease(name, options)
    const jobs = testJobs({ tiering: work }, { store: { ...store, acquireLease } })
    const running = jobs.run('tiering')
    const outcome = expect(running).rejects.toMatchObject({ code: 'lease_lost' })
    await started
    isDown = true
    await vi.advanceTimersByTimeAsync(30_000)
    isDown = false
    await vi.advanceTimersByTimeAsync(120_000)
    expect((await jobs.history('tiering')).map(seen)).toMatchObject([{ outcome: 'running' }])
    isDown = true
    await vi.advanceTimersByTimeAsync(60_000)
    await outcome
  })

  it('lets a run that another process has ended not change its record any more', async () => {
    const store = jobStore()
    const { work, started, end } = hangingWork()
    const running = testJobs({ tiering: work }, { store }).run('tiering')
    await started
    // Its process slept beyond the lease; nothing told it.
    await store.records.delete('lease', 'job/tiering', 1)
    await testJobs({ tiering: async () => ({}) }, { store }).run('tiering')
    end()
    await running
    const runs = await testJobs({ tiering: work }, { store }).history('tiering')
    expect(runs.map(seen)).toMatchObject([
      { outcome: 'done', attempt: 2 },
      { outcome: 'aborted', attempt: 1, code: 'lease_lost' },
    ])
  })
})

describe('the history', () => {
  it('keeps the newest runs of each job', async () => {
    const jobs = testJobs({ expire: async () => ({}), tiering: async () => ({}) }, { options: { keepRuns: 10 } })
    await jobs.run('tiering')
    for (let i = 0; i < 25; i++) {
      vi.advanceTimersByTime(60_000)
      await jobs.run('expire')
    }
    const runs = await jobs.history('expire')
    expect(runs.map(({ scheduledAt }) => (scheduledAt - AT) / 60_000)).toEqual([25, 24, 23, 22, 21, 20, 19, 18, 17, 16])
    expect(await jobs.history('expire', { limit: 2 })).toEqual(runs.slice(0, 2))
    expect(await jobs.history('tiering')).toHaveLength(1)
  })

  it('keeps of a job that runs each minute only the runs that did something or failed, and the last', async () => {
    const late = [0, 3, 0, new AnalyticsError('store_unavailable'), 0, 0]
    const jobs = testJobs({
      'aggregate-late': async () => {
        const next = late.shift()
        if (next instanceof Error) throw next
        return { buckets: next ?? 0, complete: false }
      },
    })
    const recorded: unknown[] = []
    while (late.length > 0) {
      await jobs.run('aggregate-late').catch(() => {})
      recorded.push((await jobs.history('aggregate-late')).map(({ outcome, facts }) => facts?.buckets ?? outcome))
      vi.advanceTimersByTime(60_000)
    }
    expect(recorded).toEqual([[0], [3], [0, 3], ['failed', 3], [0, 'failed', 3], [0, 'failed', 3]])
  })

  it('lists the jobs that there are with their next and last run', async () => {
    const jobs = testJobs(
      { expire: async () => ({ rows: 2 }), 'aggregate-daily': async () => ({}) },
      { options: { timeZone: 'Europe/Berlin', schedules: { expire: false } } },
    )
    const lastRun: JobRun = await jobs.run('expire')
    expect(await jobs.list()).toEqual([
      {
        name: 'aggregate-daily',
        schedule: '0 2 * * *',
        timeZone: 'Europe/Berlin',
        nextAt: Date.parse('2026-11-25T01:00:00Z'),
        lastRun: null,
      },
      { name: 'expire', schedule: null, timeZone: 'Europe/Berlin', nextAt: null, lastRun },
    ])
  })
})

describe('a run of what is due', () => {
  it('is the run that there was, where the instant or a later one was done', async () => {
    const work = vi.fn(async () => ({}))
    const jobs = testJobs({ 'aggregate-daily': work })
    vi.setSystemTime(AT + 5_000)
    const first = await jobs.runDue('aggregate-daily')
    expect(first).toMatchObject({ scheduledAt: AT, attempt: 1 })
    expect(await jobs.runDue('aggregate-daily')).toEqual(first)
    expect(await jobs.runDue('aggregate-daily', { at: AT - 1 })).toEqual(first)
    expect(work).toHaveBeenCalledTimes(1)
    expect(await jobs.runDue('aggregate-daily', { at: AT + 6_000 })).toMatchObject({ scheduledAt: AT + 6_000 })
  })

  it('needs a schedule or an instant', async () => {
    const jobs = testJobs({ expire: async () => ({}) }, { options: { schedules: { expire: false } } })
    await expect(jobs.runDue('expire')).rejects.toMatchObject({
      code: 'invalid_options',
      field: 'jobs.schedules.expire',
    })
    expect(await jobs.runDue('expire', { at: AT })).toMatchObject({ outcome: 'done' })
  })
})

describe('close', () => {
  it('aborts runs by hand, waits for them and takes no more', async () => {
    const { work, started } = hangingWork()
    const jobs = testJobs({ tiering: work })
    const running = jobs.run('tiering')
    const outcome = expect(running).rejects.toMatchObject({ code: 'closed' })
    await started
    await Promise.all([jobs.close(), jobs.close()])
    expect((await jobs.history('tiering')).map(seen)).toMatchObject([{ outcome: 'aborted', code: 'closed' }])
    expect(await jobs.store.acquireLease('job/tiering', { owner: 'other', ttlMs: 1 })).toBeDefined()
    await outcome
    await expect(jobs.run('tiering')).rejects.toMatchObject({ code: 'closed' })
  })
})
