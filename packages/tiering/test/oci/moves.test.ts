import { AnalyticsError } from '@analytics/protocol'
import { describe, expect, it } from 'vitest'
import { parquetFormat } from '../../src/formats/parquet.js'
import { type ServiceFault, seededRandom } from '../../src/testing/index.js'
import { createWorld, DAY, eventsOf, expectConsistent, NEXT_DAY, type World } from '../world.js'
import { startStandIn } from './stand-in.js'

const HOUR_MS = 3_600_000

/** What may go wrong with a request; a run in which nothing else happens still ends. */
const FAULTS: readonly ServiceFault[] = [
  { kind: 'fail-before' },
  { kind: 'fail-after' },
  { kind: 'refuse', status: 503, code: 'ServiceUnavailable' },
  { kind: 'refuse', status: 429, code: 'TooManyRequests' },
  { kind: 'truncate', at: 40 },
  { kind: 'flip-bit', at: 20 },
  { kind: 'stale-list', missing: 1 },
]

/** Runs until nothing is due; a run that fails is followed by another, as the job does it. */
async function runUntilDone(world: World): Promise<number> {
  for (let runs = 1; runs <= 50; runs++) {
    const tiering = world.open()
    try {
      await tiering.run()
    } catch (error) {
      // Whatever went wrong was told as an error of the library's own.
      expect(error).toBeInstanceOf(AnalyticsError)
    } finally {
      await tiering.close()
    }
    world.time += 3_600_000
    const { due } = await world.open().plan()
    if (due.length === 0) return runs
  }
  throw new Error('the days never moved')
}

describe('Days that move to OCI, through the real SDK over HTTP', () => {
  it('lie there as Parquet, and read as they were', async () => {
    const standIn = await startStandIn()
    const world = createWorld(parquetFormat(), standIn.open())
    const events = [...eventsOf(DAY, 300), ...eventsOf(NEXT_DAY, 200)]
    await world.hot.insert(events)
    expect(await runUntilDone(world)).toBe(1)
    const parquet = standIn.service.objects('cold').filter(({ name }) => name.endsWith('.parquet'))
    expect(parquet.map(({ name }) => name.split('/').slice(0, 2).join('/'))).toEqual([
      `events/dt=${DAY}`,
      `events/dt=${NEXT_DAY}`,
    ])
    expect(parquet.every(({ tier }) => tier === 'InfrequentAccess')).toBe(true)
    expect(await world.hot.read()).toEqual([])
    await expectConsistent(world, events)
    await standIn.close()
  })

  it.each([1, 2, 3, 4, 5, 6])('lose and double nothing, whatever the network does (seed %i)', async (seed) => {
    const standIn = await startStandIn()
    const random = seededRandom(seed)
    const cold = standIn.open({ attempts: 2, deadline: { ms: 2000 } })
    const world = createWorld(undefined, cold)
    const days = Array.from({ length: 8 }, (_, i) => `2026-07-${20 + i}`)
    const events = days.flatMap((day, i) => eventsOf(day, 20 + i, seed))
    await world.hot.insert(events)
    await cold.head('a')
    let faults = 0
    standIn.service.fail(() => {
      if (random() >= 0.4) return undefined
      faults++
      return FAULTS[Math.floor(random() * FAULTS.length)]
    })
    await runUntilDone(world)
    expect(faults).toBeGreaterThan(10)
    standIn.service.fail(undefined)
    expect(await world.hot.read()).toEqual([])
    await expectConsistent(world, events)
    await standIn.close()
  })

  it('go to the archive tier in place, and are read again while they are restored', async () => {
    const standIn = await startStandIn({ restoreMs: HOUR_MS })
    const world = createWorld(undefined, standIn.open())
    world.policy = { dropAfter: '90d', archiveAfter: '1y' }
    const events = [...eventsOf(DAY, 30), ...eventsOf(NEXT_DAY, 20)]
    await world.hot.insert(events)
    await runUntilDone(world)
    world.time += 365 * 86_400_000
    standIn.clock.now = world.time
    expect((await world.open().archive()).moved).toHaveLength(2)
    const segments = () => standIn.service.objects('cold').filter(({ name }) => name.startsWith('events/'))
    expect(segments().map(({ archivalState }) => archivalState)).toEqual(['Archived', 'Archived'])
    // What describes them stays readable.
    const others = standIn.service.objects('cold').filter(({ name }) => !name.startsWith('events/'))
    expect(others.every(({ tier }) => tier === 'InfrequentAccess')).toBe(true)
    expect(others.length).toBeGreaterThan(0)
    const { objects } = await world.open().explain(DAY)
    expect(objects[0]!.paidUntil).toBe(objects[0]!.archivedAt! + 90 * 86_400_000)

    const { restore } = world.open()
    const { id, state } = await restore.request({ from: 0, to: Number.MAX_SAFE_INTEGER }, { hours: 10 })
    expect(state).toBe('restoring')
    world.time += HOUR_MS
    standIn.clock.now = world.time
    expect(await restore.status(id)).toMatchObject({ state: 'ready', readableUntil: world.time + 10 * HOUR_MS })
    await expectConsistent(world, events)
    await standIn.close()
  })
})
