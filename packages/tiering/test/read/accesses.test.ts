import { DAY_MS, dayStart } from '@analytics/protocol'
import { describe, expect, it } from 'vitest'
import type { Tiering } from '../../src/tiering.js'
import { catalogDay, createWorld, DAY, eventsOf, expectConsistent, NEXT_DAY, type World } from '../world.js'

const HOUR_MS = 3_600_000

async function movedWorld(): Promise<World> {
  const world = createWorld()
  await world.hot.insert([...eventsOf(DAY, 30), ...eventsOf(NEXT_DAY, 40)])
  await world.open().run()
  return world
}

async function readDay(tiering: Tiering): Promise<void> {
  for await (const _ of tiering.scan({ from: dayStart(DAY), to: dayStart(DAY) + DAY_MS })) {
    // Read for the trace that it leaves.
  }
}

const lastAccessed = async (world: World) =>
  Promise.all([DAY, NEXT_DAY].map(async (day) => (await catalogDay(world, day))!.lastAccessed))

describe('a day that is read', () => {
  it('says when, once an hour, and others do not', async () => {
    const world = await movedWorld()
    const tiering = world.open()
    expect(await lastAccessed(world)).toEqual([null, null])
    const first = world.time
    await readDay(tiering)
    world.time += HOUR_MS - 1
    await readDay(tiering)
    await tiering.close()
    expect(await lastAccessed(world)).toEqual([first, null])

    const other = world.open()
    world.time += 1
    await readDay(other)
    await other.close()
    expect(await lastAccessed(world)).toEqual([first + HOUR_MS, null])
  })

  it('is not held up in its move by that', async () => {
    const world = await movedWorld()
    const late = eventsOf(DAY, 5, 3)
    await world.hot.insert(late)
    const reader = world.open()
    let isRead = false
    const mover = world.open(async (operation, phase) => {
      // Between the look at the day and the first change of it.
      if (operation !== 'hot.sealDay' || phase === 'before' || isRead) return
      isRead = true
      await readDay(reader)
      await reader.close()
    })
    expect(await mover.run()).toMatchObject({ failed: [], moved: [{ day: DAY, rows: 5 }] })
    expect(await lastAccessed(world)).toEqual([world.time, null])
    await expectConsistent(world, [...eventsOf(DAY, 30), ...eventsOf(NEXT_DAY, 40), ...late])
  })

  it('is still held up by whatever else changes it', async () => {
    const world = await movedWorld()
    await world.hot.insert(eventsOf(DAY, 5, 3))
    let isHeld = false
    const mover = world.open(async (operation, phase) => {
      if (operation !== 'hot.sealDay' || phase === 'before' || isHeld) return
      isHeld = true
      const other = world.open()
      await other.hold.add({ from: dayStart(DAY), to: dayStart(DAY) + 1, reason: 'a case' })
      await readDay(other)
      await other.close()
    })
    expect((await mover.run()).failed).toMatchObject([{ day: DAY, code: 'catalog_conflict' }])
  })
})
