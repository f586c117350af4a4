import { createAnalytics } from '@analytics/node'
import { memoryStore } from '@analytics/node/memory'
import type { Occurrences, RetentionQuery } from '@analytics/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runs } from '../../../../test/support/soak.js'
import { activeUsersOf } from '../../src/analysis/activity/active-users.js'
import { type Activity, activityGrid } from '../../src/analysis/activity/activity.js'
import { lifecycleOf } from '../../src/analysis/activity/lifecycle.js'
import { retention, retentionOf } from '../../src/analysis/activity/retention.js'
import { calendarSteps, rollingSteps } from '../../src/analysis/activity/retention-steps.js'
import { stickinessOf } from '../../src/analysis/activity/stickiness.js'
import type { AnalysisContext } from '../../src/analysis/analysis.js'
import { buckets, resolveRange } from '../../src/analysis/time.js'

const DAY_MS = 86_400_000
const START = Date.UTC(2026, 0, 1)
const DAYS = 40
const PEOPLE = 5
const INTERVALS = buckets(resolveRange({ from: '2026-01-01', to: '2026-02-10' }), 'day')
const STEPS = calendarSteps(INTERVALS)
const LATER = START + 1000 * DAY_MS

interface Row {
  person: number
  /** Day of the range; below zero before it. */
  day: number
  /** Bit 0: the start event; bit 1: the return event. */
  matches: number
}

const history = fc.array(
  fc.record({
    person: fc.integer({ min: 0, max: PEOPLE - 1 }),
    day: fc.integer({ min: -3, max: DAYS - 1 }),
    matches: fc.integer({ min: 0, max: 3 }),
  }),
  { maxLength: 120 },
)

/** The last person was seen before as number 9 and is now the same as number 0. */
const MERGED = { count: 10, canonical: Int32Array.from([0, 1, 2, 3, 4, 5, 6, 7, 8, 0]) }

function gridOf(rows: readonly Row[], occurrences: readonly Occurrences[] = [{}, {}]): Activity {
  const grid = activityGrid({ starts: INTERVALS.starts, occurrences }, MERGED)
  const sorted = [...rows].sort((a, b) => a.day - b.day)
  for (let at = 0; at < sorted.length; at += 7) {
    const part = sorted.slice(at, at + 7)
    grid.push({
      length: part.length,
      time: Float64Array.from(part, ({ day }, i) => START + day * DAY_MS + i),
      person: Int32Array.from(part, ({ person }, i) => (person === 0 && i % 2 === 1 ? 9 : person)),
      matches: Uint32Array.from(part, ({ matches }) => matches),
      columns: {},
    })
  }
  return grid
}

/** Days on which each person did it so often, by brute force. */
function daysOf(rows: readonly Row[], bit: number, isEnough: (count: number) => boolean): Set<number>[] {
  return Array.from({ length: PEOPLE }, (_, person) => {
    const own = rows.filter((row) => row.person === person && (row.matches & bit) !== 0)
    return new Set(own.map(({ day }) => day).filter((day) => isEnough(own.filter((row) => row.day === day).length)))
  })
}

const inRange = (days: Set<number>): number[] => [...days].filter((day) => day >= 0).sort((a, b) => a - b)

describe('retention', () => {
  const query = fc.record(
    {
      mode: fc.constantFrom('recurring', 'first-time', 'first-in-range'),
      bounded: fc.boolean(),
      brackets: fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 5 }),
      minOccurrences: fc.integer({ min: 1, max: 3 }),
    },
    { requiredKeys: [] },
  ) as fc.Arbitrary<Pick<RetentionQuery, 'mode' | 'bounded' | 'brackets' | 'minOccurrences'>>

  it('is what brute force counts', () => {
    fc.assert(
      fc.property(history, query, (rows, asked) => {
        const { mode = 'recurring', bounded = true, brackets = new Array(DAYS - 1).fill(1), minOccurrences = 1 } = asked
        const starts = daysOf(rows, 1, () => true)
        const returns = daysOf(rows, 2, (count) => count >= minOccurrences)
        const expected = Array.from({ length: DAYS }, () => new Array<number>(brackets.length + 1).fill(0))
        for (const [person, days] of starts.entries()) {
          const wasThere = [...days].some((day) => day < 0)
          const all = mode === 'first-time' && wasThere ? [] : inRange(days)
          for (const cohort of mode === 'recurring' ? all : all.slice(0, 1)) {
            expected[cohort]![0]!++
            let from = cohort + 1
            for (const [at, width] of brackets.entries()) {
              const until = bounded ? from + width : DAYS
              if (inRange(returns[person]!).some((day) => day >= from && day < until)) expected[cohort]![at + 1]!++
              from += width
            }
          }
        }
        const result = retentionOf(gridOf(rows, [{}, { minOccurrences }]), STEPS, asked, LATER)
        expect(result.cohorts.map(({ users }) => users)).toEqual(expected)
      }),
      { seed: 5_001, numRuns: runs(200) },
    )
  })

  it('leaves periods that are not over out of averages, and says which they are', () => {
    const rows = [0, 1, 2].flatMap((day) => [
      { person: 0, day, matches: 3 },
      { person: 1, day: 0, matches: 1 },
    ])
    const result = retentionOf(gridOf(rows), STEPS, { periods: 2 }, START + 2 * DAY_MS)
    expect(result.cohorts.slice(0, 2).map(({ complete }) => complete)).toEqual([
      [true, true, false],
      [true, false, false],
    ])
    expect(result.average).toEqual([1, 0.5, null])
  })

  it('refuses periods beside brackets', () => {
    expect(() => retentionOf(gridOf([]), STEPS, { periods: 2, brackets: [1] }, LATER)).toThrow(
      expect.objectContaining({ code: 'invalid_query', field: 'brackets' }),
    )
  })
})

describe('retention in windows of 24 hours', () => {
  const HOUR_MS = 3_600_000
  // Clocks are put forward on 29 March: that day has 23 hours.
  const range = resolveRange({ from: '2026-03-27', to: '2026-04-02', timeZone: 'Europe/Berlin' })
  const intervals = buckets(range, 'day')
  const steps = rollingSteps(intervals, 'day', range.to)
  const periods = 4

  interface Happened {
    person: number
    time: number
    matches: number
  }
  const happened = fc.array(
    fc.record({
      person: fc.integer({ min: 0, max: 2 }),
      // Whole hours and the milliseconds before them, among others.
      time: fc
        .tuple(fc.integer({ min: -30, max: 6 * 24 - 2 }), fc.constantFrom(0, 1, HOUR_MS / 2, HOUR_MS - 1))
        .map(([hour, ms]) => range.from + hour * HOUR_MS + ms),
      matches: fc.integer({ min: 0, max: 3 }),
    }),
    { maxLength: 40 },
  )

  const resultOf = (rows: readonly Happened[], query: Parameters<typeof retentionOf>[2], now = LATER) => {
    const grid = activityGrid(
      { starts: steps.starts, occurrences: [{}, {}] },
      { count: 0, canonical: new Int32Array() },
    )
    const sorted = [...rows].sort((a, b) => a.time - b.time)
    grid.push({
      length: sorted.length,
      time: Float64Array.from(sorted, ({ time }) => time),
      person: Int32Array.from(sorted, ({ person }) => person),
      matches: Uint32Array.from(sorted, ({ matches }) => matches),
      columns: {},
    })
    return retentionOf(grid, steps, query, now)
  }

  it('is what brute force counts', () => {
    const asked = fc.record({
      mode: fc.constantFrom('recurring', 'first-time', 'first-in-range'),
      bounded: fc.boolean(),
    }) as fc.Arbitrary<Required<Pick<RetentionQuery, 'mode' | 'bounded'>>>
    fc.assert(
      fc.property(happened, asked, (rows, { mode, bounded }) => {
        const expected = Array.from({ length: 6 }, () => new Array<number>(periods + 1).fill(0))
        for (const person of [0, 1, 2]) {
          const timesOf = (bit: number) =>
            rows.filter((row) => row.person === person && (row.matches & bit) !== 0).map(({ time }) => time)
          const starts = timesOf(1).sort((a, b) => a - b)
          if (mode === 'first-time' && starts.some((time) => time < range.from)) continue
          const firstOfDays = [...intervals.starts].flatMap((from, day) => {
            const to = intervals.starts[day + 1] ?? intervals.end
            const first = starts.find((time) => time >= from && time < to)
            return first === undefined ? [] : [{ day, first }]
          })
          for (const { day, first } of mode === 'recurring' ? firstOfDays : firstOfDays.slice(0, 1)) {
            const begin = Math.floor(first / HOUR_MS) * HOUR_MS
            expected[day]![0]!++
            for (let period = 1; period <= periods; period++) {
              const from = begin + period * DAY_MS
              const to = bounded ? from + DAY_MS : range.to
              if (timesOf(2).some((time) => time >= from && time < to)) expected[day]![period]!++
            }
          }
        }
        expect(resultOf(rows, { mode, bounded, periods }).cohorts.map(({ users }) => users)).toEqual(expected)
      }),
      { seed: 24, numRuns: runs(200) },
    )
  })

  it('says which periods are over for everybody, also for who starts last', () => {
    const completeAt = (now: number) => resultOf([], { periods: 2 }, now).cohorts[0]!.complete
    const secondDay = range.from + DAY_MS
    expect(completeAt(secondDay - 1)).toEqual([false, false, false])
    expect(completeAt(secondDay)).toEqual([true, false, false])
    // Who starts in the last hour of the first day has windows that begin with that hour.
    const over = secondDay - HOUR_MS + 2 * DAY_MS
    expect([completeAt(over - 1), completeAt(over)]).toEqual([
      [true, false, false],
      [true, true, false],
    ])
    const ofLastDays = resultOf([], { periods: 2 }).cohorts.slice(-2)
    expect(ofLastDays.map(({ complete }) => complete)).toEqual([
      [true, false, false],
      [true, false, false],
    ])
  })

  it('has weeks of 7 and months of 30 times 24 hours', () => {
    const widths = (['hour', 'day', 'week', 'month'] as const).map(
      (interval) => rollingSteps(buckets(range, interval), interval, range.to).width,
    )
    expect(widths).toEqual([1, 24, 7 * 24, 30 * 24])
  })

  it('is refused with a number of return events, which it does not count', async () => {
    const asked = { startEvent: { event: 'a' }, returnEvent: { event: 'b' }, window: '24h', minOccurrences: 2 } as const
    const query: RetentionQuery = { kind: 'retention', range: { from: '2026-03-27', to: '2026-04-02' }, ...asked }
    await expect(retention.run(query, { range } as AnalysisContext)).rejects.toMatchObject({
      ...{ code: 'invalid_query', field: 'minOccurrences' },
    })
  })

  it('is refused where there are too many hours', () => {
    const long = resolveRange({ from: '2020-01-01', to: '2026-01-01' })
    expect(() => rollingSteps(buckets(long, 'month'), 'month', long.to)).toThrow(
      expect.objectContaining({ code: 'invalid_query', field: 'window' }),
    )
  })
})

describe('lifecycle', () => {
  it('tells everybody who is active as new, returning or resurrecting, and who is gone, by brute force', () => {
    const [before, ...rest] = INTERVALS.starts
    const inner = { ...INTERVALS, starts: Float64Array.from(rest), label: (at: number) => INTERVALS.label(at + 1) }
    expect(before).toBe(START)
    fc.assert(
      fc.property(history, (rows) => {
        const active = daysOf(rows, 1, () => true)
        const { rows: found } = lifecycleOf(gridOf(rows, [{}]), inner, LATER)
        for (const [at, row] of found.entries()) {
          const day = at + 1
          const count = (is: (days: Set<number>) => boolean): number => active.filter(is).length
          const knew = (days: Set<number>): boolean => [...days].some((one) => one < day)
          expect(row).toMatchObject({
            new: count((days) => days.has(day) && !knew(days)),
            returning: count((days) => days.has(day) && days.has(day - 1)),
            resurrecting: count((days) => days.has(day) && !days.has(day - 1) && knew(days)),
          })
          expect(row.dormant).toBe(0 - count((days) => !days.has(day) && days.has(day - 1)))
        }
      }),
      { seed: 5_002, numRuns: runs(200) },
    )
  })
})

describe('stickiness', () => {
  it('counts people by their intervals, done so often as it must be, by brute force', () => {
    const limits = fc.record({ min: fc.integer({ min: 1, max: 3 }), more: fc.integer({ min: 0, max: 2 }) })
    fc.assert(
      fc.property(history, limits, (rows, { min, more }) => {
        const days = daysOf(rows, 1, (count) => count >= min && count <= min + more)
        const expected = Array.from(
          { length: DAYS },
          (_, at) => days.filter((one) => inRange(one).length === at + 1).length,
        )
        const grid = gridOf(rows, [{ minOccurrences: min, maxOccurrences: min + more }])
        expect(stickinessOf(grid, DAYS).rows.map(({ users }) => users)).toEqual(expected)
      }),
      { seed: 5_003, numRuns: runs(200) },
    )
  })
})

describe('stickiness by several days', () => {
  it('counts those in which there is enough together, the last one cut where the range ends', async () => {
    const analytics = await createAnalytics({ store: memoryStore(), jobs: false })
    const days = { anna: [1, 2, 3, 5], ben: [4], cleo: [1, 2], dora: [5] }
    await analytics.import(
      Object.entries(days).flatMap(([userId, on]) =>
        on.map((day) => ({ userId, eventType: 'view', timestamp: `2026-01-0${day}T12:00:00Z` })),
      ),
    )
    const range = { from: '2026-01-01', to: '2026-01-06' }
    const ask = async (more: object) => {
      const { result } = await analytics.query({ kind: 'stickiness', range, intervalCount: 2, ...more })
      return result.rows.map(({ users }) => users)
    }
    expect(await ask({})).toEqual([3, 0, 1])
    expect(await ask({ minOccurrences: 2 })).toEqual([2, 0, 0])
    await analytics.close()
  })
})

describe('active users', () => {
  it('are those of the days that end with each day, by brute force', () => {
    fc.assert(
      fc.property(history, fc.constantFrom(1, 7, 30), (rows, width) => {
        const active = daysOf(rows, 1, () => true)
        const expected = Array.from({ length: DAYS - width + 1 }, (_, at) => {
          const last = at + width - 1
          return active.filter((days) => inRange(days).some((day) => day <= last && day > last - width)).length
        })
        const { points } = activeUsersOf(gridOf(rows, [{}]), INTERVALS, width, LATER)
        expect(points.map(({ users }) => users)).toEqual(expected)
      }),
      { seed: 5_004, numRuns: runs(200) },
    )
  })
})
