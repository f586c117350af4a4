import { DAY_MS, dayStart } from '@analytics/protocol'
import { describe, expect, it } from 'vitest'
import { faultsAt, type Strike } from '../strike.js'
import { catalogDay, createWorld, DAY, eventsOf, expectConsistent, expectSameEvents, readEverything } from '../world.js'

const ALL = { from: 0, to: Number.MAX_SAFE_INTEGER }

/** A day that is old enough to be copied, and not yet to leave the hot store. */
async function youngWorld(events = eventsOf(DAY, 30)) {
  const world = createWorld()
  world.policy = { copyAfter: '2d', dropAfter: '90d' }
  world.time = dayStart(DAY) + 5 * DAY_MS
  await world.hot.insert(events)
  return { world, events }
}

describe('copyAfter', () => {
  it('copies a day, from where it is read, and keeps its rows until dropAfter', async () => {
    const { world, events } = await youngWorld()
    const tiering = world.open()
    expect((await tiering.plan()).due).toMatchObject([
      { day: DAY, rows: 30, action: 'copy', why: 'It is 4 days old, copyAfter is 2d.' },
    ])
    expect(await tiering.run()).toMatchObject({ moved: [], copied: [{ day: DAY, rows: 30 }], failed: [] })
    expect((await catalogDay(world, DAY))!.state).toBe('copied')
    expect(await world.hot.listDays()).toEqual([{ day: DAY, rows: 30 }])
    const view = await tiering.openView(ALL)
    let read = 0
    for await (const batch of view.readEvents(DAY, ALL)) read += batch.length
    view.release()
    expect(read).toBe(30)
    await expectConsistent(world, events)

    // Nothing more until then, whatever comes.
    const late = eventsOf(DAY, 5, 2)
    await world.hot.insert(late)
    expect((await tiering.plan()).due).toEqual([])
    expect((await tiering.plan()).waiting).toEqual([
      { day: DAY, rows: 5, dueAt: dayStart(DAY) + 91 * DAY_MS, why: 'It is copied, dropAfter is 90d.' },
    ])
    expect(await tiering.run()).toMatchObject({ moved: [], copied: [] })
    await expectConsistent(world, [...events, ...late])

    world.time = dayStart(DAY) + 92 * DAY_MS
    expect(await tiering.run()).toMatchObject({ moved: [{ day: DAY, rows: 35 }], copied: [], failed: [] })
    expect(await world.hot.listDays()).toEqual([])
    await expectConsistent(world, [...events, ...late])
  })

  it('knows an event of a copied day that comes again', async () => {
    const { world, events } = await youngWorld()
    await world.open().run()
    await world.hot.insert(events)
    expect(await world.hot.listDays()).toEqual([{ day: DAY, rows: 30 }])
    await expectConsistent(world, events)
  })

  it('erases a person from both sides', async () => {
    const { world, events } = await youngWorld()
    await world.open().run()
    const isTheirs = ({ userId }: { userId: string | null }) => userId === 'user-0'
    const { id } = await world.open().erase.request({ userIds: ['user-0'] })
    world.time += DAY_MS
    expect((await world.open().erase.run()).completed).toEqual([id])
    const others = events.filter((event) => !isTheirs(event))
    expect(others.length).toBeLessThan(30)
    await expectConsistent(world, others)
    world.time = dayStart(DAY) + 92 * DAY_MS
    expect(await world.open().run()).toMatchObject({ moved: [{ rows: others.length }], failed: [] })
    await expectConsistent(world, others)
  })

  it('erases somebody who was alone on a copied day, and moves what comes after', async () => {
    const { world } = await youngWorld(eventsOf(DAY, 6).map((event) => ({ ...event, userId: 'anna' })))
    await world.open().run()
    const { id } = await world.open().erase.request({ userIds: ['anna'] })
    world.time += DAY_MS
    expect((await world.open().erase.run()).completed).toEqual([id])
    const late = eventsOf(DAY, 3, 7)
    await world.hot.insert(late)
    await expectConsistent(world, late)
    world.time = dayStart(DAY) + 92 * DAY_MS
    // The empty seal goes first.
    await world.open().run()
    expect((await world.open().run()).failed).toEqual([])
    expect(await world.hot.listDays()).toEqual([])
    await expectConsistent(world, late)
  })

  it.each([
    ['failure', 'before'],
    ['crash', 'after'],
  ] as const)('that is cut off by a %s %s any call converges in the next runs', async (kind, phase) => {
    const cutOff = async (strike: Strike): Promise<number> => {
      const { world, events } = await youngWorld()
      const faults = faultsAt(strike)
      await world
        .open(faults.hook)
        .run()
        .catch(() => {})
      expectSameEvents(await readEverything(world), events)
      expect((await world.hot.listDays())[0]).toEqual({ day: DAY, rows: 30 })
      world.time += DAY_MS
      await world.open().run()
      expect((await catalogDay(world, DAY))!.state).toBe('copied')
      await expectConsistent(world, events)
      return faults.count()
    }
    const calls = await cutOff({ call: 0, phase, kind })
    expect(calls).toBeGreaterThan(15)
    for (let call = 1; call <= calls; call++) await cutOff({ call, phase, kind })
  })
})
