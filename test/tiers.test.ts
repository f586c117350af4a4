import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Analytics, createAnalytics, type HotStore, type ImportEvent } from '@analytics/node'
import { duckdbStore } from '@analytics/node/duckdb'
import { memoryStore } from '@analytics/node/memory'
import { DAY_MS, type EventRow, type StoredEvent } from '@analytics/protocol'
import { createTiering, type HotTier, type Tiering } from '@analytics/tiering'
import { fileObjectStore } from '@analytics/tiering/file'
import { hotTierContract } from '@analytics/tiering/testing'
import { afterEach, beforeEach, describe, expect, expectTypeOf, it } from 'vitest'

const START = Date.UTC(2026, 0, 10)
const RANGE = { from: '2026-01-01', to: '2026-01-19' }
const STEPS = [
  { event: 'view' },
  { event: 'cart' },
  { event: 'buy', where: { property: 'properties.amount', op: 'gt', value: 5 } },
] as const

/** Visits of 40 people over six days; some identify on the way, some cross midnight. */
function* visits(): Generator<ImportEvent> {
  for (let person = 0; person < 40; person++) {
    const start = START + (person % 6) * DAY_MS + person * 3_000_000
    const event = (eventType: string, minutes: number, identified: boolean): ImportEvent => ({
      eventType,
      anonymousId: `device-${person}`,
      ...(identified ? { userId: `user-${person % 30}` } : {}),
      sessionId: `session-${person}`,
      timestamp: new Date(start + minutes * 60_000).toISOString(),
      properties: { amount: person, name: 'Zoë', nested: { list: [person] } },
    })
    yield event('view', 0, false)
    if (person % 2 === 0) yield event('cart', 30, false)
    if (person % 4 === 0) yield event('buy', 700, true)
  }
}

/** The event as a store takes it. */
function storedOf(row: EventRow): StoredEvent {
  const { eventTimestamp, receivedTimestamp, processingTimestamp } = row
  return {
    ...row,
    eventTimestamp: Date.parse(eventTimestamp),
    receivedTimestamp: Date.parse(receivedTimestamp),
    processingTimestamp: Date.parse(processingTimestamp),
  }
}

describe.each([
  ['duckdb', (folder: string): HotStore => duckdbStore({ path: join(folder, 'hot.duckdb') })],
  ['memory', (): HotStore => memoryStore()],
])('days of %s that moved to files', (_name, openStore) => {
  let folder: string
  let now: number
  let analytics: Analytics
  let tiering: Tiering
  let store: HotStore

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'analytics-tiers-'))
    now = START + 10 * DAY_MS
    await open()
    await analytics.import(visits())
  })
  const open = async () => {
    store = openStore(folder)
    const cold = fileObjectStore({ dir: join(folder, 'cold') })
    tiering = createTiering({ hot: store, cold, policy: { dropAfter: '90d' }, now: () => now })
    analytics = await createAnalytics({ store, tiering, jobs: false, now: () => now })
  }
  /** As another process finds it: which ids came lately is not known any more. */
  const reopen = async () => {
    await tiering.close()
    await analytics.close()
    await open()
  }
  afterEach(async () => {
    await tiering.close()
    await analytics.close()
    await rm(folder, { recursive: true, force: true })
  })

  /** Every kind of question, with what was read. */
  const ask = async () => {
    const funnel = await analytics.query({ kind: 'funnel', range: RANGE, steps: STEPS, window: '1d' })
    const trend = await analytics.query({
      kind: 'trend',
      range: RANGE,
      metrics: ['events', 'users', { name: 'sum', aggregate: 'sum', property: 'properties.amount' }],
    })
    const events = await analytics.query({ kind: 'events', range: RANGE, limit: 1000 })
    const user = await analytics.query({ kind: 'events', range: RANGE, userId: 'user-4', order: 'asc' })
    return {
      results: [funnel, trend, events, user].map(({ result }) => result),
      funnel: funnel.result,
      meta: funnel.meta,
    }
  }

  it('answer every question as before, and say where they were read', async () => {
    const before = await ask()
    expect(before.meta.tiersRead).toMatchObject({ hot: { rows: 68 }, cold: { segments: 0 } })
    expect(await tiering.run()).toMatchObject({ moved: [], failed: [] })

    now = START + 93 * DAY_MS + 1
    const partly = await tiering.run()
    expect(partly.failed).toEqual([])
    expect(partly.moved.map(({ day }) => day)).toEqual(['2026-01-10', '2026-01-11', '2026-01-12'])
    const between = await ask()
    expect(between.results).toEqual(before.results)
    expect(between.meta.tiersRead.cold.segments).toBe(3)
    expect(between.meta.tiersRead.hot.rows).toBeGreaterThan(0)

    now = START + 200 * DAY_MS
    await tiering.run()
    expect(await store.listDays()).toEqual([])
    const after = await ask()
    expect(after.results).toEqual(before.results)
    expect(after.meta).toMatchObject({ complete: true, tiersRead: { hot: { rows: 0 } } })
    expect(after.meta.tiersRead.cold).toMatchObject({ segments: 7, bytes: expect.any(Number) })

    expect(await tiering.run()).toMatchObject({ moved: [], failed: [] })
    expect(await tiering.verify({ deep: true })).toMatchObject({ problems: [] })
  })

  it('take late arrivals, which count at once and move later', async () => {
    now = START + 200 * DAY_MS
    await tiering.run()
    const funnel = (await ask()).funnel
    const late = {
      anonymousId: 'device-1',
      sessionId: 's',
      timestamp: new Date(START + DAY_MS + 3_000_000 + 60_000).toISOString(),
    }
    await analytics.import([{ ...late, eventType: 'cart' }])
    const hotAndCold = await ask()
    expect(hotAndCold.funnel.steps[1]!.users).toBe(funnel.steps[1]!.users + 1)
    expect(hotAndCold.meta.tiersRead.hot.rows).toBe(1)
    expect((await tiering.run()).moved.map(({ day, rows }) => [day, rows])).toEqual([['2026-01-11', 1]])
    const moved = await ask()
    expect(moved.results).toEqual(hotAndCold.results)
    expect(moved.meta.tiersRead.hot.rows).toBe(0)
  })

  it('count an event once that comes again after its day has left the hot store', async () => {
    const before = await ask()
    now = START + 200 * DAY_MS
    await tiering.run()
    const { events } = (await analytics.query({ kind: 'events', range: RANGE, limit: 1000 })).result
    if (store.capabilities.durable) await reopen()
    await store.insertEvents(events.slice(0, 9).map(storedOf))
    expect((await store.listDays()).reduce((sum, { rows }) => sum + rows, 0)).toBe(9)
    expect((await ask()).results).toEqual(before.results)
    const page = await analytics.query({ kind: 'events', range: RANGE, limit: 5 })
    expect(page.result.events).toHaveLength(5)

    const fresh = { anonymousId: 'd', sessionId: 's', eventType: 'other', timestamp: events[0]!.eventTimestamp }
    await analytics.import([fresh])
    const moved = await tiering.run()
    expect(moved.failed).toEqual([])
    expect(moved.moved.reduce((sum, { rows }) => sum + rows, 0)).toBe(1)
    expect(await store.listDays()).toEqual([])
    const after = await analytics.query({ kind: 'events', range: RANGE, limit: 1000 })
    expect(after.result.events).toHaveLength(events.length + 1)
    expect(await tiering.verify({ deep: true })).toMatchObject({ problems: [] })
  })

  it('can be left out of a query', async () => {
    now = START + 93 * DAY_MS + 1
    await tiering.run()
    const { meta } = await analytics.query({ kind: 'funnel', range: RANGE, steps: STEPS, tiers: 'hot' })
    expect(meta.tiersRead.cold.segments).toBe(0)
    expect(meta.tiersRead.hot.rows).toBeLessThan(68)
  })

  it('answer the same while they move', async () => {
    const before = (await ask()).results
    now = START + 200 * DAY_MS
    const running = tiering.run()
    let isMoving = true
    void running.finally(() => (isMoving = false))
    let asked = 0
    while (isMoving || asked === 0) {
      expect((await ask()).results).toEqual(before)
      asked++
      // A store in memory answers without ever leaving the turn of the event loop in which the move waits for its files.
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect((await running).moved).toHaveLength(7)
  })
})

describe('the stores of @analytics/node', () => {
  it('are hot tiers', () => {
    expectTypeOf<HotStore>().toExtend<HotTier>()
  })

  for (const { name, run } of hotTierContract) {
    it(`duckdb: ${name}`, async () => {
      let now = START
      const store = duckdbStore({ path: ':memory:', now: () => now })
      await store.setup('auto')
      try {
        await run({
          hot: store,
          insert: async (events) => void (await store.insertEvents(events)),
          advance: async (ms) => {
            now += ms
          },
        })
      } finally {
        await store.close()
      }
    })
  }
})
