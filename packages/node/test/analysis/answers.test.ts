import { duckdbStore } from '@analytics/node/duckdb'
import { memoryStore } from '@analytics/node/memory'
import { sampleEvent } from '@analytics/node/testing'
import { AnalyticsError, type TrendQuery } from '@analytics/protocol'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { answerCache } from '../../src/analysis/answer-cache.js'
import { queryEngine } from '../../src/analysis/query.js'
import { resolveQueries } from '../../src/analysis/query-limits.js'
import type { HotStore } from '../../src/store.js'

const DAY = Date.UTC(2026, 0, 15)
const query: TrendQuery = {
  kind: 'trend',
  range: { from: '2026-01-15', to: '2026-01-16' },
  metrics: ['events', 'users'],
}

describe.each([
  ['memory', () => memoryStore()],
  ['DuckDB', () => duckdbStore({ path: ':memory:' })],
])('answers about a store in %s', (_name, open: () => HotStore) => {
  let store: HotStore
  let number = 0
  const insert = (at: number, more = {}) =>
    store.insertEvents([sampleEvent({ eventTimestamp: at, userId: `user ${number++}`, ...more })])
  const engine = (options = {}) =>
    queryEngine({ store, cold: undefined, now: () => DAY + 40 * 86_400_000, limits: resolveQueries(options) })

  beforeEach(async () => {
    store = open()
    await store.setup('auto')
    await insert(DAY)
  })
  afterEach(() => store.close())

  it('are kept until an event of their days is stored', async () => {
    const { run } = engine()
    const first = await run(query)
    expect(first.meta.cached).toBeUndefined()
    expect(await run({ ...query, timeoutMs: 5000 })).toEqual({
      result: first.result,
      meta: { ...first.meta, cached: true, durationMs: expect.any(Number) },
    })
    await insert(DAY + 10 * 86_400_000)
    expect((await run(query)).meta.cached).toBe(true)
    await insert(DAY + 1)
    const second = await run(query)
    expect(second.meta.cached).toBeUndefined()
    expect(second.result.series[0]!.points[0]!.value).toBe(2)
  })

  it('are made again when people, definitions or the catalog change', async () => {
    const { run } = engine()
    const isKept = async () => (await run(query)).meta.cached === true
    await run(query)
    expect(await isKept()).toBe(true)
    const changes = [
      () => store.linkIdentities([{ anonymousId: `device ${number++}`, userId: 'anna' }]),
      () => store.records.put('definition', 'metric/a/1', {}, 0),
      () => store.records.put('tier', '2026-01-15', {}, 0),
      () => store.records.put('suppression', 'somebody', {}, 0),
      () => store.eraseSubject({ userIds: ['user 0'], anonymousIds: [] }),
    ]
    for (const change of changes) {
      await change()
      expect(await isKept()).toBe(false)
      expect(await isKept()).toBe(true)
    }
    await store.acquireLease('work', { owner: 'a', ttlMs: 1000 })
    await store.insertEvents([])
    expect(await isKept()).toBe(true)
  })

  it("can't be changed by who got them", async () => {
    const { run } = engine()
    const { result } = await run(query)
    result.series.length = 0
    expect((await run(query)).result.series).toHaveLength(2)
  })

  it('are not kept where the option says so', async () => {
    const { run } = engine({ cacheCharacters: 0 })
    await run(query)
    expect((await run(query)).meta.cached).toBeUndefined()
  })

  it('are refused where they take too many rows, pages of events excepted', async () => {
    for (let i = 1; i < 5; i++) await insert(DAY + i)
    const { run } = engine({ maxRows: 4 })
    const refused = run(query)
    await expect(refused).rejects.toBeInstanceOf(AnalyticsError)
    await expect(refused).rejects.toMatchObject({ code: 'query_too_large', details: { rows: 5, maxRows: 4 } })
    await expect(run({ kind: 'events', range: query.range })).resolves.toMatchObject({ result: {} })
  })

  it('are refused where too many wait', async () => {
    const { run } = engine({ concurrency: 1, maxWaiting: 1, cacheCharacters: 0 })
    const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => run(query)))
    const codes = outcomes.map((one) => (one.status === 'rejected' ? (one.reason as AnalyticsError).code : 'answered'))
    expect(codes.filter((code) => code === 'answered')).toHaveLength(2)
    expect(codes.filter((code) => code === 'too_many_queries')).toHaveLength(3)
  })
})

describe('the cache', () => {
  it('forgets what was used longest ago, and takes nothing that is too large', () => {
    const cache = answerCache(20)
    cache.set('a', '12345678')
    cache.set('b', '12345678')
    expect(cache.get('a')).toBe('12345678')
    cache.set('c', '1234')
    expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual(['12345678', undefined, '1234'])
    cache.set('d', 'x'.repeat(100))
    expect([cache.get('a'), cache.get('d')]).toEqual(['12345678', undefined])
  })
})

describe('limits', () => {
  it('are refused where they make no sense', () => {
    for (const options of [{ concurrency: 0 }, { maxRows: -1 }, { timeoutMs: 1.5 }, { maxWaiting: Number.NaN }])
      expect(() => resolveQueries(options)).toThrow(expect.objectContaining({ code: 'invalid_options' }))
    expect(resolveQueries({ maxWaiting: 0 })).toMatchObject({ maxWaiting: 0, concurrency: 2 })
  })
})
