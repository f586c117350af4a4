import type { FunnelBreakdown, FunnelResult } from '@analytics/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runs } from '../../../../test/support/soak.js'
import { funnelMachine } from '../../src/analysis/funnel/funnel-machine.js'
import type { FunnelQuestion } from '../../src/analysis/funnel/funnel-spec.js'

interface Row {
  person: number
  /** Milliseconds, each in a row of its own person once. */
  time: number
  type: string
  value: string | number | null
}

const STEPS = ['a', 'b', 'c']
const HOUR_MS = 3_600_000
const WINDOW_HOURS = 5
const RANGE = { from: 0, to: 24 * HOUR_MS, timeZone: 'UTC', weekStart: 'monday' } as const

function ask(rows: readonly Row[], more: Partial<FunnelQuestion>, size = 3): FunnelResult {
  const query = { steps: STEPS.map((event) => ({ event })), window: `${WINDOW_HOURS}h`, ...more } as const
  const machine = funnelMachine(query, { range: RANGE, people: { count: 0, canonical: new Int32Array(0) } })
  const sorted = rows.filter(({ type }) => STEPS.includes(type)).sort((x, y) => x.time - y.time)
  for (let i = 0; i < sorted.length; i += size) {
    const part = sorted.slice(i, i + size)
    machine.push({
      length: part.length,
      time: Float64Array.from(part, ({ time }) => time),
      person: Int32Array.from(part, ({ person }) => person),
      matches: Uint32Array.from(part, ({ type }) => 1 << STEPS.indexOf(type)),
      columns: { browser: part.map(({ value }) => value) },
    })
  }
  return machine.result(100 * HOUR_MS)
}

const broken = (rows: readonly Row[], breakdown: Omit<FunnelBreakdown, 'property'>, size?: number) =>
  ask(rows, { breakdown: { property: 'browser', ...breakdown } }, size).groups!

/** How far anybody comes from a first step that may begin, by trying every chain. */
function depthOf(events: readonly Row[], begins: (row: Row) => boolean = () => true): number {
  const sorted = [...events].sort((x, y) => x.time - y.time)
  const extend = (step: number, from: number, start: number): number => {
    let best = step
    for (let i = from; i < sorted.length && step < STEPS.length; i++) {
      const row = sorted[i]!
      if (row.type !== STEPS[step] || (step === 0 ? !begins(row) : row.time - start > WINDOW_HOURS * HOUR_MS)) continue
      best = Math.max(best, extend(step + 1, i + 1, step === 0 ? row.time : start))
    }
    return best
  }
  return extend(0, 0, 0)
}

function byPerson(rows: readonly Row[]): Map<number, Row[]> {
  const people = new Map<number, Row[]>()
  for (const one of rows) people.set(one.person, [...(people.get(one.person) ?? []), one])
  return people
}

const textOf = ({ value }: Row): string => String(value ?? '')

/** The groups by looking at each person, and what each group's events would be. */
function bruteGroups(rows: readonly Row[], attribution: FunnelBreakdown['attribution']) {
  const groups = new Map<string, number[]>()
  const people = byPerson(rows.filter(({ type }) => STEPS.includes(type)))
  for (const own of people.values()) {
    const sorted = [...own].sort((x, y) => x.time - y.time)
    const values = sorted.map(textOf).filter((text) => text !== '')
    const eventsOf = (value: string): Row[] => {
      if (attribution === 'all') return own.filter((row) => textOf(row) === value)
      if (typeof attribution !== 'object') return own
      return own.filter((row) => row.type !== STEPS[attribution.step] || textOf(row) === value)
    }
    const mine =
      attribution === 'first'
        ? [values[0] ?? '']
        : attribution === 'last'
          ? [values.at(-1) ?? '']
          : attribution === 'all'
            ? own.map(textOf)
            : own.filter(({ type }) => type === STEPS[(attribution as { step: number }).step]).map(textOf)
    for (const value of new Set(mine)) {
      const depth = depthOf(eventsOf(value))
      if (depth === 0) continue
      const counts = groups.get(value) ?? STEPS.map(() => 0)
      groups.set(
        value,
        counts.map((count, s) => count + Number(depth > s)),
      )
    }
  }
  return Object.fromEntries([...groups].sort(([a], [b]) => (a < b ? -1 : 1)))
}

const byValue = (groups: NonNullable<FunnelResult['groups']>) =>
  Object.fromEntries(
    groups
      .map(({ value, steps }) => [value, steps.map(({ users }) => users)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )

const row = fc.record({
  person: fc.integer({ min: 0, max: 3 }),
  time: fc.integer({ min: 0, max: 23 }).map((hour) => hour * HOUR_MS),
  type: fc.constantFrom('a', 'b', 'c', 'x'),
  value: fc.constantFrom('red', 'blue', 7, null),
})
const history = fc.uniqueArray(row, { maxLength: 24, selector: ({ person, time }) => `${person} ${time}` })
const tied = fc.array(row, { maxLength: 20 })

const ATTRIBUTIONS = ['first', 'last', 'all', { step: 0 }, { step: 1 }, { step: 2 }] as const

describe.each(ATTRIBUTIONS)('a breakdown by %j', (attribution) => {
  it('counts as trying every chain of every person does', () => {
    fc.assert(
      fc.property(history, (rows) => {
        expect(byValue(broken(rows, { attribution }))).toEqual(bruteGroups(rows, attribution))
      }),
      { seed: 20_301, numRuns: runs(300) },
    )
  })

  it('depends neither on the order of rows at one instant nor on batches', () => {
    fc.assert(
      fc.property(tied, fc.integer({ min: 1, max: 7 }), (rows, size) => {
        expect(byValue(broken([...rows].reverse(), { attribution }, size))).toEqual(
          byValue(broken(rows, { attribution })),
        )
      }),
      { seed: 20_302, numRuns: runs(300) },
    )
  })
})

describe('a breakdown', () => {
  const did = (person: number, hour: number, type: string, value: Row['value']): Row => ({
    person,
    time: hour * HOUR_MS,
    type,
    value,
  })

  it('shows the groups with the most people, ties by text, and the rest together', () => {
    const rows = ['c', 'b', 'a', 'a'].map((value, person) => did(person, 1, 'a', value))
    const shown = (limit: number) => broken(rows, { limit }).map(({ value, steps }) => [value, steps[0]!.users])
    expect(shown(25)).toEqual([
      ['a', 2],
      ['b', 1],
      ['c', 1],
    ])
    expect(shown(1)).toEqual([
      ['a', 2],
      ['Other', 2],
    ])
  })

  it('refuses what goes together with no order, or with no step, and more values than it can tell apart', () => {
    const refused = (more: Partial<FunnelQuestion>) =>
      expect(() => ask([], more)).toThrow(expect.objectContaining({ code: 'invalid_query' }))
    refused({ order: 'unordered', breakdown: { property: 'browser', attribution: { step: 1 } } })
    refused({ breakdown: { property: 'browser', attribution: { step: 3 } } })
    const many = Array.from({ length: 10_001 }, (_, person) => did(person, 1, 'a', `value ${person}`))
    expect(() => broken(many, {})).toThrow(expect.objectContaining({ field: 'breakdown.property' }))
  })
})

describe('a series', () => {
  it('counts who began in each interval, and who of them came through, as trying every chain does', () => {
    fc.assert(
      fc.property(history, (rows) => {
        const people = byPerson(rows)
        const brute = Array.from({ length: 24 }, (_, hour) => {
          const depths = [...people.values()].map((own) => depthOf(own, ({ time }) => time === hour * HOUR_MS))
          const entered = depths.filter((depth) => depth > 0).length
          return { entered, converted: depths.filter((depth) => depth === STEPS.length).length }
        })
        const series = ask(rows, { interval: 'hour' }).series!
        expect(series.map(({ entered, converted }) => ({ entered, converted }))).toEqual(brute)
      }),
      { seed: 20_303, numRuns: runs(500) },
    )
  })

  it('depends neither on the order of rows at one instant nor on batches', () => {
    fc.assert(
      fc.property(
        tied,
        fc.integer({ min: 1, max: 7 }),
        fc.constantFrom('ordered', 'strict', 'unordered'),
        (rows, size, order) => {
          const asked = { interval: 'hour', order } as const
          expect(ask([...rows].reverse(), asked, size).series).toEqual(ask(rows, asked).series)
        },
      ),
      { seed: 20_304, numRuns: runs(300) },
    )
  })

  it('is complete where every window of the interval is over within the range', () => {
    const { series = [] } = ask([], { interval: 'hour' })
    expect(series.map(({ complete }) => complete)).toEqual(
      Array.from({ length: 24 }, (_, hour) => hour + 1 + WINDOW_HOURS <= 24),
    )
    expect(series.every(({ rate }) => rate === null)).toBe(true)
  })
})
