import { memoryStore } from '@analytics/node/memory'
import { sampleEvent } from '@analytics/node/testing'
import { dayStart, type StoredEvent } from '@analytics/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runs } from '../../../../test/support/soak.js'
import { funnelMachine } from '../../src/analysis/funnel/funnel-machine.js'
import { funnelUnordered } from '../../src/analysis/funnel/funnel-unordered.js'
import { queryEngine } from '../../src/analysis/query.js'

const RANGE = { from: '2000-01-01', to: '2100-01-01' }
const STEPS = ['a', 'b', 'c', 'a']
const WINDOW_MS = 10
const WINDOW = '0.01s'
/** Instants of a short range are kept in fewer bits than those of a long one. */
const SHORT = { from: 0, to: 1000 }
const LONG = { from: -1e14, to: 1e14 }

/** Rows of a scan whose matches say which of `STEPS` an event is. */
function toBatch(rows: readonly { person: number; time: number; type: string }[]) {
  return {
    length: rows.length,
    time: Float64Array.from(rows, ({ time }) => time),
    person: Int32Array.from(rows, ({ person }) => person),
    matches: Uint32Array.from(rows, ({ type }) =>
      STEPS.reduce((mask, step, i) => (step === type ? mask | (1 << i) : mask), 0),
    ),
    columns: {},
  }
}

function counts(rows: readonly { person: number; time: number; type: string }[]): number[] {
  const [short, long] = [SHORT, LONG].map((span) => countsWithin(span, rows))
  expect(short).toEqual(long)
  return short!
}

function countsWithin(
  span: { from: number; to: number },
  rows: readonly { person: number; time: number; type: string }[],
): number[] {
  const people = { count: 0, canonical: new Int32Array(0) }
  const steps = STEPS.map((event) => ({ event }))
  const range = { ...span, timeZone: 'UTC', weekStart: 'monday' } as const
  const machine = funnelMachine({ steps, window: WINDOW }, { range, people })
  const relevant = rows.filter(({ type }) => STEPS.includes(type)).sort((x, y) => x.time - y.time)
  for (let i = 0; i < relevant.length; i += 3) machine.push(toBatch(relevant.slice(i, i + 3)))
  return machine.result(0).steps.map(({ users }) => users)
}

/** The longest chain of distinct events in order of time that does the steps from the first on, within the window of its start. */
function bruteDepth(events: readonly { time: number; type: string }[]): number {
  const sorted = [...events].sort((x, y) => x.time - y.time)
  const extend = (step: number, from: number, start: number): number => {
    let best = step
    for (let i = from; i < sorted.length && step < STEPS.length; i++) {
      const { time, type } = sorted[i]!
      if (type === STEPS[step] && (step === 0 || time - start <= WINDOW_MS)) {
        best = Math.max(best, extend(step + 1, i + 1, step === 0 ? time : start))
      }
    }
    return best
  }
  return extend(0, 0, 0)
}

const historyWith = (time: fc.Arbitrary<number>) =>
  fc.array(fc.record({ person: fc.integer({ min: 0, max: 3 }), time, type: fc.constantFrom('a', 'b', 'c', 'x') }), {
    maxLength: 24,
  })

describe('ordered funnel', () => {
  it('counts what the longest chain of each person gives, by brute force', () => {
    const history = fc.uniqueArray(
      fc.record({
        person: fc.integer({ min: 0, max: 3 }),
        time: fc.integer({ min: 0, max: 60 }),
        type: fc.constantFrom('a', 'b', 'c', 'x'),
      }),
      { maxLength: 24, selector: ({ time }) => time },
    )
    fc.assert(
      fc.property(history, (rows) => {
        const depths = [0, 1, 2, 3].map((person) => bruteDepth(rows.filter((row) => row.person === person)))
        expect(counts(rows)).toEqual(STEPS.map((_, s) => depths.filter((depth) => depth > s).length))
      }),
      { seed: 20_261, numRuns: runs(500) },
    )
  })

  it('does not depend on the order in which events of one instant arrive', () => {
    fc.assert(
      fc.property(historyWith(fc.integer({ min: 0, max: 6 })), fc.integer(), (rows, seed) => {
        const shuffled = rows
          .map((row, i) => ({ row, key: Math.sin(seed + i) }))
          .sort((x, y) => x.key - y.key)
          .map(({ row }) => row)
        expect(counts(shuffled)).toEqual(counts(rows))
      }),
      { seed: 20_262, numRuns: runs(500) },
    )
  })

  it('is not changed by events of other types', () => {
    fc.assert(
      fc.property(historyWith(fc.integer({ min: 0, max: 20 })), (rows) => {
        expect(counts([...rows, { person: 1, time: 3, type: 'x' }])).toEqual(counts(rows))
      }),
      { seed: 20_263 },
    )
  })

  it('counts a visitor who identifies in between as one person', async () => {
    const store = memoryStore()
    const at = (minute: number, event: Partial<StoredEvent>) =>
      sampleEvent({ ...event, eventTimestamp: dayStart('2026-01-01') + minute * 60_000 })
    await store.linkIdentities([{ anonymousId: 'device', userId: 'anna' }])
    await store.insertEvents([
      at(0, { eventType: 'view', anonymousId: 'device' }),
      at(1, { eventType: 'signup', userId: 'anna', anonymousId: 'device' }),
      at(2, { eventType: 'buy', userId: 'anna' }),
      at(3, { eventType: 'view', userId: 'ben' }),
    ])
    const engine = queryEngine({ store, cold: undefined, now: Date.now })
    const steps = [{ event: 'view' }, { event: 'signup' }, { event: 'buy' }]
    const { result } = await engine.run({ kind: 'funnel', range: RANGE, steps })
    expect(result.steps.map(({ users, fromPrevious, medianSeconds }) => [users, fromPrevious, medianSeconds])).toEqual([
      [2, 1, null],
      [1, 0.5, 60],
      [1, 1, 60],
    ])
  })
})

/** Counts of a funnel of three different steps, x being any other event. */
function countsOf(
  rows: readonly { person: number; time: number; type: string }[],
  order: 'strict' | 'unordered',
): number[] {
  const names = ['a', 'b', 'c']
  const sorted = [...rows].sort((x, y) => x.time - y.time)
  const steps = names.map((event) => ({ event }))
  const range = { ...SHORT, timeZone: 'UTC', weekStart: 'monday' } as const
  const people = { count: 0, canonical: new Int32Array(0) }
  const machine = funnelMachine({ steps, window: WINDOW, order }, { range, people })
  for (let i = 0; i < sorted.length; i += 3) {
    const part = sorted.slice(i, i + 3)
    machine.push({
      length: part.length,
      time: Float64Array.from(part, ({ time }) => time),
      person: Int32Array.from(part, ({ person }) => person),
      matches: Uint32Array.from(part, ({ type }) => (type === 'x' ? 0 : 1 << names.indexOf(type)) | (1 << 3)),
      columns: {},
    })
  }
  return machine.result(0).steps.map(({ users }) => users)
}

const instants = fc.uniqueArray(
  fc.record({
    person: fc.integer({ min: 0, max: 3 }),
    time: fc.integer({ min: 0, max: 60 }),
    type: fc.constantFrom('a', 'b', 'c', 'x'),
  }),
  { maxLength: 24, selector: ({ time }) => time },
)

function expectDepths(
  rows: readonly { person: number; time: number; type: string }[],
  counts: readonly number[],
  depthOf: (own: readonly { time: number; type: string }[]) => number,
): void {
  const depths = [0, 1, 2, 3].map((person) =>
    depthOf(rows.filter((row) => row.person === person).sort((x, y) => x.time - y.time)),
  )
  expect(counts).toEqual([0, 1, 2].map((s) => depths.filter((depth) => depth > s).length))
}

describe('strict funnel', () => {
  it('counts steps with nothing but repeats in between, by brute force', () => {
    const depthOf = (own: readonly { time: number; type: string }[]): number =>
      Math.max(
        0,
        ...own.map(({ type, time: start }, at) => {
          if (type !== 'a') return 0
          let depth = 1
          for (const next of own.slice(at + 1)) {
            if (next.type === 'abc'[depth] && next.time - start <= WINDOW_MS) depth++
            else if (next.type !== 'abc'[depth - 1]) break
          }
          return depth
        }),
      )
    fc.assert(
      fc.property(instants, (rows) => {
        expectDepths(rows, countsOf(rows, 'strict'), depthOf)
      }),
      { seed: 20_263, numRuns: runs(500) },
    )
  })
})

describe('unordered funnel', () => {
  it('counts the different steps of one window, by brute force', () => {
    const depthOf = (own: readonly { time: number; type: string }[]): number =>
      Math.max(
        0,
        ...own.map(({ time: end }) => {
          const within = own.filter(({ time, type }) => type !== 'x' && time <= end && end - time <= WINDOW_MS)
          return new Set(within.map(({ type }) => type)).size
        }),
      )
    fc.assert(
      fc.property(instants, (rows) => {
        expectDepths(rows, countsOf(rows, 'unordered'), depthOf)
      }),
      { seed: 20_264, numRuns: runs(500) },
    )
  })

  it('fills one step with one event, also where a step comes twice', () => {
    const state = funnelUnordered({ steps: 2, windowMs: WINDOW_MS })
    state.single(0, 1, 0b11)
    expect(state.path(0)).toBe(0b1)
    state.single(0, 2, 0b11)
    expect(state.path(0)).toBe(0b11)
  })
})
