import { describe, expect, it } from 'vitest'
import { backoffMs, dayReachesAge, daysSince, resolvePolicy } from '../src/policy.js'

describe('dayReachesAge', () => {
  it('counts from the end of the day', () => {
    expect(dayReachesAge('2026-08-01', '90d')).toBe(Date.parse('2026-10-31T00:00:00Z'))
    expect(dayReachesAge('2026-08-01', '36h')).toBe(Date.parse('2026-08-03T12:00:00Z'))
  })

  it('counts calendar years, leap years included', () => {
    expect(dayReachesAge('2026-08-01', '1y')).toBe(Date.parse('2027-08-02T00:00:00Z'))
    expect(dayReachesAge('2027-12-31', '1y')).toBe(Date.parse('2029-01-01T00:00:00Z'))
    expect(dayReachesAge('2024-02-28', '1y')).toBe(Date.parse('2025-03-01T00:00:00Z'))
  })
})

describe('daysSince', () => {
  it('is below zero while the day lasts', () => {
    expect(daysSince('2026-08-01', Date.parse('2026-08-01T12:00:00Z'))).toBe(-1)
    expect(daysSince('2026-08-01', Date.parse('2026-08-03T12:00:00Z'))).toBe(1)
  })
})

describe('resolvePolicy', () => {
  it.each([
    [{}, 'policy.dropAfter'],
    [{ dropAfter: '90' }, 'policy.dropAfter'],
    [{ dropAfter: '0d' }, 'policy.dropAfter'],
    [{ dropAfter: '1.5y' }, 'policy.dropAfter'],
    [{ copyAfter: '90d', dropAfter: '90d' }, 'policy.dropAfter'],
    [{ copyAfter: 'soon', dropAfter: '90d' }, 'policy.copyAfter'],
    [{ dropAfter: '90d', archiveAfter: '90d' }, 'policy.archiveAfter'],
    [{ dropAfter: '2y', archiveAfter: '1y' }, 'policy.archiveAfter'],
    [{ dropAfter: '90d', archiveAfter: 'never' }, 'policy.archiveAfter'],
    [{ dropAfter: '90d', forgetAfter: '1y' }, 'policy.forgetAfter'],
    [null, 'policy'],
  ])('refuses %j and names %s', (policy, field) => {
    expect(() => resolvePolicy(policy as never)).toThrow(expect.objectContaining({ code: 'invalid_options', field }))
  })
})

describe('backoffMs', () => {
  it('doubles from a minute up to six hours, spread by a half', () => {
    expect([1, 2, 3, 30].map((attempts) => backoffMs(attempts, () => 0))).toEqual([
      60_000, 120_000, 240_000, 21_600_000,
    ])
    expect(backoffMs(1, () => 1)).toBe(30_000)
  })
})
