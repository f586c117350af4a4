import { DAY_MS, dayStart } from '@analytics/protocol'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createTiering } from '../../src/create-tiering.js'
import { textBody } from '../../src/operations/transfer.js'
import type { Tiering } from '../../src/tiering.js'
import { tempDir } from '../temp-dir.js'
import { createWorld, DAY, eventsOf, NEXT_DAY, type World } from '../world.js'

const dir = tempDir()
const ALL = { from: 0, to: Number.MAX_SAFE_INTEGER }

describe('metrics', () => {
  let exporter: InMemoryMetricExporter
  let provider: MeterProvider
  let world: World
  let tiering: Tiering

  beforeEach(() => {
    exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })
    provider = new MeterProvider({ readers: [reader] })
    world = createWorld()
    tiering = openWith(world)
  })
  afterEach(() => provider.shutdown())

  function openWith({ hot, cold, policy, format }: World): Tiering {
    const meter = provider.getMeter('analytics')
    return createTiering({ hot, cold, policy, format, now: () => world.time, tempDir: dir, meter })
  }

  /** Values by name and attributes. */
  async function collected(): Promise<Record<string, number>> {
    exporter.reset()
    await provider.forceFlush()
    const metrics = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics))
    const points = metrics.flatMap(({ descriptor, dataPoints }) =>
      dataPoints.map(({ attributes, value }): [string, number] => [
        [descriptor.name.replace('analytics.tiering.', ''), ...Object.values(attributes)].join(' '),
        value as number,
      ]),
    )
    return Object.fromEntries(points)
  }

  it('tell how late moves are, and nothing once they are done', async () => {
    await world.hot.insert([...eventsOf(DAY, 10), ...eventsOf(NEXT_DAY, 10)])
    expect(await collected()).toMatchObject({ lag: (9 * DAY_MS) / 1000, due: 2, parked: 0 })
    await tiering.park(DAY)
    world.time += DAY_MS
    expect(await collected()).toMatchObject({ lag: (9 * DAY_MS) / 1000, due: 1, parked: 1 })
    await tiering.retry(DAY)
    await tiering.run()
    world.time += DAY_MS
    expect(await collected()).toMatchObject({ lag: 0, due: 0, parked: 0 })
  })

  it('go on telling what is due while the database is down, growing older', async () => {
    let isDown = false
    const hot = {
      ...world.hot,
      listDays: async () => (isDown ? Promise.reject(new Error('down')) : world.hot.listDays()),
    }
    await tiering.close()
    tiering = openWith({ ...world, hot })
    await world.hot.insert(eventsOf(DAY, 10))
    const { lag } = await collected()
    isDown = true
    world.time += DAY_MS
    expect(await collected()).toMatchObject({ lag: lag! + DAY_MS / 1000, due: 1 })
  })

  it('tell of erasures that are not complete, and of those that are late', async () => {
    await world.hot.insert(eventsOf(DAY, 50))
    await tiering.run()
    await tiering.hold.add({ from: dayStart(DAY), to: dayStart(DAY) + 1, reason: 'a case' })
    const userIds = [...new Set(eventsOf(DAY, 50).flatMap(({ userId }) => userId ?? []))]
    await tiering.erase.request({ userIds }, { within: '2d' })
    world.time += DAY_MS
    expect(await collected()).toMatchObject({ 'erasure.age': DAY_MS / 1000, 'erasure.overdue': 0 })
    world.time += 2 * DAY_MS
    expect(await collected()).toMatchObject({ 'erasure.age': (3 * DAY_MS) / 1000, 'erasure.overdue': 1 })
  })

  it('count orphans, requests, bytes, and what the cache had', async () => {
    await world.hot.insert(eventsOf(DAY, 50))
    await tiering.run()
    for (let i = 0; i < 2; i++)
      for await (const _ of tiering.scan(ALL)) {
        // Read for what is counted.
      }
    const name = `events/dt=${DAY}/0123456789abcdef0123456789abcdef.ndjson`
    await world.cold.put(name, textBody('orphan'))
    await tiering.gc()
    const found = await collected()
    expect(found).toMatchObject({
      orphans: 1,
      'requests put': 3,
      'requests get': 2,
      'requests head': 1,
      'requests list': 2,
      'cache miss': 1,
    })
    expect(found['cache hit']).toBeGreaterThanOrEqual(1)
    const { total } = await tiering.costs()
    expect([found['io sent'], found['io read']]).toEqual([total.bytesSent, total.bytesRead])
  })

  it('end with tiering', async () => {
    await world.hot.insert(eventsOf(DAY, 10))
    const before = await collected()
    expect(before.lag).toBeGreaterThan(0)
    await tiering.close()
    world.time += DAY_MS
    expect(await collected()).toMatchObject({ lag: before.lag })
  })
})
