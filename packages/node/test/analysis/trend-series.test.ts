import { memoryStore } from '@analytics/node/memory'
import { sampleEvent } from '@analytics/node/testing'
import type { MetricDefinition, StoredEvent, TrendQuery, TrendSeries } from '@analytics/protocol'
import { describe, expect, it } from 'vitest'
import { parseQuery } from '../../src/analysis/parse-query.js'
import { queryEngine } from '../../src/analysis/query.js'

type Row = Partial<StoredEvent> & { on: string }

const DAY = { from: '2026-01-10', to: '2026-01-11' }

async function ask(
  rows: readonly Row[],
  query: Partial<TrendQuery>,
  defined: Readonly<Record<string, Omit<MetricDefinition, 'name'>>> = {},
) {
  const store = memoryStore()
  await store.setup('auto')
  await store.insertEvents(rows.map(({ on, ...row }) => sampleEvent({ ...row, eventTimestamp: Date.parse(on) })))
  const findMetric = async (name: string) =>
    Object.hasOwn(defined, name) ? { version: 3, definition: defined[name]! } : undefined
  const parsed = parseQuery({ kind: 'trend', range: DAY, metrics: ['events'], ...query }) as TrendQuery
  return queryEngine({ store, cold: undefined, findMetric, now: () => Date.UTC(2030, 0) }).run(parsed)
}

const on = '2026-01-10T12:00:00Z'
const withPlan = (plan: string | number | boolean | null, row: Partial<StoredEvent> = {}): Row => ({
  on,
  ...row,
  properties: { plan },
})
/** The values of each series by its breakdown. */
const lines = (series: readonly TrendSeries[]) =>
  series.map(({ breakdown, points }) => [breakdown, ...points.map(({ value }) => value)])

describe('a breakdown', () => {
  const property = 'properties.plan'

  it('gives the values with the most events a series each, the first as text where they are equal, and all others one', async () => {
    const plans = ['c', 'b', 'a', 'e', 'd', 'd', 'e', 'e']
    const rows = plans.map((plan) => withPlan(plan))
    const { result } = await ask(rows, { breakdown: { property, limit: 3 } })
    expect(lines(result.series)).toEqual([
      ['e', 3],
      ['d', 2],
      ['a', 1],
      ['Other', 2],
    ])
    expect(result.series.map(({ isOther }) => isOther)).toEqual([undefined, undefined, undefined, true])
  })

  it('has 25 values unless it says how many, and no series for others where there are none', async () => {
    const rows = Array.from({ length: 25 }, (_, i) => withPlan(`p${i}`))
    const of = async (more: Row[]) => (await ask([...rows, ...more], { breakdown: property })).result.series
    expect(await of([])).toHaveLength(25)
    const broken = await of([withPlan('p25'), withPlan('p26')])
    expect([broken.length, broken.at(-1)!.points[0]!.value]).toEqual([26, 2])
  })

  it('counts each person and each session of all others once, and takes their percentiles together', async () => {
    const rows = [
      withPlan('top', { eventValue: 100 }),
      withPlan('top', { eventValue: 100 }),
      withPlan('top', { eventValue: 100 }),
      withPlan('x', { userId: 'anna', sessionId: 's1', eventValue: 1 }),
      withPlan('y', { userId: 'anna', sessionId: 's1', eventValue: 2 }),
      withPlan('z', { userId: 'ben', sessionId: 's2', eventValue: 9 }),
    ]
    const metrics = [
      'users',
      'sessions',
      { name: 'median', aggregate: 'p50' },
      { name: 'sum', aggregate: 'sum' },
    ] as const
    const { result } = await ask(rows, { metrics, breakdown: { property, limit: 1 } })
    const others = result.series.filter(({ isOther }) => isOther)
    expect(others.map(({ metric, points }) => [metric, points[0]!.value])).toEqual([
      ['users', 2],
      ['sessions', 2],
      ['median', 2],
      ['sum', 12],
    ])
  })

  it('shows values as text, what is missing as empty text, and tells a value called Other from all others', async () => {
    const rows = [
      ...[5, 5, 5, 5, '5'].map((plan) => withPlan(plan)),
      ...[true, true, true, true].map((plan) => withPlan(plan)),
      ...['', null, null].map((plan) => withPlan(plan)),
      withPlan('Other'),
      withPlan('Other'),
      withPlan('rest'),
    ]
    const { result } = await ask(rows, { breakdown: { property, limit: 4 } })
    expect(lines(result.series)).toEqual([
      ['5', 5],
      ['true', 4],
      ['', 3],
      ['Other', 2],
      ['Other', 1],
    ])
    expect(result.series.map(({ isOther }) => isOther === true)).toEqual([false, false, false, false, true])
  })

  it('chooses values metric by metric, and for a formula by the events of all that it is made of', async () => {
    const rows = [
      withPlan('free', { eventType: 'view' }),
      withPlan('free', { eventType: 'view' }),
      withPlan('pro', { eventType: 'view' }),
      withPlan('pro', { eventType: 'buy', eventValue: 10 }),
      withPlan('pro', { eventType: 'buy', eventValue: 30 }),
      withPlan('max', { eventType: 'buy', eventValue: 50 }),
    ]
    const metrics = [
      { name: 'views', event: 'view' },
      { name: 'revenue', event: 'buy', aggregate: 'sum' },
      { name: 'per view', formula: 'revenue / views' },
    ] as const
    const { result } = await ask(rows, { metrics, breakdown: { property, limit: 1 } })
    expect(result.series.map(({ metric, breakdown, points }) => [metric, breakdown, points[0]!.value])).toEqual([
      ['views', 'free', 2],
      ['views', 'Other', 1],
      ['revenue', 'pro', 40],
      ['revenue', 'Other', 50],
      ['per view', 'pro', 40],
      ['per view', 'Other', 25],
    ])
  })

  it('may be by a column, and by what objects have by themselves', async () => {
    const rows = ['__proto__', 'constructor', 'constructor'].map((plan) => withPlan(plan, { country: 'DE' }))
    expect(lines((await ask(rows, { breakdown: property })).result.series)).toEqual([
      ['constructor', 2],
      ['__proto__', 1],
    ])
    expect(lines((await ask(rows, { breakdown: 'country' })).result.series)).toEqual([['DE', 3]])
  })

  it('of nothing has no series', async () => {
    expect((await ask([], { breakdown: property, compare: 'previous' })).result.series).toEqual([])
  })

  it('is refused where an answer has too many points, or a property too many characters of values', async () => {
    const byMinute = { range: { from: '2026-01-10', to: '2026-01-16' }, interval: 'minute' } as const
    const rows = Array.from({ length: 60 }, (_, i) => withPlan(`p${i}`))
    await expect(ask(rows, { ...byMinute, breakdown: { property, limit: 60 } })).rejects.toMatchObject({
      code: 'invalid_query',
      field: 'interval',
    })
    const long = Array.from({ length: 600 }, (_, i) => withPlan(`${i}${'x'.repeat(28_000)}`))
    await expect(ask(long, { breakdown: property })).rejects.toMatchObject({
      code: 'invalid_query',
      field: 'breakdown',
    })
  })
})

describe('compare', () => {
  const previous = async (rows: Row[], query: Partial<TrendQuery>) => {
    const { series } = (await ask(rows, { ...query, compare: 'previous' })).result
    return series.map(({ compare, points }) => [compare, ...points.map(({ start, value }) => [start, value])])
  }

  it('gives the days before as many days, each at its own start', async () => {
    const rows = ['2026-01-07', '2026-01-08', '2026-01-09', '2026-01-10', '2026-01-11', '2026-01-12'].map((day) => ({
      on: `${day}T00:00:00Z`,
    }))
    expect(await previous(rows, { range: { from: '2026-01-10', to: '2026-01-12' } })).toEqual([
      [undefined, ['2026-01-10T00:00:00+00:00', 1], ['2026-01-11T00:00:00+00:00', 1]],
      ['previous', ['2026-01-08T00:00:00+00:00', 1], ['2026-01-09T00:00:00+00:00', 1]],
    ])
  })

  it('takes calendar days of the time zone, also where one of them has 23 hours', async () => {
    const rows = ['2026-03-27T22:59:59Z', '2026-03-27T23:00:00Z', '2026-03-29T21:59:59Z', '2026-03-29T22:00:00Z']
    const range = { from: '2026-03-30', to: '2026-04-01', timeZone: 'Europe/Berlin' }
    expect(
      await previous(
        rows.map((at) => ({ on: at })),
        { range },
      ),
    ).toEqual([
      [undefined, ['2026-03-30T00:00:00+02:00', 1], ['2026-03-31T00:00:00+02:00', 0]],
      ['previous', ['2026-03-28T00:00:00+01:00', 1], ['2026-03-29T00:00:00+01:00', 1]],
    ])
  })

  it('takes the month before where the range is a month, also where that has more days', async () => {
    const range = { from: '2026-02-01', to: '2026-03-01' }
    const rows = [{ on: '2026-01-01T00:00:00Z' }, { on: '2026-01-31T23:59:59Z' }, { on: '2025-12-31T23:59:59Z' }]
    const [now, before] = await previous(rows, { range })
    expect([now!.length - 1, before!.length - 1]).toEqual([28, 31])
    expect([before![1], before![31]]).toEqual([
      ['2026-01-01T00:00:00+00:00', 1],
      ['2026-01-31T00:00:00+00:00', 1],
    ])
  })

  it('divides an interval in which one range ends and the other begins', async () => {
    const rows = ['2026-01-12', '2026-01-13', '2026-01-14', '2026-01-15', '2026-01-15'].map((day) => ({
      on: `${day}T12:00:00Z`,
    }))
    expect(await previous(rows, { range: { from: '2026-01-14', to: '2026-01-16' }, interval: 'week' })).toEqual([
      [undefined, ['2026-01-12T00:00:00+00:00', 3]],
      ['previous', ['2026-01-12T00:00:00+00:00', 2]],
    ])
  })

  it('shows the values of the range itself, and all that only the range before has as others', async () => {
    const rows = [
      withPlan('a', { userId: 'anna' }),
      { ...withPlan('a', { userId: 'anna' }), on: '2026-01-09T12:00:00Z' },
      { ...withPlan('old', { userId: 'ben' }), on: '2026-01-09T12:00:00Z' },
      { ...withPlan('older', { userId: 'ben' }), on: '2026-01-09T13:00:00Z' },
    ]
    const query = { metrics: ['users'], breakdown: 'properties.plan', compare: 'previous' } as const
    const { series } = (await ask(rows, query)).result
    expect(series.map((one) => [one.compare, one.breakdown, one.points[0]!.value])).toEqual([
      [undefined, 'a', 1],
      [undefined, 'Other', 0],
      ['previous', 'a', 1],
      ['previous', 'Other', 1],
    ])
  })

  it('may go back behind the first day that events can have', async () => {
    const range = { from: '0001-01-01', to: '0001-03-01' }
    const rows = [{ on: '0001-02-03T00:00:00Z', eventId: '01ARZ3NDEKTSV4RRFFQ69G5FAV' }]
    expect(await previous(rows, { range, interval: 'month' })).toEqual([
      [undefined, ['0001-01-01T00:00:00+00:00', 0], ['0001-02-01T00:00:00+00:00', 1]],
      ['previous', ['0000-11-01T00:00:00+00:00', 0], ['0000-12-01T00:00:00+00:00', 0]],
    ])
  })
})

describe('metrics by name', () => {
  const buy = (userId: string, eventValue: number): Row => ({ on, eventType: 'buy', userId, eventValue })
  const rows = [buy('anna', 10), buy('anna', 20), buy('ben', 30), { on, userId: 'cem' }]
  const revenue = { event: 'buy', aggregate: 'sum' } as const
  const values = async (metrics: TrendQuery['metrics'], defined = {}) => {
    const { result, meta } = await ask(rows, { metrics }, defined)
    return { values: result.series.map(({ points }) => points[0]!.value), definitions: meta.definitions }
  }

  it('are those that are defined, of which the answer tells the version', async () => {
    const defined = { revenue, arpu: { formula: 'revenue / users' } }
    expect(await values(['arpu', 'revenue', 'events'], defined)).toEqual({
      values: [20, 60, 4],
      definitions: [
        { kind: 'metric', name: 'arpu', version: 3 },
        { kind: 'metric', name: 'revenue', version: 3 },
      ],
    })
    expect((await values(['events'], defined)).definitions).toBeUndefined()
  })

  it('mean another metric of the query first in its formulas, and never in formulas that are defined', async () => {
    const defined = { revenue: { formula: '1000' }, twice: { formula: '2 * revenue' } }
    const metrics = [
      { name: 'revenue', ...revenue },
      { name: 'own', formula: 'revenue + 1' },
      'twice',
      'revenue',
    ] as const
    expect((await values(metrics, defined)).values).toEqual([60, 61, 2000, 1000])
  })

  it('weigh averages by formulas', async () => {
    const metrics = [
      { name: 'mean', event: 'buy', aggregate: 'average' },
      { name: 'n', event: 'buy' },
      { name: 'others', where: { property: 'eventType', op: 'neq', value: 'buy' } },
      { name: 'weighted', formula: '(mean * n + 100 * others) / (n + others)' },
      { name: 'share', formula: '100 × n ÷ events' },
    ] as const
    expect((await values(metrics)).values).toEqual([20, 3, 1, 40, 75])
  })

  it('count the different values of a property, of each type by itself', async () => {
    const plans = ['a', 'b', 'b', 5, '5', null].map((plan) => withPlan(plan))
    const metrics = [{ name: 'plans', aggregate: 'distinct', property: 'properties.plan' }] as const
    expect((await ask(plans, { metrics })).result.series[0]!.points[0]!.value).toBe(4)
  })

  it('have no value where a part has none, and where they divide by 0', async () => {
    const metrics = [
      { name: 'mean', event: 'nothing', aggregate: 'average' },
      { name: 'count', event: 'nothing' },
      { name: 'sum', formula: 'mean + 1' },
      { name: 'quotient', formula: 'events / count' },
    ] as const
    expect((await values(metrics)).values).toEqual([null, 0, null, null])
  })

  it('may be called what objects have by themselves', async () => {
    const metrics = [
      { name: '__proto__', event: 'buy' },
      { name: 'sum', formula: '__proto__ + constructor' },
    ] as const
    expect((await values(metrics, { constructor: revenue })).values).toEqual([3, 63])
    await expect(values(['constructor'])).rejects.toMatchObject({ code: 'invalid_query', field: 'metrics[0]' })
  })

  it('are looked up once each, however many name them: a chain that doubles costs no more than its links', async () => {
    const chain = Object.fromEntries(
      Array.from({ length: 60 }, (_, i) => [`m${i}`, { formula: i === 0 ? 'events' : `m${i - 1} + m${i - 1}` }]),
    )
    expect((await values(['m40'], chain)).values).toEqual([4 * 2 ** 40])
  })

  it.each<[string, TrendQuery['metrics'], Record<string, Omit<MetricDefinition, 'name'>>, string, RegExp]>([
    ['is not there', ['users', 'revenu'], {}, 'metrics[1]', /there is no metric "revenu"/],
    ['a formula names and is not there', [{ name: 'x', formula: 'a + 1' }], {}, 'metrics[0].formula', /no metric "a"/],
    ['a defined formula names and is not there', ['x'], { x: { formula: 'gone' } }, 'metrics[0]', /no metric "gone"/],
    ['is made of itself', [{ name: 'x', formula: 'x + 1' }], {}, 'metrics[0].formula', /goes in a circle/],
    ['is made of itself by another', ['a'], { a: { formula: 'b' }, b: { formula: '-a' } }, 'metrics[0]', /circle/],
    [
      'two are called',
      [{ name: 'x' }, { name: 'x', event: 'buy' }, { name: 'y', formula: 'x' }],
      {},
      'metrics[2].formula',
      /two metrics/,
    ],
    ['is made of numbers alone', [{ name: 'x', formula: '1 + 2' }], {}, 'metrics', /made of events/],
    ['has a formula that is wrong', ['events', { name: 'x', formula: '1 +' }], {}, 'metrics[1].formula', /ends where/],
  ])('refuses what %s', async (_name, metrics, defined, field, message) => {
    await expect(values(metrics, defined)).rejects.toMatchObject({
      code: 'invalid_query',
      field,
      message: expect.stringMatching(message),
    })
  })

  it('refuses more than 32 that count events, and more than 100 in all', async () => {
    const counts = (n: number) => Object.fromEntries(Array.from({ length: n }, (_, i) => [`c${i}`, { event: 'buy' }]))
    const sum = (n: number) => [{ name: 'sum', formula: Object.keys(counts(n)).join('+') }]
    expect((await values(sum(32), counts(32))).values).toEqual([96])
    await expect(values(sum(33), counts(33))).rejects.toMatchObject({
      code: 'invalid_query',
      field: 'metrics[0].formula',
    })
    const chain = Object.fromEntries(
      Array.from({ length: 120 }, (_, i) => [`m${i}`, { formula: i === 0 ? 'events' : `m${i - 1}` }]),
    )
    await expect(values(['m110'], chain)).rejects.toMatchObject({ code: 'invalid_query', field: 'metrics[0]' })
  })
})
