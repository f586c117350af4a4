import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { type BullmqJobs, type BullmqJobsOptions, bullmqJobs } from '../../src/jobs/bullmq.js'
import type { JobProgress } from '../../src/jobs/job.js'
import type { Jobs } from '../../src/jobs/jobs.js'
import { skipsRedis, startRedis, type TestRedis } from '../support/redis.js'
import { silent } from '../support/server.js'
import { hangingWork, jobStore, seen, testJobs } from './fixtures.js'

describe.skipIf(skipsRedis())('bullmqJobs', () => {
  let redis: TestRedis
  let queue: Queue
  const open: { close(): Promise<void> }[] = []

  beforeAll(async () => {
    redis = await startRedis()
  })
  afterEach(async () => {
    for (const one of open.splice(0).reverse()) await one.close()
  })
  afterAll(async () => {
    await redis.stop()
  })

  /** Workers on a queue of the test's own, which can be looked at. */
  let queues = 0
  function newQueue(): void {
    queue = new Queue(`jobs-${++queues}`, { connection: { host: redis.host, port: redis.port } })
    open.push(queue)
  }
  async function startWorker(jobs: Jobs, options: Partial<BullmqJobsOptions> = {}): Promise<BullmqJobs> {
    const connection = { host: redis.host, port: redis.port }
    const worker = await bullmqJobs({ jobs, connection, queueName: queue.name, logger: silent, ...options })
    open.push(worker)
    return worker
  }
  const promoteScheduled = async () => {
    for (const job of await queue.getDelayed()) await job.promote()
  }

  it('makes a job scheduler of each schedule, in its time zone, and removes others', async () => {
    newQueue()
    await queue.upsertJobScheduler('archive', { pattern: '0 0 * * *' })
    const jobs = testJobs(
      { expire: async () => ({}), tiering: async () => ({}), 'aggregate-daily': async () => ({}) },
      { options: { timeZone: 'Europe/Berlin', schedules: { expire: '30 2 * * *', tiering: false } } },
    )
    await startWorker(jobs, { catchUp: false })
    const schedulers = await queue.getJobSchedulers()
    expect(schedulers.map(({ key, pattern, tz, next }) => [key, pattern, tz, next]).sort()).toEqual(
      (await jobs.list())
        .filter(({ schedule }) => schedule !== null)
        .map(({ name, schedule, timeZone, nextAt }) => [name, schedule, timeZone, nextAt]),
    )
  })

  it('runs what is due at the start, once among several workers, and forwards progress', async () => {
    newQueue()
    const store = jobStore()
    const work = vi.fn(async ({ onProgress }: { onProgress: (progress: JobProgress) => void }) => {
      for (let done = 1; done <= 50; done++) onProgress({ done, total: 50 })
      return { days: 50 }
    })
    await startWorker(testJobs({ tiering: work }, { store }))
    const jobs = testJobs({ tiering: work }, { store })
    await startWorker(jobs)
    await vi.waitFor(async () => expect(await queue.getCompletedCount()).toBeGreaterThan(0))
    await startWorker(testJobs({ tiering: work }, { store }))
    await vi.waitFor(async () => expect(await queue.getCompletedCount()).toBeGreaterThan(1))
    expect(work).toHaveBeenCalledTimes(1)
    const [run] = await jobs.history('tiering')
    expect(run).toMatchObject({ outcome: 'done', facts: { days: 50 }, progress: { done: 50, total: 50 } })
    const completed = await queue.getCompleted()
    expect(completed.map(({ progress }) => progress)).toContainEqual({ done: 50, total: 50 })
    expect(completed.map(({ returnvalue }) => returnvalue)).toContainEqual(run)
  })

  it('runs the scheduled instant, and schedules the next', async () => {
    newQueue()
    const jobs = testJobs({ expire: async () => ({ rows: 1 }) })
    await startWorker(jobs, { catchUp: false })
    const [{ nextAt } = { nextAt: null }] = await jobs.list()
    await promoteScheduled()
    await vi.waitFor(async () => expect(await jobs.history('expire')).toHaveLength(1))
    expect(await jobs.history('expire')).toMatchObject([{ scheduledAt: nextAt, outcome: 'done' }])
    await vi.waitFor(async () => {
      expect((await queue.getDelayed()).map(({ opts }) => opts.prevMillis)).toEqual([nextAt! + 86_400_000])
    })
  })

  it('tries a failed job again after a pause', async () => {
    newQueue()
    let failures = 1
    const jobs = testJobs({
      expire: async () => {
        if (failures-- > 0) throw new Error('once')
        return { rows: 1 }
      },
    })
    await startWorker(jobs)
    const retries = async () => (await queue.getDelayed()).filter(({ attemptsMade }) => attemptsMade === 1)
    await vi.waitFor(async () => expect(await retries()).toHaveLength(1))
    const [job] = await retries()
    expect(job).toMatchObject({ failedReason: 'once', delay: 60_000 })
    await job!.promote()
    await vi.waitFor(async () => expect(await queue.getCompletedCount()).toBe(1))
    expect((await jobs.history('expire')).map(seen)).toMatchObject([
      { outcome: 'done', attempt: 2 },
      { outcome: 'failed', attempt: 1, code: 'internal' },
    ])
  })

  it('lets a job wait that runs elsewhere, without counting that as a failure', async () => {
    newQueue()
    const store = jobStore()
    const { work, started, end } = hangingWork()
    const running = testJobs({ tiering: work }, { store }).run('tiering')
    await started
    const jobs = testJobs({ tiering: async () => ({}) }, { store })
    await startWorker(jobs)
    const waiting = async () => (await queue.getDelayed()).filter(({ repeatJobKey }) => !repeatJobKey)
    await vi.waitFor(async () => expect(await waiting()).toMatchObject([{ attemptsMade: 0 }]))
    end()
    const byHand = await running
    await (await waiting())[0]!.promote()
    await vi.waitFor(async () => expect(await queue.getCompletedCount()).toBe(1))
    expect(await jobs.history('tiering')).toEqual([byHand])
  })

  it('aborts and waits when it is closed, and another worker goes on', async () => {
    newQueue()
    const store = jobStore()
    const { work, started } = hangingWork()
    const first = testJobs({ tiering: work }, { store })
    const worker = await startWorker(first)
    await started
    await Promise.all([worker.close(), worker.close()])
    expect((await first.history('tiering')).map(seen)).toMatchObject([{ outcome: 'aborted', code: 'aborted' }])
    const second = testJobs({ tiering: async () => ({}) }, { store })
    await startWorker(second, { catchUp: false })
    await vi.waitFor(async () => expect(await queue.getCompletedCount()).toBe(1), { timeout: 5_000 })
    expect((await second.history('tiering')).map(seen)).toMatchObject([{ outcome: 'done' }, { outcome: 'aborted' }])
  })

  it("leaves the host's connection open, and refuses one whose commands give up", async () => {
    newQueue()
    const connection = new Redis({ host: redis.host, port: redis.port, maxRetriesPerRequest: null })
    const worker = await startWorker(testJobs({ expire: async () => ({}) }), { connection })
    await worker.close()
    expect(await connection.ping()).toBe('PONG')
    connection.disconnect()
    const impatient = new Redis({ host: redis.host, port: redis.port, lazyConnect: true })
    await expect(startWorker(testJobs({}), { connection: impatient })).rejects.toMatchObject({
      code: 'invalid_options',
      field: 'connection',
    })
    impatient.disconnect()
  })
})
