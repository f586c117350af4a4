import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Analytics, createAnalytics } from '@analytics/node'
import { duckdbStore } from '@analytics/node/duckdb'
import { DAY_MS } from '@analytics/protocol'
import { createTiering, type Tiering } from '@analytics/tiering'
import { fileObjectStore } from '@analytics/tiering/file'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const HOUR_MS = 3_600_000
const START = Date.UTC(2026, 0, 10)
const QUERY = {
  kind: 'trend',
  range: { from: '2026-01-01', to: '2026-02-01' },
  metrics: ['events', 'users'],
  interval: 'day',
} as const

describe('days in the archive tier', () => {
  let folder: string
  let now: number
  let analytics: Analytics
  let tiering: Tiering
  let expected: unknown

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'analytics-archive-'))
    now = START + 100 * DAY_MS
    const store = duckdbStore({ path: join(folder, 'hot.duckdb') })
    tiering = createTiering({
      hot: store,
      cold: fileObjectStore({ dir: join(folder, 'cold'), now: () => now, restoreDelayMs: HOUR_MS }),
      policy: { dropAfter: '90d', archiveAfter: '1y', expireAfter: '3y' },
      now: () => now,
    })
    const keys = [{ key: 'rk_archive_test', scope: 'read' as const }]
    analytics = await createAnalytics({ store, tiering, keys, jobs: false, now: () => now })
    await analytics.import(
      Array.from({ length: 60 }, (_, i) => ({
        eventType: 'view',
        anonymousId: `visitor-${i % 7}`,
        sessionId: `session-${i}`,
        timestamp: new Date(START + (i % 3) * DAY_MS + i * 60_000).toISOString(),
      })),
    )
    expected = (await analytics.query(QUERY)).result
    expect((await analytics.jobs.run('tiering')).facts).toEqual({ days: 3, compacted: 0, failed: 0 })
    // Two of the three are a year old.
    now = START + 2 * DAY_MS + 365 * DAY_MS
    expect((await analytics.jobs.run('archive')).facts).toEqual({ days: 2, failed: 0 })
  })
  afterEach(async () => {
    await tiering.close()
    await analytics.close()
    await rm(folder, { recursive: true, force: true })
  })

  it('are never missing silently: a query is refused, or says what it left out', async () => {
    await expect(analytics.query(QUERY)).rejects.toMatchObject({
      code: 'archived',
      details: { days: ['2026-01-10', '2026-01-11'] },
    })
    const { result, meta } = await analytics.query({ ...QUERY, onArchived: 'partial' })
    expect(meta).toMatchObject({ complete: false, tiersRead: { archived: { segments: 2 }, cold: { segments: 1 } } })
    expect(meta.missing?.map(({ from }) => from)).toEqual(['2026-01-10T00:00:00.000Z', '2026-01-11T00:00:00.000Z'])
    expect(result).not.toEqual(expected)
    const later = { from: '2026-01-12', to: '2026-02-01' }
    expect((await analytics.query({ ...QUERY, range: later })).meta.complete).toBe(true)
  })

  it('are not needed to know who did something for the first time, unless it is something with a condition', async () => {
    const query = {
      kind: 'retention',
      range: { from: '2026-01-12', to: '2026-01-14' },
      mode: 'first-time',
      startEvent: { event: 'view' },
      returnEvent: { event: '*' },
    } as const
    await analytics.import([{ eventType: 'view', userId: 'anna', sessionId: 's', timestamp: '2026-01-13T00:00:00Z' }])
    const { result, meta } = await analytics.query(query)
    expect(meta.complete).toBe(true)
    // All visitors of the 12th were there on the days before.
    expect(result.cohorts.map(({ size }) => size)).toEqual([0, 1])
    const lifecycle = { kind: 'lifecycle', range: { from: '2026-01-13', to: '2026-01-14' } } as const
    expect((await analytics.query(lifecycle)).result.rows).toMatchObject([{ new: 1, returning: 0, dormant: -7 }])
    const where = { property: 'sessionId', op: 'exists' } as const
    for (const one of [
      { ...query, where },
      { ...lifecycle, where },
    ])
      await expect(analytics.query(one)).rejects.toMatchObject({ code: 'archived' })
  })

  it('are restored for a query that asks for it, once, and are read as they were', async () => {
    const asked = { ...QUERY, onArchived: 'restore' } as const
    const restoring = {
      code: 'restoring',
      details: {
        readyBy: new Date(now + HOUR_MS).toISOString(),
        estimate: { days: ['2026-01-10', '2026-01-11'], objects: 2 },
      },
    }
    const ids = new Set<unknown>()
    for (let i = 0; i < 3; i++) {
      const error = await analytics.query(asked).then(
        () => undefined,
        (one) => one as { details: { restoreId: string } },
      )
      expect(error).toMatchObject(restoring)
      ids.add(error!.details.restoreId)
    }
    expect(ids.size).toBe(1)
    const response = await analytics.handler(
      new Request('https://app.example/query', {
        method: 'POST',
        headers: { authorization: 'Bearer rk_archive_test', 'content-type': 'application/json' },
        body: JSON.stringify(asked),
      }),
    )
    expect([response.status, await response.json()]).toEqual([
      202,
      { ...restoring.details, restoreId: [...ids][0], estimate: expect.anything() },
    ])
    now += HOUR_MS
    const { result, meta } = await analytics.query(asked)
    expect(result).toEqual(expected)
    expect(meta).toMatchObject({ complete: true, tiersRead: { cold: { segments: 3 } } })
    // For whoever asks now they are there.
    expect((await analytics.query(QUERY)).result).toEqual(expected)
    now += 25 * HOUR_MS
    await expect(analytics.query(QUERY)).rejects.toMatchObject({ code: 'archived' })
  })

  it('expire by the same job as all else, unless they are held', async () => {
    now = START + 1110 * DAY_MS
    const { id } = await tiering.hold.add({ from: START, to: START + 1, reason: 'a case' })
    expect((await analytics.jobs.run('expire')).facts).toMatchObject({ days: 2, failed: 0 })
    expect((await tiering.status()).days.map(({ day }) => day)).toEqual(['2026-01-10'])
    await tiering.hold.release(id)
    expect((await analytics.jobs.run('expire')).facts).toMatchObject({ days: 1, failed: 0 })
    const { result, meta } = await analytics.query(QUERY)
    expect(meta).toMatchObject({ complete: true, tiersRead: { hot: { rows: 0 }, cold: { segments: 0 } } })
    expect(result).not.toEqual(expected)
  })
})
