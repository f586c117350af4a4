import { type Analytics, createAnalytics, type MetricDefinition } from '@analytics/node'
import { memoryStore } from '@analytics/node/memory'
import type { AuditEntry, TrendQuery } from '@analytics/protocol'
import { describe, expect, it } from 'vitest'
import { silent } from '../support/server.js'

const store = () => memoryStore()
const open = (options: { metrics?: readonly MetricDefinition[]; store?: ReturnType<typeof store> } = {}) =>
  createAnalytics({ store: store(), jobs: false, logger: silent, now: () => Date.UTC(2026, 5), ...options })

const REVENUE = { name: 'revenue', event: 'buy', aggregate: 'sum' } as const

async function valuesOf(analytics: Analytics, ...metrics: TrendQuery['metrics']) {
  const range = { from: '2026-01-10', to: '2026-01-11' }
  const { result, meta } = await analytics.query({ kind: 'trend', range, metrics })
  return { values: result.series.map(({ points }) => points[0]!.value), definitions: meta.definitions }
}

const buy = (userId: string, eventValue: number) => ({
  eventType: 'buy',
  userId,
  eventValue,
  timestamp: '2026-01-10T12:00:00.000Z',
})

describe('stored metrics', () => {
  it('are what trends ask by their name, each change at once, and each version stays to be read', async () => {
    const analytics = await open()
    await analytics.import([buy('anna', 10), buy('ben', 30)])
    await analytics.metrics.define(REVENUE)
    await analytics.metrics.define({ name: 'arpu', formula: 'revenue / users' })
    expect(await valuesOf(analytics, 'arpu')).toEqual({
      values: [20],
      definitions: [
        { kind: 'metric', name: 'arpu', version: 1 },
        { kind: 'metric', name: 'revenue', version: 1 },
      ],
    })
    await analytics.metrics.define({ ...REVENUE, aggregate: 'max' })
    expect(await valuesOf(analytics, 'arpu')).toEqual({
      values: [15],
      definitions: [
        { kind: 'metric', name: 'arpu', version: 1 },
        { kind: 'metric', name: 'revenue', version: 2 },
      ],
    })
    expect((await analytics.metrics.get('revenue', 1)).definition).toEqual({ event: 'buy', aggregate: 'sum' })
    await analytics.close()
  })

  it('are audited under their name, without what they say', async () => {
    const own = store()
    const analytics = await open({ store: own })
    await analytics.metrics.define({ name: 'vip', where: { property: 'userId', op: 'eq', value: 'anna' } })
    await analytics.metrics.delete('vip')
    const entries = (await own.records.list<AuditEntry>('audit')).map(({ value }) => value)
    expect(entries).toMatchObject([
      { action: 'metric.define', target: 'vip', details: { version: 1 } },
      { action: 'metric.delete', target: 'vip', details: { version: 2 } },
    ])
    expect(JSON.stringify(entries)).not.toContain('anna')
    await analytics.close()
  })

  it('are seen by every process at once, and two that define one at the same time have a version each', async () => {
    const own = store()
    const [one, other] = [await open({ store: own }), await open({ store: own })]
    const defined = await Promise.all([
      one.metrics.define({ name: 'm', event: 'a' }),
      other.metrics.define({ name: 'm', event: 'b' }),
    ])
    expect(defined.map(({ version }) => version).sort()).toEqual([1, 2])
    const last = defined.find(({ version }) => version === 2)
    expect([await one.metrics.get('m'), await other.metrics.get('m')]).toEqual([last, last])
    await one.close()
  })

  it.each<[string, unknown, string]>([
    ['a name that is built in', { name: 'users', event: 'a' }, 'name'],
    ['a name that no formula could have', { name: 'my metric' }, 'name'],
    ['no name', { event: 'a' }, 'name'],
    ['an aggregate that is none', { name: 'm', aggregate: 'magic' }, 'aggregate'],
    ['a property that is none', { name: 'm', property: 'page' }, 'property'],
    ['a filter that is none', { name: 'm', where: { property: 'eventType', op: 'like', value: 'x' } }, 'where.op'],
    ['a field that is none', { name: 'm', color: 'red' }, ''],
    ['both kinds in one', { name: 'm', formula: 'users', event: 'a' }, ''],
    ['an empty formula', { name: 'm', formula: '' }, 'formula'],
    ['a formula of spaces', { name: 'm', formula: '  ' }, 'formula'],
    ['a formula that is too long', { name: 'm', formula: `1${' + 1'.repeat(250)}` }, 'formula'],
    ['a formula of what there is not', { name: 'm', formula: 'gone / users' }, 'formula'],
    ['a formula of itself', { name: 'm', formula: 'm + 1' }, 'formula'],
    ['a prototype', JSON.parse('{ "name": "m", "__proto__": { "event": "a" } }'), ''],
  ])('refuse %s', async (_name, definition, field) => {
    const analytics = await open()
    await expect(analytics.metrics.define(definition as MetricDefinition)).rejects.toMatchObject({
      code: 'invalid_query',
      field,
    })
    expect(await analytics.metrics.list()).toEqual([])
    await analytics.close()
  })

  it('refuse a change by which they would go in a circle', async () => {
    const analytics = await open()
    await analytics.metrics.define({ name: 'a', event: 'a' })
    await analytics.metrics.define({ name: 'b', formula: 'a * 2' })
    await expect(analytics.metrics.define({ name: 'a', formula: 'b + 1' })).rejects.toMatchObject({
      code: 'invalid_query',
      field: 'formula',
    })
    expect((await analytics.metrics.get('a')).version).toBe(1)
    await analytics.close()
  })

  it('stay while others are made of them, which a refusal names', async () => {
    const analytics = await open()
    await analytics.metrics.define(REVENUE)
    await analytics.metrics.define({ name: 'arpu', formula: 'revenue / users' })
    await expect(analytics.metrics.delete('revenue')).rejects.toMatchObject({
      code: 'invalid_query',
      field: 'name',
      message: expect.stringContaining('arpu'),
      details: { usedBy: ['arpu'] },
    })
    await analytics.metrics.delete('arpu')
    await analytics.metrics.delete('revenue')
    await expect(valuesOf(analytics, 'revenue')).rejects.toMatchObject({ code: 'invalid_query', field: 'metrics[0]' })
    await expect(analytics.metrics.delete('revenue')).rejects.toMatchObject({ code: 'not_found' })
    await analytics.close()
  })

  it('may be called what objects have by themselves', async () => {
    const analytics = await open()
    await analytics.import([buy('anna', 10)])
    await expect(analytics.metrics.get('constructor')).rejects.toMatchObject({ code: 'not_found' })
    await analytics.metrics.define({ ...REVENUE, name: '__proto__' })
    await analytics.metrics.define({ name: 'constructor', formula: '__proto__ * 2' })
    expect((await valuesOf(analytics, 'constructor', '__proto__')).values).toEqual([20, 10])
    await analytics.close()
  })
})

describe('metrics of the code', () => {
  it('are known by their names without being stored, and may be made of each other in any order', async () => {
    const own = store()
    const analytics = await open({ store: own, metrics: [{ name: 'arpu', formula: 'revenue / users' }, REVENUE] })
    await analytics.import([buy('anna', 10), buy('ben', 30)])
    expect(await valuesOf(analytics, 'arpu')).toEqual({ values: [20], definitions: undefined })
    expect((await analytics.metrics.list()).map(({ name, version }) => [name, version])).toEqual([
      ['arpu', 0],
      ['revenue', 0],
    ])
    expect((await analytics.metrics.get('revenue')).definition).toEqual({ event: 'buy', aggregate: 'sum' })
    expect(await own.records.list('definition')).toEqual([])
    await analytics.close()
  })

  it('come before stored ones of the same name, which can be read by their versions but not be changed', async () => {
    const own = store()
    const before = await open({ store: own })
    await before.metrics.define({ name: 'revenue', event: 'old' })
    const analytics = await open({ store: own, metrics: [REVENUE] })
    await analytics.import([buy('anna', 10)])
    expect(await valuesOf(analytics, 'revenue')).toEqual({ values: [10], definitions: undefined })
    expect((await analytics.metrics.list()).map(({ version }) => version)).toEqual([0])
    expect((await analytics.metrics.get('revenue', 1)).definition).toEqual({ event: 'old' })
    for (const change of [analytics.metrics.define(REVENUE), analytics.metrics.delete('revenue')])
      await expect(change).rejects.toMatchObject({ code: 'invalid_query', field: 'name' })
    await analytics.close()
  })

  it.each<[string, unknown[], string]>([
    ['a name that is built in', [{ name: 'errors' }], 'metrics[0].name'],
    ['a name twice', [REVENUE, REVENUE], 'metrics[1].name'],
    ['a name that no formula could have', [{ name: 'a-b' }], 'metrics[0].name'],
    ['what is no definition', [REVENUE, 'users'], 'metrics[1].name'],
    ['an aggregate that is none', [REVENUE, { name: 'm', aggregate: 'magic' }], 'metrics[1].aggregate'],
    ['a formula of what there is not', [{ name: 'm', formula: 'stored' }], 'metrics[0].formula'],
    [
      'a circle',
      [
        { name: 'a', formula: 'b' },
        { name: 'b', formula: 'a' },
      ],
      'metrics[0].formula',
    ],
  ])('refuse %s when the server starts', async (_name, metrics, field) => {
    await expect(open({ metrics: metrics as MetricDefinition[] })).rejects.toMatchObject({
      code: 'invalid_options',
      field,
    })
  })
})
