import { describe, expect, it } from 'vitest'
import { judge, retryDelayMs } from '../../src/jobs/due.js'
import type { JobRun } from '../../src/jobs/job.js'

const MINUTE = 60_000
const AT = Date.parse('2026-11-24T02:00:00Z')

function run(changes: Partial<JobRun>): JobRun {
  return { job: 'expire', scheduledAt: AT, startedAt: AT, outcome: 'done', attempt: 1, owner: 'a', ...changes }
}

describe('an instant', () => {
  it('is run when nothing is recorded of it', () => {
    expect(judge([], { at: AT, now: AT })).toEqual({ kind: 'run' })
    expect(judge([run({ scheduledAt: AT - 1 })], { at: AT, now: AT })).toEqual({ kind: 'run' })
  })

  it('is covered by a run that was done for it, or for a later one that has come', () => {
    const later = run({ scheduledAt: AT + MINUTE })
    expect(judge([run({})], { at: AT, now: AT })).toMatchObject({ kind: 'covered' })
    expect(judge([run({ outcome: 'failed', endedAt: AT }), later], { at: AT, now: AT + MINUTE })).toEqual({
      kind: 'covered',
      run: later,
    })
    expect(judge([later], { at: AT, now: AT })).toEqual({ kind: 'run' })
  })

  it('is tried again 1, 5 and 25 minutes after it failed or was cut off, and every 25 from then on', () => {
    expect([1, 2, 3, 4, 40].map((attempt) => retryDelayMs(attempt) / MINUTE)).toEqual([1, 5, 25, 25, 25])
    const runs = [
      run({ outcome: 'failed', endedAt: AT + 1 }),
      run({ outcome: 'aborted', attempt: 2, endedAt: AT + 2 * MINUTE }),
    ]
    const until = AT + 7 * MINUTE
    expect(judge(runs, { at: AT, now: until - 1 })).toEqual({ kind: 'wait', until })
    expect(judge(runs, { at: AT, now: until })).toEqual({ kind: 'run' })
  })

  it('is left to the lease while a run for it is recorded as running', () => {
    expect(judge([run({ outcome: 'running' })], { at: AT, now: AT + 1 })).toEqual({ kind: 'run' })
  })
})
