import { describe, expect, it } from 'vitest'
import { buckets, rangeBefore, resolveRange } from '../../src/analysis/time.js'

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

describe('rangeBefore', () => {
  it.each([
    ['a day', '2026-01-10', '2026-01-11', 'UTC', '2026-01-09T00:00:00Z'],
    ['a week with a day of 23 hours', '2026-03-29', '2026-04-05', 'Europe/Berlin', '2026-03-21T23:00:00Z'],
    ['the week after it', '2026-04-05', '2026-04-12', 'Europe/Berlin', '2026-03-28T23:00:00Z'],
    ['a month', '2026-03-01', '2026-04-01', 'UTC', '2026-02-01T00:00:00Z'],
    ['a quarter', '2026-01-01', '2026-04-01', 'UTC', '2025-10-01T00:00:00Z'],
    ['a year of 366 days', '2024-01-01', '2025-01-01', 'UTC', '2023-01-01T00:00:00Z'],
    ['a month but for a day', '2026-03-01', '2026-03-31', 'UTC', '2026-01-30T00:00:00Z'],
    [
      'a month that is none in the zone',
      '2026-03-01T00:00:00Z',
      '2026-04-01T00:00:00Z',
      'Asia/Tokyo',
      '2026-01-29T00:00:00Z',
    ],
    ['hours', '2026-01-10T06:00:00Z', '2026-01-10T09:30:00Z', 'UTC', '2026-01-10T02:30:00Z'],
    [
      'days and hours over a change of clocks',
      '2026-03-29',
      '2026-03-30T10:00:00Z',
      'Europe/Berlin',
      '2026-03-27T11:00:00Z',
    ],
    // Clocks go from 0 to 1 there: no midnight on September 6.
    ['days of which one begins at 1', '2026-09-06', '2026-09-08', 'America/Santiago', '2026-09-04T04:00:00Z'],
  ])('is as long by the calendar: %s', (_name, from, to, timeZone, expected) => {
    const range = resolveRange({ from, to, timeZone })
    const before = rangeBefore(range)
    expect(new Date(before.from).toISOString()).toBe(new Date(expected).toISOString())
    expect(before).toEqual({ ...range, from: before.from, to: range.from })
  })
})
