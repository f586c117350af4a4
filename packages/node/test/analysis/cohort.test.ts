import type { Analytics, CohortDefinition, ImportEvent, Query } from '@analytics/node'
import { duckdbStore } from '@analytics/node/duckdb'
import { memoryStore } from '@analytics/node/memory'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { HotStore } from '../../src/store.js'
import { testServer } from '../support/server.js'

/** The instant of cohorts of a range that ends then. */
const END = '2026-01-17T00:00:00.000Z'
const range = { from: '2026-01-10', to: END }
const [view, buy] = [{ event: 'view' }, { event: 'buy' }]

/** At an instant of January. */
const HISTORY: readonly [
  id: Partial<ImportEvent>,
  at: string,
  eventType: string,
  properties?: ImportEvent['properties'],
][] = [
  [{ anonymousId: 'phone' }, '01T10:00', 'view'],
  [{ userId: 'anna', anonymousId: 'phone' }, '01T10:00', 'identify', { plan: 'free', seats: 3 }],
  [{ userId: 'anna' }, '16T00:00', 'buy'],
  [{ userId: 'anna' }, '16T23:59:59.999', 'identify', { plan: 'pro', seats: null }],
  [{ userId: 'ben' }, '15T00:00', 'buy'],
  [{ userId: 'ben' }, '15T12:00', 'view'],
  [{ userId: 'ben' }, '15T23:59:59.999', 'buy'],
  [{ anonymousId: 'visitor' }, '16T12:00', 'view'],
  [{ anonymousId: 'visitor' }, '17T00:00', 'buy'],
  [{ userId: 'later' }, '17T00:00', 'view'],
]

const NAMES = ['anna', 'ben', 'later', 'visitor'] as const
type Name = (typeof NAMES)[number]

describe.each([
  ['memory', () => memoryStore()],
  ['DuckDB', () => duckdbStore({ path: ':memory:' })],
])('cohorts, in %s', (_name, open: () => HotStore) => {
  let store: HotStore
  let analytics: Analytics
  let now: number
  beforeEach(async () => {
    store = open()
    now = Date.UTC(2026, 5)
    analytics = await testServer({ store, now: () => now, queries: { maxRows: 20 } })
    await analytics.import(
      HISTORY.map(([id, at, eventType, properties]) => ({
        ...{ ...id, eventType, sessionId: 's' },
        timestamp: `2026-01-${at}Z`,
        ...(properties ? { properties } : {}),
      })),
    )
  })
  afterEach(() => analytics.close())

  const members = async (cohort: string | CohortDefinition, span = range): Promise<Name[]> => {
    const of = { kind: 'cohort', range: span, cohort } as const
    const { users } = (await analytics.query({ kind: 'people', of, cell: {} })).result
    const names = users.map(({ userId, anonymousIds }) => (userId ?? anonymousIds![0]) as Name)
    expect((await analytics.query(of)).result).toEqual({ size: names.length })
    return names.sort()
  }
  const idsOf = async (query: Partial<Extract<Query, { kind: 'events' }>>) => {
    const { result, meta } = await analytics.query({ kind: 'events', range: { from: '2026-01-01', to: END }, ...query })
    const names = result.events.map(({ userId, anonymousId, eventType }) => `${userId ?? anonymousId} ${eventType}`)
    return { names, nextCursor: result.nextCursor, meta }
  }

  it.each<[string, CohortDefinition, Name[]]>([
    ['did something', { performed: buy }, ['anna', 'ben']],
    ['did it since the beginning of a time', { performed: { ...buy, within: '24h' } }, ['anna']],
    ['did it often', { performed: { ...buy, times: { min: 2 } } }, ['ben']],
    ['did it, and no more often', { performed: { ...buy, times: { max: 1 } } }, ['anna']],
    ['did it no more often than it was done', { performed: { ...buy, times: { max: 2 } } }, ['anna', 'ben']],
    ['did one of several things', { performed: { event: ['buy', 'nothing'] } }, ['anna', 'ben']],
    [
      'did it in a way',
      { performed: { event: '*', where: { property: 'properties.seats', op: 'eq', value: 3 } } },
      ['anna'],
    ],
    ['did not do it', { notPerformed: buy }, ['visitor']],
    ['did not do it lately', { notPerformed: { ...buy, within: '1d' } }, ['ben', 'visitor']],
    ['did not do it often', { notPerformed: { ...buy, times: { min: 2 } } }, ['anna', 'visitor']],
    ['did it for the first time', { firstTime: { ...buy, within: '1d' } }, ['anna']],
    ['did anything for the first time', { firstTime: { event: '*', within: '1d' } }, ['visitor']],
    ['did things in order', { sequence: { steps: [view, buy] } }, ['anna', 'ben']],
    ['did them soon after each other', { sequence: { steps: [view, buy], window: '12h' } }, ['ben']],
    ['did all of them lately', { sequence: { steps: [view, buy], within: '1d' } }, []],
    ['have a trait that they had last', { traits: { property: 'properties.plan', op: 'eq', value: 'pro' } }, ['anna']],
    ['had another one before', { traits: { property: 'properties.plan', op: 'eq', value: 'free' } }, []],
    [
      'have a trait that was not named again',
      { traits: { property: 'properties.seats', op: 'gt', value: 2 } },
      ['anna'],
    ],
    [
      'have another trait, or none',
      { traits: { property: 'properties.plan', op: 'neq', value: 'free' } },
      ['anna', 'ben', 'visitor'],
    ],
    ['are users with these ids', { people: ['ben', 'anna', 'ben', 'visitor', 'nobody'] }, ['anna', 'ben']],
    ['are nobody of a list', { not: { people: ['ben'] } }, ['anna', 'visitor']],
    [
      'are all of what is asked',
      { and: [{ performed: buy }, { not: { performed: { ...buy, within: '1d' } } }] },
      ['ben'],
    ],
    ['are any of it', { or: [{ people: ['ben'] }, { not: { performed: buy } }] }, ['ben', 'visitor']],
    ['are not nobody', { not: { not: { not: { people: [] } } } }, ['anna', 'ben', 'visitor']],
    ['are nobody', { and: [{ people: ['ben'] }, { not: { people: ['ben'] } }] }, []],
  ])('have those who %s', async (_sentence, definition, expected) => {
    expect(await members(definition)).toEqual(expected)
  })

  it('are those of the end of the range, wherever it begins, or of now where that is earlier', async () => {
    const cohort = { performed: buy }
    expect(await members(cohort, { from: '2026-01-16', to: END })).toEqual(['anna', 'ben'])
    expect(await members(cohort, { from: '2026-01-01', to: '2026-01-16T00:00:00.001Z' })).toEqual(['anna', 'ben'])
    expect(await members(cohort, { from: '2026-01-01', to: '2026-01-16' })).toEqual(['ben'])
    expect(await members({ not: cohort }, { from: '2026-01-01', to: '2026-01-15' })).toEqual(['anna'])
    now = Date.UTC(2026, 0, 16)
    expect(await members(cohort)).toEqual(['ben'])
    expect(await members({ performed: { ...buy, within: '12h' } })).toEqual(['ben'])
  })

  it('answer more conditions than one scan takes', async () => {
    const often = (min: number): CohortDefinition => ({ performed: { event: 'buy', times: { min } } })
    const plan = (value: number): CohortDefinition => ({ traits: { property: 'properties.seats', op: 'gte', value } })
    const order = (event: string): CohortDefinition => ({
      sequence: { steps: [view, ...Array(14).fill(view), { event }] },
    })
    const from = (first: number, make: (i: number) => CohortDefinition) =>
      Array.from({ length: 40 }, (_, i) => make(first + i))
    expect(await members({ or: from(2, often) })).toEqual(['ben'])
    expect(await members({ and: from(-36, plan) })).toEqual(['anna'])
    expect(await members({ and: from(-35, plan) })).toEqual([])
    expect(await members({ or: ['a', 'b', 'c', 'd'].map(order) })).toEqual([])
  })

  it('leave nobody but their people in any answer, page by page', async () => {
    const cohort: CohortDefinition = { performed: buy }
    expect((await idsOf({ cohort, eventTypes: ['view', 'buy'] })).names).toEqual([
      'anna buy',
      'ben buy',
      'ben view',
      'ben buy',
      'phone view',
    ])
    const first = await idsOf({ cohort: { people: ['anna'] }, limit: 2, order: 'asc' })
    expect(first.names.map((name) => name.split(' ')[1]).sort()).toEqual(['identify', 'view'])
    const second = await idsOf({ cohort: { people: ['anna'] }, limit: 2, order: 'asc', cursor: first.nextCursor! })
    expect(second.names).toEqual(['anna buy', 'anna identify'])
    const metrics = ['users', 'events'] as const
    const { result } = await analytics.query({ kind: 'trend', range, metrics, interval: 'month', cohort })
    expect(result.series.map(({ points }) => points[0]!.value)).toEqual([2, 5])
  })

  it('say what they read beside the query itself, and with which definitions', async () => {
    await analytics.cohorts.define({ name: 'buyers', performed: buy })
    const query = { kind: 'trend', range, metrics: ['events'] } as const
    const rowsOf = async (cohort?: string | CohortDefinition) => {
      const { meta } = await analytics.query({ ...query, ...(cohort === undefined ? {} : { cohort }) })
      const { hot, memory } = meta.tiersRead
      return { rows: hot.rows + (memory?.rows ?? 0), definitions: meta.definitions }
    }
    const alone = await rowsOf()
    const { rows } = await rowsOf({
      performed: { event: 'identify', where: { property: 'properties.plan', op: 'exists' } },
    })
    expect(rows).toBeGreaterThan(alone.rows)
    expect((await rowsOf('buyers')).definitions).toEqual([{ kind: 'cohort', name: 'buyers', version: 1 }])
  })

  it('are looked at again as soon as anything that they depend on has changed', async () => {
    const ask = async () => {
      const { result, meta } = await analytics.query({ kind: 'cohort', range, cohort: { performed: { event: 'old' } } })
      return [result.size, meta.cached]
    }
    expect([await ask(), await ask()]).toEqual([
      [0, undefined],
      [0, true],
    ])
    await analytics.import([{ userId: 'ben', eventType: 'old', timestamp: '2020-01-01T00:00:00Z' }])
    expect(await ask()).toEqual([1, undefined])
  })

  it('keep no answer that has whole events', async () => {
    for (let time = 0; time < 2; time++)
      expect((await idsOf({ cohort: { performed: buy } })).meta.cached).toBeUndefined()
  })

  it('take no more rows, with the query, than one query may', async () => {
    const events = Array.from({ length: 9 }, (_, i) => ({ userId: `user ${i}`, eventType: 'view' }))
    await analytics.import(events.map((event) => ({ ...event, timestamp: '2026-01-12T00:00:00Z' })))
    const query = { kind: 'trend', range, metrics: ['events'] } as const
    await analytics.query(query)
    const filtered = analytics.query({ ...query, cohort: { performed: buy } })
    await expect(filtered).rejects.toMatchObject({ code: 'query_too_large', details: { maxRows: 20 } })
    const page = analytics.query({ kind: 'events', range, cohort: { performed: buy } })
    await expect(page).rejects.toMatchObject({ code: 'query_too_large' })
  })

  it('are refused where there is none of the name', async () => {
    for (const cohort of ['gone', '__proto__', 'my cohort'])
      await expect(members(cohort)).rejects.toMatchObject({ code: 'invalid_query', field: 'cohort' })
  })

  it('count nobody who was erased', async () => {
    expect(await members({ notPerformed: view })).toEqual([])
    await analytics.privacy.erase({ userId: 'anna' })
    expect(await members({ performed: buy })).toEqual(['ben'])
    expect(await members({ not: { people: ['anna'] } })).toEqual(['ben', 'visitor'])
    expect(await members({ people: ['anna', 'ben'] })).toEqual(['ben'])
  })
})
