import { AnalyticsError } from '@analytics/protocol'
import { describe, expect, it } from 'vitest'
import { catalogDay, createWorld, DAY, eventsOf, expectSameEvents, NEXT_DAY, readEverything } from '../world.js'

const HOUR_MS = 3_600_000

/** A world in which each put fails with that code. */
async function brokenWorld(code: ConstructorParameters<typeof AnalyticsError>[0]) {
  const world = createWorld()
  const events = eventsOf(DAY, 20)
  await world.hot.insert(events)
  const { put } = world.cold
  world.cold.put = async () => {
    throw new AnalyticsError(code)
  }
  const mend = () => {
    world.cold.put = put
  }
  const runTimes = async (times: number) => {
    for (let i = 0; i < times; i++) {
      await world.open().run()
      world.time += 7 * HOUR_MS
    }
  }
  return { world, events, mend, runTimes }
}

describe('a day that fails', () => {
  it('is left alone after eight attempts, with its rows, until it is retried', async () => {
    const { world, events, mend, runTimes } = await brokenWorld('checksum_mismatch')
    await runTimes(7)
    expect((await world.open().plan()).parked).toEqual([])
    await runTimes(3)
    expect((await world.open().plan()).parked).toMatchObject([{ day: DAY, by: 'failures' }])
    expect((await catalogDay(world, DAY))!.attempts).toBe(8)
    expectSameEvents(await readEverything(world), events)
    mend()
    expect(await world.open().run()).toMatchObject({ moved: [] })
    expect(await world.open().retry(DAY)).toEqual([DAY])
    expect((await world.open().run()).moved).toMatchObject([{ day: DAY, rows: 20 }])
    expect((await world.open().status()).days[0]).toMatchObject({ attempts: 0, state: 'cold' })
  })

  it('is tried for ever where the fault is not its own', async () => {
    const { world, mend, runTimes } = await brokenWorld('store_unavailable')
    await runTimes(12)
    expect((await world.open().plan()).parked).toEqual([])
    mend()
    expect((await world.open().run()).moved).toMatchObject([{ day: DAY }])
  })

  it('is tried at once when it is retried', async () => {
    const { world, mend } = await brokenWorld('checksum_mismatch')
    await world.open().run()
    mend()
    expect(await world.open().run()).toMatchObject({ moved: [], skipped: [{ day: DAY, reason: 'backoff' }] })
    expect(await world.open().retry()).toEqual([DAY])
    expect((await world.open().run()).moved).toMatchObject([{ day: DAY }])
    expect(await world.open().retry()).toEqual([])
    await expect(world.open().retry(DAY)).rejects.toMatchObject({ code: 'invalid_options', field: 'day' })
    await expect(world.open().retry('soon')).rejects.toMatchObject({ code: 'invalid_options', field: 'day' })
  })
})

describe('a day that is parked by hand', () => {
  it('stays where it is while others move', async () => {
    const world = createWorld()
    await world.hot.insert([...eventsOf(DAY, 20), ...eventsOf(NEXT_DAY, 10)])
    const tiering = world.open()
    await tiering.park(DAY)
    await tiering.park(DAY)
    expect((await tiering.run()).moved).toMatchObject([{ day: NEXT_DAY }])
    expect((await tiering.explain(DAY)).parked).toMatchObject({ by: 'hand' })
    expect((await tiering.status()).days).toMatchObject([{ day: DAY, state: 'hot', hotRows: 20 }, { day: NEXT_DAY }])
    await tiering.retry(DAY)
    expect((await tiering.run()).moved).toMatchObject([{ day: DAY }])
    expect(world.hot.auditLog().map(({ action }) => action)).toContain('tiering.park')
    await expect(tiering.park('2026-13-01')).rejects.toMatchObject({ code: 'invalid_options' })
  })
})
