import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { AnalyticsError } from '@analytics/protocol'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { JobWork } from '../../src/jobs/job.js'
import { hangingWork, jobStore, seen, testJobs } from './fixtures.js'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const AT = Date.parse('2026-11-24T02:00:00Z')

beforeEach(() => {
  vi.useFakeTimers({ now: AT, toFake: ['Date', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] })
})
afterEach(() => {
  vi.useRealTimers()
})

/** Work that notes the instants that it ran for. */
function noted() {
  const instants: string[] = []
  const work: JobWork = async ({ at }) => {
    instants.push(new Date(at).toISOString().slice(0, 16))
    return { buckets: 1 }
  }
  return { instants, work }
}

describe('the scheduler', () => {
  it('runs each instant once among several processes', async () => {
    const store = jobStore()
    const { instants, work } = noted()
    const processes = Array.from({ length: 3 }, () => testJobs({ 'aggregate-hourly': work }, { store }))
    for (const jobs of processes) jobs.start()
    await vi.advanceTimersByTimeAsync(3 * HOUR)
    expect(instants).toEqual(['2026-11-24T02:00', '2026-11-24T03:00', '2026-11-24T04:00', '2026-11-24T05:00'])
    for (const jobs of processes) await jobs.close()
    await vi.advanceTimersByTimeAsync(3 * HOUR)
    expect(instants).toHaveLength(4)
  })

  it('runs a daily job once a day across both changes of the clocks', async () => {
    const { instants, work } = noted()
    for (const day of ['2026-03-28', '2026-10-24']) {
      vi.setSystemTime(Date.parse(`${day}T00:00:00Z`))
      const jobs = testJobs(
        { expire: work },
        { options: { timeZone: 'Europe/Berlin', schedules: { expire: '30 2 * * *' }, catchUp: false } },
      )
      jobs.start()
      await vi.advanceTimersByTimeAsync(72 * HOUR)
      await jobs.close()
    }
    expect(instants).toEqual([
      '2026-03-28T01:30',
      '2026-03-29T01:00',
      '2026-03-30T00:30',
      '2026-10-24T00:30',
      '2026-10-25T00:30',
      '2026-10-26T01:30',
    ])
  })

  it('makes up for instants that nobody ran by one run for the newest', async () => {
    const store = jobStore()
    const { instants, work } = noted()
    const first = testJobs({ 'aggregate-hourly': work }, { store })
    first.start()
    await vi.advanceTimersByTimeAsync(HOUR)
    await first.close()
    await vi.advanceTimersByTimeAsync(5 * HOUR + 10 * MINUTE)
    const second = testJobs({ 'aggregate-hourly': work }, { store })
    second.start()
    await vi.advanceTimersByTimeAsync(HOUR)
    await second.close()
    expect(instants).toEqual(['2026-11-24T02:00', '2026-11-24T03:00', '2026-11-24T08:00', '2026-11-24T09:00'])
  })

  it('leaves the past alone with catchUp: false', async () => {
    vi.setSystemTime(AT + 10 * MINUTE)
    const { instants, work } = noted()
    const jobs = testJobs({ 'aggregate-hourly': work }, { options: { catchUp: false } })
    jobs.start()
    await vi.advanceTimersByTimeAsync(HOUR)
    expect(instants).toEqual(['2026-11-24T03:00'])
    await jobs.close()
  })

  it('runs no instant that was done by hand since', async () => {
    const store = jobStore()
    const { instants, work } = noted()
    vi.setSystemTime(AT + 10 * MINUTE)
    const jobs = testJobs({ 'aggregate-daily': work }, { store })
    await jobs.run('aggregate-daily')
    jobs.start()
    await vi.advanceTimersByTimeAsync(HOUR)
    expect(instants).toEqual(['2026-11-24T02:10'])
    await jobs.close()
  })

  it('starts nothing when it is turned off', async () => {
    const { instants, work } = noted()
    const jobs = testJobs({ 'aggregate-hourly': work }, { options: false })
    jobs.start()
    await vi.advanceTimersByTimeAsync(HOUR)
    expect(instants).toEqual([])
    await jobs.run('aggregate-hourly')
    expect(instants).toHaveLength(1)
    await jobs.close()
  })

  it('runs jobs that are due together one after another, aggregates first, while others go on', async () => {
    const { work, started, end } = hangingWork()
    const late = noted()
    const order: string[] = []
    const note = (name: string) => async () => {
      order.push(name)
      return {}
    }
    const jobs = testJobs({
      expire: note('expire'),
      tiering: work,
      'aggregate-daily': note('daily'),
      'aggregate-late': late.work,
    })
    jobs.start()
    await started
    expect(order).toEqual(['daily'])
    await vi.advanceTimersByTimeAsync(3 * MINUTE)
    expect(order).toEqual(['daily'])
    expect(late.instants).toHaveLength(4)
    end()
    await vi.advanceTimersByTimeAsync(0)
    expect(order).toEqual(['daily', 'expire'])
    await jobs.close()
  })
})

describe('jobs that are due together in several processes', () => {
  it('keep their order and are no stampede', async () => {
    const store = jobStore()
    const log: string[] = []
    const slow = (name: string) => async () => {
      log.push(`${name} begins`)
      await new Promise((resolve) => setTimeout(resolve, 90_000))
      log.push(`${name} ends`)
      return {}
    }
    const works = { expire: slow('expire'), tiering: slow('tiering'), 'aggregate-daily': slow('daily') }
    const processes = [testJobs(works, { store }), testJobs(works, { store })]
    for (const jobs of processes) jobs.start()
    await vi.advanceTimersByTimeAsync(HOUR)
    const ended = ['daily', 'tiering', 'expire'].flatMap((name) => [`${name} begins`, `${name} ends`])
    expect(log).toEqual(ended)
    for (const jobs of processes) await jobs.close()
  })
})

describe('a job that fails', () => {
  it('is tried again with growing pauses until its next instant, and every attempt is recorded', async () => {
    const store = jobStore()
    const work = async () => Promise.reject(new AnalyticsError('store_unavailable'))
    const processes = [
      testJobs({ 'aggregate-hourly': work }, { store }),
      testJobs({ 'aggregate-hourly': work }, { store }),
    ]
    for (const jobs of processes) jobs.start()
    await vi.advanceTimersByTimeAsync(HOUR)
    const runs = (await processes[0]!.history('aggregate-hourly')).reverse()
    expect(runs.map(({ scheduledAt, startedAt }) => [(scheduledAt - AT) / HOUR, (startedAt - AT) / MINUTE])).toEqual([
      [0, 0],
      [0, 1],
      [0, 6],
      [0, 31],
      [0, 56],
      [1, 60],
    ])
    expect(runs.map(seen)[1]).toEqual({
      at: '2026-11-24T02:00:00.000Z',
      outcome: 'failed',
      attempt: 2,
      code: 'store_unavailable',
    })
    for (const jobs of processes) await jobs.close()
  })

  it('is done when an attempt was', async () => {
    let failures = 1
    const work = async () => {
      if (failures-- > 0) throw new Error('once')
      return { rows: 1 }
    }
    const jobs = testJobs({ 'aggregate-daily': work })
    jobs.start()
    await vi.advanceTimersByTimeAsync(12 * HOUR)
    expect((await jobs.history('aggregate-daily')).map(({ outcome }) => outcome)).toEqual(['done', 'failed'])
    await jobs.close()
  })

  it('is taken over when its process died, after the lease and a pause', async () => {
    const store = jobStore()
    const hanging = hangingWork()
    const dying = testJobs({ tiering: hanging.work }, { store: { ...store, records: { ...store.records } } })
    dying.start()
    await hanging.started
    // A killed process renews nothing.
    vi.clearAllTimers()
    const { instants, work } = noted()
    const jobs = testJobs({ tiering: work }, { store })
    jobs.start()
    await vi.advanceTimersByTimeAsync(MINUTE - 1)
    expect(instants).toEqual([])
    await vi.advanceTimersByTimeAsync(3 * MINUTE)
    expect(instants).toEqual(['2026-11-23T04:00'])
    expect((await jobs.history('tiering')).map(seen)).toMatchObject([
      { outcome: 'done', attempt: 2 },
      { outcome: 'aborted', attempt: 1, code: 'lease_lost' },
    ])
    await jobs.close()
  })
})

describe('a store that fails', () => {
  it('delays jobs and harms nothing', async () => {
    const store = jobStore()
    let isDown = true
    const warnings: string[] = []
    const { instants, work } = noted()
    const jobs = testJobs(
      { 'aggregate-hourly': work },
      {
        store: {
          ...store,
          acquireLease: (name, options) =>
            isDown ? Promise.reject(new AnalyticsError('store_unavailable')) : store.acquireLease(name, options),
        },
        logger: { debug() {}, info() {}, error() {}, warn: (_facts, message) => warnings.push(message) },
      },
    )
    jobs.start()
    await vi.advanceTimersByTimeAsync(3 * MINUTE)
    expect(warnings).toHaveLength(4)
    isDown = false
    await vi.advanceTimersByTimeAsync(MINUTE)
    expect(instants).toEqual(['2026-11-24T02:00'])
    await jobs.close()
  })
})

describe('close', () => {
  it('aborts what runs, waits for it and leaves it to the next start', async () => {
    const store = jobStore()
    const { work, started } = hangingWork()
    const first = testJobs({ tiering: work }, { store })
    first.start()
    await started
    await first.close()
    expect((await first.history('tiering')).map(seen)).toMatchObject([{ outcome: 'aborted', code: 'closed' }])
    const next = noted()
    const second = testJobs({ tiering: next.work }, { store })
    second.start()
    await vi.advanceTimersByTimeAsync(MINUTE)
    expect(next.instants).toEqual(['2026-11-23T04:00'])
    await second.close()
  })

  it('is not needed for the process to end: neither the scheduler nor a run keeps it alive', async () => {
    vi.useRealTimers()
    const script = `
      import { createJobs } from './src/jobs/jobs.ts'
      import { recordLeases } from './src/records/lease.ts'
      import { memoryRecords } from '@analytics/protocol/testing'
      const records = memoryRecords()
      const leases = recordLeases(records, Date.now)
      const logger = { debug() {}, info() {}, warn() {}, error() {} }
      const store = { records, acquireLease: leases.acquire, releaseLease: leases.release }
      const expire = { name: 'expire', work: async () => ({ rows: 1 }) }
      const tiering = { name: 'tiering', work: () => { console.log('runs'); return new Promise(() => {}) } }
      const jobs = createJobs({ store, definitions: [expire, tiering], logger })
      jobs.start()
      process.on('exit', () => console.log('ends'))`
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '-e', script],
      { cwd: fileURLToPath(new URL('../..', import.meta.url)), timeout: 15_000 },
    )
    expect(stdout).toBe('runs\nends\n')
  })
})
