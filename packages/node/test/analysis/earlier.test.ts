import type { Analytics, ImportEvent } from '@analytics/node'
import { duckdbStore } from '@analytics/node/duckdb'
import { memoryStore } from '@analytics/node/memory'
import { FIRST_SEEN_RECORD, type LifecycleQuery, type RetentionQuery, removeRecord } from '@analytics/protocol'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { HotStore } from '../../src/store.js'
import { testServer } from '../support/server.js'

const range = { from: '2026-03-10', to: '2026-03-12' } as const
const lifecycle: LifecycleQuery = { kind: 'lifecycle', range }
const ofViews: LifecycleQuery = { ...lifecycle, event: { event: 'view' } }
const firstTime: RetentionQuery = {
  kind: 'retention',
  range,
  mode: 'first-time',
  startEvent: { event: ['view', 'click'] },
  returnEvent: { event: '*' },
}
const where = { property: 'sessionId', op: 'exists' } as const

/** Rows that a query may look at: those of the range and of the day before it. */
const MAX_ROWS = 6

describe.each([
  ['memory', () => memoryStore()],
  ['DuckDB', () => duckdbStore({ path: ':memory:' })],
])('who did something before the range, in %s', (_name, open: () => HotStore) => {
  let store: HotStore
  let analytics: Analytics
  beforeEach(async () => {
    store = open()
    analytics = await testServer({ store, queries: { maxRows: MAX_ROWS } })
    await add(
      [{ anonymousId: 'phone' }, '2025-06-01T10:00:00Z', 'view'],
      [{ userId: 'ben' }, '2025-06-01T10:00:00Z', 'click'],
      [{ userId: 'ben' }, '2025-06-02T10:00:00Z', 'click'],
      [{ userId: 'cleo' }, '2025-07-01T10:00:00Z', 'view'],
      [{ userId: 'cleo' }, '2026-03-09T23:59:59.999Z', 'view'],
      [{ userId: 'ben' }, '2026-03-10T00:00:00Z', 'view'],
      [{ userId: 'anna' }, '2026-03-10T09:00:00Z', 'view'],
      [{ userId: 'dora' }, '2026-03-11T09:00:00Z', 'click'],
    )
  })
  afterEach(() => analytics.close())

  const add = (...events: [Partial<ImportEvent>, string, string][]) =>
    analytics.import(
      events.map(([ids, timestamp, eventType]) => ({ ...ids, timestamp, eventType, sessionId: `s-${timestamp}` })),
    )
  const states = async (query: LifecycleQuery) =>
    (await analytics.query(query)).result.rows.map((row) => [row.new, row.returning, row.resurrecting, row.dormant])
  const sizes = async () => (await analytics.query(firstTime)).result.cohorts.map(({ size }) => size)

  it('is known to the store: nothing is scanned but the range and the interval before it', async () => {
    expect(await states(lifecycle)).toEqual([
      [1, 0, 1, -1],
      [1, 0, 0, -2],
    ])
    expect(await sizes()).toEqual([1, 1])
    const { result } = await analytics.query({
      kind: 'people',
      of: lifecycle,
      cell: { start: '2026-03-10T00:00:00+00:00', state: 'resurrecting' },
    })
    expect(result.users).toEqual([{ userId: 'ben' }])
  })

  it.each<[string, LifecycleQuery | RetentionQuery]>([
    ['a lifecycle has a condition', { ...lifecycle, where }],
    ['the event of one has', { ...lifecycle, event: { event: 'view', where } }],
    ['a retention has one', { ...firstTime, where }],
    ['its start event has', { ...firstTime, startEvent: { event: 'view', where } }],
  ])('is looked for in all events where %s', async (_sentence, query) => {
    await expect(analytics.query(query)).rejects.toMatchObject({ code: 'query_too_large', details: { rows: 8 } })
  })

  it('is looked for in all events where the store has not seen all of them', async () => {
    await removeRecord(store.records, FIRST_SEEN_RECORD)
    for (const query of [lifecycle, firstTime])
      await expect(analytics.query(query)).rejects.toMatchObject({ code: 'query_too_large', details: { rows: 8 } })
  })

  it('takes only events of the types that are asked for', async () => {
    expect(await states(ofViews)).toEqual([
      [2, 0, 0, -1],
      [0, 0, 0, -2],
    ])
  })

  it('changes an answer that was kept when somebody turns out to be somebody else, or a late event comes', async () => {
    expect((await states(lifecycle))[0]).toEqual([1, 0, 1, -1])
    expect((await analytics.query(lifecycle)).meta.cached).toBe(true)
    await store.linkIdentities([{ anonymousId: 'phone', userId: 'anna' }])
    expect((await states(lifecycle))[0]).toEqual([0, 0, 2, -1])
    expect((await states(lifecycle))[1]).toEqual([1, 0, 0, -2])
    expect(await sizes()).toEqual([0, 1])
    await add([{ userId: 'dora' }, '2025-01-01T00:00:00Z', 'view'])
    expect((await states(lifecycle))[1]).toEqual([0, 0, 1, -2])
    expect(await sizes()).toEqual([0, 0])
  })
})
