import { describe, expect, it } from 'vitest'
import { buckets, resolveRange } from '../../src/analysis/time.js'

describe('resolveRange', () => {
  it('begins dates at their midnight in the time zone and takes instants as they are', () => {
    const range = resolveRange({ from: '2026-07-01', to: '2026-07-01T12:00:00Z', timeZone: 'America/New_York' })
    expect(new Date(range.from).toISOString()).toBe('2026-07-01T04:00:00.000Z')
    expect(new Date(range.to).toISOString()).toBe('2026-07-01T12:00:00.000Z')
  })

  it.each([
    [{ from: '2026-01-02', to: '2026-01-01' }, 'range.to'],
    [{ from: 'monday', to: '2026-01-01' }, 'range.from'],
    [{ from: '2026-02-30', to: '2026-03-01' }, 'range.from'],
    [{ from: '2026-01-01', to: '2026-01-02', timeZone: 'Mars/Olympus' }, 'range.timeZone'],
  ])('refuses %j', (range, field) => {
    expect(() => resolveRange(range)).toThrow(expect.objectContaining({ code: 'invalid_query', field }))
  })
})

describe('buckets', () => {
  const labels = (range: Parameters<typeof resolveRange>[0], interval: Parameters<typeof buckets>[1]) => {
    const cut = buckets(resolveRange(range), interval)
    return Array.from(cut.starts, (_, i) => cut.label(i))
  }

  it('begins weeks on the day asked for', () => {
    const range = { from: '2026-01-07', to: '2026-01-14' }
    expect(labels(range, 'week')).toEqual(['2026-01-05T00:00:00+00:00', '2026-01-12T00:00:00+00:00'])
    expect(labels({ ...range, weekStart: 'sunday' }, 'week')).toEqual([
      '2026-01-04T00:00:00+00:00',
      '2026-01-11T00:00:00+00:00',
    ])
  })

  it('has 25 hours on the day the clock goes back', () => {
    expect(labels({ from: '2026-10-25', to: '2026-10-26', timeZone: 'Europe/Berlin' }, 'hour')).toHaveLength(25)
  })

  it('begins a day at its first instant where midnight does not exist', () => {
    expect(labels({ from: '2026-09-06', to: '2026-09-07', timeZone: 'America/Santiago' }, 'day')).toEqual([
      '2026-09-06T01:00:00-03:00',
    ])
  })

  it('refuses a range of too many intervals', () => {
    expect(() => labels({ from: '2000-01-01', to: '2026-01-01' }, 'minute')).toThrow(
      expect.objectContaining({ field: 'interval' }),
    )
  })
})
