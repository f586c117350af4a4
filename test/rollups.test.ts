import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Analytics, createAnalytics, type Grain, type HotStore, type UserMetrics } from '@analytics/node'
import { duckdbStore } from '@analytics/node/duckdb'
import { memoryStore } from '@analytics/node/memory'
import { DAY_MS } from '@analytics/protocol'
import { createTiering, type Tiering } from '@analytics/tiering'
import { fileObjectStore } from '@analytics/tiering/file'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const HOUR_MS = 3_600_000
/** A Wednesday. */
const START = Date.UTC(2026, 0, 14, 10)
const MONDAY = Date.UTC(2026, 0, 12)

describe.each([
  ['duckdb', (folder: string, now: () => number): HotStore => duckdbStore({ path: join(folder, 'hot.duckdb'), now })],
  ['memory', (_folder: string, now: () => number): HotStore => memoryStore({ now })],
])('rollups of %s', (_name, openStore) => {
  let folder: string
  let now: number
  let store: HotStore
  let tiering: Tiering
  let analytics: Analytics

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'analytics-rollups-'))
    now = START
    store = openStore(folder, () => now)
    const cold = fileObjectStore({ dir: join(folder, 'cold') })
    tiering = createTiering({ hot: store, cold, policy: { dropAfter: '90d' }, now: () => now })
    analytics = await createAnalytics({ store, tiering, jobs: false, now: () => now })
  })
  afterEach(async () => {
    await tiering.close()
    await analytics.close()
    await rm(folder, { recursive: true, force: true })
  })

  const visit = (person: Record<string, string>, time: number, page: string) =>
    analytics.import([
      {
        eventType: 'page_view',
        sessionId: 's1',
        timestamp: new Date(time).toISOString(),
        context: { page: { url: `https://shop.example/${page}` } },
        ...person,
      },
    ])

  const metrics = async (grain: Grain): Promise<UserMetrics[]> => {
    const rows: UserMetrics[] = []
    for await (const page of store.rollups.read({ grain, from: 0, to: START + 400 * DAY_MS })) rows.push(...page)
    return rows
  }
  const brief = async (grain: Grain) =>
    (await metrics(grain)).map(({ bucket, userId, anonymousId, pageViews, uniquePages, totalSessions }) => ({
      bucket,
      who: userId ?? anonymousId,
      pageViews,
      uniquePages,
      totalSessions,
    }))

  it('are computed when their bucket is over, by the job of their grain', async () => {
    await visit({ userId: 'anna' }, START, 'a')
    now = START + 30 * 60_000
    expect((await analytics.jobs.run('aggregate-hourly')).facts).toEqual({ buckets: 0, stale: 0 })
    expect(await metrics('hour')).toEqual([])
    now = START + HOUR_MS
    expect((await analytics.jobs.run('aggregate-hourly')).facts).toEqual({ buckets: 1, stale: 0 })
    expect(await brief('hour')).toEqual([
      { bucket: START, who: 'anna', pageViews: 1, uniquePages: 1, totalSessions: 1 },
    ])
    expect((await analytics.jobs.run('aggregate-hourly')).facts).toEqual({ buckets: 0, stale: 0 })
    expect((await analytics.jobs.run('aggregate-daily')).facts).toEqual({ buckets: 0, stale: 0 })
    now = START + DAY_MS
    await analytics.jobs.run('aggregate-daily')
    expect(await brief('day')).toMatchObject([{ bucket: Date.UTC(2026, 0, 14), who: 'anna', pageViews: 1 }])
  })

  it('count a week from its events, not from its days', async () => {
    for (const day of [0, 1, 2]) await visit({ userId: 'anna' }, START + day * DAY_MS, day === 2 ? 'b' : 'a')
    now = START + 3 * DAY_MS
    await analytics.jobs.run('aggregate-daily')
    await analytics.jobs.run('aggregate-weekly')
    expect((await brief('day')).map(({ uniquePages }) => uniquePages)).toEqual([1, 1, 1])
    expect(await brief('week')).toEqual([
      { bucket: MONDAY, who: 'anna', pageViews: 3, uniquePages: 2, totalSessions: 1 },
    ])
  })

  it('are computed again for late events within a minute, and for nothing else', async () => {
    await visit({ userId: 'anna' }, START, 'a')
    now = START + 8 * DAY_MS
    for (const job of ['aggregate-hourly', 'aggregate-daily', 'aggregate-weekly'] as const)
      await analytics.jobs.run(job)
    expect((await analytics.jobs.run('aggregate-late')).facts).toEqual({ buckets: 0, stale: 0 })
    await visit({ userId: 'anna' }, START + 60_000, 'b')
    await visit({ userId: 'ben' }, now, 'c')
    expect((await analytics.jobs.run('aggregate-late')).facts).toEqual({ buckets: 3, stale: 0 })
    for (const grain of ['hour', 'day', 'week'] as const)
      expect(await brief(grain)).toMatchObject([{ who: 'anna', pageViews: 2, uniquePages: 2, totalSessions: 1 }])
  })

  it('follow visitors who turn out to be users', async () => {
    await visit({ anonymousId: 'device' }, START, 'a')
    await visit({ userId: 'anna' }, START + 60_000, 'b')
    now = START + 8 * DAY_MS
    for (const job of ['aggregate-hourly', 'aggregate-daily', 'aggregate-weekly'] as const)
      await analytics.jobs.run(job)
    expect((await brief('day')).map(({ who }) => who).sort()).toEqual(['anna', 'device'])
    await store.linkIdentities([{ anonymousId: 'device', userId: 'anna' }])
    expect((await analytics.jobs.run('aggregate-late')).facts).toEqual({ buckets: 3, stale: 0 })
    expect(await brief('day')).toMatchObject([{ who: 'anna', pageViews: 2, uniquePages: 2, totalSessions: 1 }])
  })

  it('are counted over the tiers where days have moved, the same as before', async () => {
    for (const [i, page] of ['a', 'b', 'a'].entries()) await visit({ anonymousId: 'device' }, START + i * 60_000, page)
    await visit({ userId: 'anna' }, START + DAY_MS, 'a')
    now = START + 8 * DAY_MS
    for (const job of ['aggregate-hourly', 'aggregate-daily', 'aggregate-weekly'] as const)
      await analytics.jobs.run(job)
    const before = await metrics('week')
    now = START + 100 * DAY_MS
    expect((await tiering.run()).failed).toEqual([])
    expect(await store.daysWithRows()).toEqual([])
    // A late row, which stays hot, beside those that moved. Its hour is too old to be kept.
    await visit({ anonymousId: 'device' }, START + 600_000, 'c')
    expect((await analytics.jobs.run('aggregate-late')).facts).toEqual({ buckets: 2, stale: 0 })
    const [device, anna] = await metrics('week')
    expect(device).toMatchObject({
      ...before[0],
      totalEvents: 4,
      pageViews: 4,
      uniquePages: 3,
      totalDurationSeconds: 600,
    })
    expect(anna).toEqual(before[1])
  })

  it('grow old, as sessions and dead letters do', async () => {
    await visit({ userId: 'anna' }, START, 'a')
    now = START + 8 * DAY_MS
    for (const job of ['aggregate-hourly', 'aggregate-daily', 'aggregate-weekly'] as const)
      await analytics.jobs.run(job)
    const letter = { reason: 'schema_violation', userId: null, anonymousId: null, event: {} }
    for (const days of [61, 63]) {
      const value = { ...letter, at: START + days * DAY_MS }
      await store.records.put('dead-letter', `letter of day ${days}`, value, 0)
    }
    now = START + 92 * DAY_MS
    expect((await analytics.jobs.run('expire')).facts).toEqual({
      metrics: 1,
      sessions: 0,
      identities: 0,
      deadLetters: 1,
      days: 0,
      failed: 0,
    })
    now = START + 800 * DAY_MS
    expect((await analytics.jobs.run('expire')).facts).toEqual({
      metrics: 1,
      sessions: 1,
      identities: 0,
      deadLetters: 1,
      days: 0,
      failed: 0,
    })
    expect(await metrics('week')).toHaveLength(1)
  })

  it('drop events of people of whom nothing more is stored, imported ones too', async () => {
    await visit({ userId: 'anna', anonymousId: 'device' }, START, 'a')
    await analytics.privacy.suppress({ anonymousId: 'device' })
    const result = await visit({ userId: 'anna' }, START, 'b')
    expect(result).toMatchObject({ imported: 0, dropped: 1 })
    await expect(analytics.track({ eventType: 'x', userId: 'anna' })).rejects.toMatchObject({ code: 'suppressed' })
    const kept = JSON.stringify([await store.records.list('suppression'), await store.records.list('audit')])
    expect(kept).not.toMatch(/anna|device/)
    await analytics.privacy.unsuppress({ userId: 'anna' })
    expect(await visit({ userId: 'anna' }, START, 'b')).toMatchObject({ imported: 1, dropped: 0 })
  })
})
