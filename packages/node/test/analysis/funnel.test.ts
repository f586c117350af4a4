import { readFileSync } from 'node:fs'
import { duckdbStore } from '@analytics/node/duckdb'
import { memoryStore } from '@analytics/node/memory'
import { sampleEvent } from '@analytics/node/testing'
import { type Duration, dayStart, type FunnelQuery, type StoredEvent } from '@analytics/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runs } from '../../../../test/support/soak.js'
import { funnelMachine } from '../../src/analysis/funnel.js'
import { queryEngine } from '../../src/analysis/query.js'

interface Vector {
  id: string
  semantics: string
  events: [string, string, string, Record<string, string>][]
  query: { window_s: number; steps: { event: string; where?: Record<string, string> }[] }
  expected: { step_counts?: number[]; avg_seconds_from_previous_step?: (number | null)[]; average_seconds?: number }
}

const VECTORS = JSON.parse(readFileSync(new URL('../vectors/funnel-ordered.json', import.meta.url), 'utf8')) as Vector[]
const STORES = { memory: () => memoryStore(), duckdb: () => duckdbStore({ path: ':memory:' }) }
const RANGE = { from: '2000-01-01', to: '2100-01-01' }

function toQuery({ query }: Vector): FunnelQuery {
  return {
    kind: 'funnel',
    range: RANGE,
    window: `${query.window_s}s` as Duration,
    steps: query.steps.map(({ event, where = {} }) => ({
      event,
      where: {
        and: Object.entries(where).map(([key, value]) => ({ property: `properties.${key}`, op: 'eq', value }) as const),
      },
    })),
  }
}

describe.each(Object.entries(STORES))('ordered funnel on %s: cases with known answers', (_name, open) => {
  it.each(VECTORS.map((vector) => [vector.id, vector.semantics, vector] as const))(
    '%s: %s',
    async (_id, _semantics, vector) => {
      const store = open()
      await store.setup('auto')
      await store.insertEvents(
        vector.events.map(([userId, eventType, time, properties]) =>
          sampleEvent({ userId, eventType, eventTimestamp: Date.parse(time), properties }),
        ),
      )
      const { result, meta } = await queryEngine({ store, cold: undefined, now: Date.now }).run(toQuery(vector))
      const { step_counts, avg_seconds_from_previous_step, average_seconds } = vector.expected
      if (step_counts) expect(result.steps.map(({ users }) => users)).toEqual(step_counts)
      if (avg_seconds_from_previous_step) {
        expect(result.steps.map(({ averageSeconds }) => averageSeconds)).toEqual(avg_seconds_from_previous_step)
      }
      if (average_seconds !== undefined) expect(result.steps[1]!.averageSeconds).toBe(average_seconds)
      expect(meta).toMatchObject({ complete: true, tiersRead: { cold: { segments: 0 } } })
      await store.close()
    },
  )
})

const STEPS = ['a', 'b', 'c', 'a']
const WINDOW_MS = 10

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
  const people = { count: 0, canonical: new Int32Array(0) }
  const machine = funnelMachine({ steps: STEPS.length, windowMs: WINDOW_MS }, people)
  const relevant = rows.filter(({ type }) => STEPS.includes(type)).sort((x, y) => x.time - y.time)
  for (let i = 0; i < relevant.length; i += 3) machine.push(toBatch(relevant.slice(i, i + 3)))
  return machine.result(STEPS).steps.map(({ users }) => users)
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
