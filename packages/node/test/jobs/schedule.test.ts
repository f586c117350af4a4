import { describe, expect, it } from 'vitest'
import { DEFAULT_SCHEDULES, JOB_NAMES } from '../../src/jobs/job.js'
import { resolveJobsOptions } from '../../src/jobs/options.js'
import { readSchedule } from '../../src/jobs/schedule.js'

/** Instants of a schedule in a range, found forwards; and whether the way back finds the same. */
function instants(text: string, timeZone: string, from: string, to: string) {
  const schedule = readSchedule(text, timeZone, 'schedule')
  const found: number[] = []
  for (let at = schedule.nextAt(Date.parse(from) - 1); at !== undefined && at < Date.parse(to); ) {
    found.push(at)
    at = schedule.nextAt(at)
  }
  const back = found.map((_, i) => schedule.dueAt((found[i + 1] ?? Date.parse(to)) - 1))
  return { instants: found.map((at) => new Date(at).toISOString()), isSameBack: String(back) === String(found) }
}

describe('a schedule', () => {
  it('is due at its very instant, and next after it', () => {
    const schedule = readSchedule('0 2 * * *', 'UTC', 'schedule')
    const at = Date.parse('2026-11-24T02:00:00Z')
    expect(schedule.dueAt(at)).toBe(at)
    expect(schedule.dueAt(at - 1)).toBe(at - 86_400_000)
    expect(schedule.nextAt(at - 1)).toBe(at)
    expect(schedule.nextAt(at)).toBe(at + 86_400_000)
  })

  it('runs once a day at 02:30 where the clocks change at that time', () => {
    expect(instants('30 2 * * *', 'Europe/Berlin', '2026-03-28T00:00:00Z', '2026-03-31T00:00:00Z')).toEqual({
      instants: ['2026-03-28T01:30:00.000Z', '2026-03-29T01:00:00.000Z', '2026-03-30T00:30:00.000Z'],
      isSameBack: true,
    })
    expect(instants('30 2 * * *', 'Europe/Berlin', '2026-10-24T00:00:00Z', '2026-10-27T00:00:00Z')).toEqual({
      instants: ['2026-10-24T00:30:00.000Z', '2026-10-25T00:30:00.000Z', '2026-10-26T01:30:00.000Z'],
      isSameBack: true,
    })
  })

  it('keeps to the wall clock with several hours a day too', () => {
    const { instants: found } = instants(
      '30 2,14 * * *',
      'Europe/Berlin',
      '2026-03-29T00:00:00Z',
      '2026-03-30T00:00:00Z',
    )
    expect(found).toEqual(['2026-03-29T01:00:00.000Z', '2026-03-29T12:30:00.000Z'])
  })

  it('runs every hour that there is across a change of the clocks', () => {
    const { instants: found, isSameBack } = instants(
      '0 * * * *',
      'Europe/Berlin',
      '2026-10-24T22:00:00Z',
      '2026-10-25T22:00:00Z',
    )
    expect(found).toHaveLength(24)
    expect(isSameBack).toBe(true)
  })
})

describe('options of jobs', () => {
  it('have the schedules of the documentation, in UTC', () => {
    const { schedules } = resolveJobsOptions()
    const tuesday = Date.parse('2026-11-24T12:30:00Z')
    const next = JOB_NAMES.map((name) => [
      name,
      new Date(schedules[name]?.nextAt(tuesday) ?? 0).toISOString().slice(0, 16),
    ])
    expect(Object.fromEntries(next)).toEqual({
      'aggregate-late': '2026-11-24T12:31',
      restores: '2026-11-24T12:35',
      'aggregate-hourly': '2026-11-24T13:00',
      'aggregate-daily': '2026-11-25T02:00',
      'aggregate-weekly': '2026-11-29T03:00',
      tiering: '2026-11-25T04:00',
      archive: '2026-12-01T05:00',
      erase: '2026-11-25T05:30',
      expire: '2026-11-25T06:00',
      gc: '2026-11-25T06:30',
    })
    expect(Object.keys(DEFAULT_SCHEDULES)).toEqual(JOB_NAMES)
  })

  it('turn the scheduler off with false, and keep the rest', () => {
    expect(resolveJobsOptions(false)).toMatchObject({ scheduler: false, timeZone: 'UTC', keepRuns: 100 })
    expect(resolveJobsOptions({ schedules: { tiering: false } }).schedules.tiering).toBeUndefined()
  })

  it.each([
    [{ timeZone: 'Mars/Base' }, 'jobs.timeZone'],
    [{ schedules: { tiering: 'at night' } }, 'jobs.schedules.tiering'],
    [{ schedules: { tiering: '61 * * * *' } }, 'jobs.schedules.tiering'],
    [{ schedules: { tiering: '0 0 4 * * *' } }, 'jobs.schedules.tiering'],
    [{ schedules: { expire: '0 0 31 2 *' } }, 'jobs.schedules.expire'],
    [{ schedules: { expire: '2026-01-01T00:00:00' } }, 'jobs.schedules.expire'],
    [{ schedules: { expiry: '0 6 * * *' } as object }, 'jobs.schedules.expiry'],
    [{ keepRuns: 3 }, 'jobs.keepRuns'],
    [{ leaseMs: 10 }, 'jobs.leaseMs'],
  ])('are refused by the name of the field: %o', (options, field) => {
    expect(() => resolveJobsOptions(options)).toThrow(expect.objectContaining({ code: 'invalid_options', field }))
  })
})
