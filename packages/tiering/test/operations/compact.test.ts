import type { StoredEvent } from '@analytics/protocol'
import { describe, expect, it } from 'vitest'
import { parquetFormat } from '../../src/formats/parquet.js'
import { idsName, sidecarName } from '../../src/segments/names.js'
import { memoryObjectStore } from '../../src/stores/memory.js'
import { faultsAt, type Strike } from '../strike.js'
import { tempDir } from '../temp-dir.js'
import {
  catalogDay,
  createWorld,
  DAY,
  eventsOf,
  expectConsistent,
  expectSameEvents,
  namesIn,
  readEverything,
  type World,
} from '../world.js'

const ALL = { from: 0, to: Number.MAX_SAFE_INTEGER }

/** A day that moved, and whose late events moved after it. */
async function fragmentedWorld(world = createWorld()): Promise<{ world: World; events: StoredEvent[] }> {
  const events: StoredEvent[] = []
  for (const [seed, count] of [30, 6, 3].entries()) {
    const some = eventsOf(DAY, count, seed + 1)
    events.push(...some)
    await world.hot.insert(some)
    await world.open().run()
  }
  world.time += 1000
  return { world, events }
}

/** One segment has all events, and nothing is left of the others. */
async function expectCompacted(world: World, events: readonly StoredEvent[]): Promise<void> {
  const day = (await catalogDay(world, DAY))!
  expect(day).toMatchObject({ state: 'cold', recordsCount: events.length, segments: [{ rows: events.length }] })
  expect([day.rewrite, day.replaced]).toEqual([undefined, undefined])
  const names = [...day.segments.map(({ objectName }) => objectName), ...day.retiredObjects]
  const known = names.flatMap((name) => [name, idsName(name), sidecarName(name)])
  for (const name of await namesIn(world)) expect(known).toContain(name)
  await expectConsistent(world, events)
}

describe('compact', () => {
  it('makes one segment of several, and leaves nothing of them', async () => {
    const { world, events } = await fragmentedWorld()
    const tiering = world.open()
    expect((await tiering.plan()).compactions).toMatchObject([{ day: DAY, rows: 39, action: 'compact' }])
    expect(await tiering.compact()).toMatchObject({ status: 'done', moved: [{ day: DAY, rows: 39 }], failed: [] })
    await expectCompacted(world, events)
    expect(await namesIn(world)).toHaveLength(3)
    expect((await tiering.plan()).compactions).toEqual([])
    expect(await tiering.compact()).toMatchObject({ moved: [] })
    // What comes again is still known.
    await world.hot.insert(events.slice(20))
    await world.open().run()
    await expectCompacted(world, events)
  })

  it('makes one Parquet file of several, sorted as a whole', async () => {
    const format = parquetFormat({ tempDir: tempDir() })
    const { world, events } = await fragmentedWorld(createWorld(format))
    const before = await catalogDay(world, DAY)
    expect((await world.open().compact()).failed).toEqual([])
    await expectCompacted(world, events)
    expect((await catalogDay(world, DAY))!.segments[0]!.sortOrder).toBe(before!.segments[0]!.sortOrder)
    await format.close()
  })

  it('leaves a day alone of which little came late, and one under a hold', async () => {
    const world = createWorld()
    await world.hot.insert(eventsOf(DAY, 100))
    await world.open().run()
    await world.hot.insert(eventsOf(DAY, 5, 2))
    await world.open().run()
    expect((await world.open().plan()).compactions).toEqual([])

    const { world: held, events } = await fragmentedWorld()
    const { id } = await held.open().hold.add({ ...ALL, reason: 'a case' })
    expect(await held.open().compact()).toMatchObject({ moved: [] })
    await held.open().hold.release(id)
    await held.open().compact()
    await expectCompacted(held, events)
  })

  it('keeps what readers have begun to read until they have left, whoever comes meanwhile', async () => {
    const { world, events } = await fragmentedWorld()
    const tiering = world.open(undefined, { readerWaitMs: 10 })
    const early = await tiering.openView(ALL)
    world.time += 1000
    expect(await tiering.compact()).toMatchObject({ moved: [{ rows: 39 }], skipped: [{ day: DAY, reason: 'readers' }] })
    world.time += 1000
    const late = await tiering.openView(ALL)
    expect(early.days[0]!.segments).toBe(3)
    expect(late.days[0]!.segments).toBe(1)
    for (const view of [early, late]) {
      const read: StoredEvent[] = []
      for await (const batch of view.readEvents(DAY, ALL)) read.push(...batch)
      expectSameEvents(read, events)
    }
    early.release()
    await tiering.compact()
    await expectCompacted(world, events)
    late.release()
  })

  it('keeps the old ones where the new one is gone before they were deleted', async () => {
    const { world } = await fragmentedWorld()
    const grace = { readerGraceMs: 3_600_000 }
    const before = await namesIn(world)
    expect((await world.open(undefined, grace).compact()).skipped).toEqual([{ day: DAY, reason: 'grace' }])
    await world.cold.delete((await catalogDay(world, DAY))!.segments[0]!.objectName)
    world.time += 2 * 3_600_000
    expect((await world.open(undefined, grace).compact()).failed).toMatchObject([{ code: 'verification_failed' }])
    expect(await namesIn(world)).toEqual(expect.arrayContaining(before))
  })

  it('gives up a new object that holds something else, and deletes none of the old', async () => {
    const { world, events } = await fragmentedWorld()
    const { put } = world.cold
    world.cold.put = async (name, body, options) => {
      const result = await put(name, body, options)
      if (!name.startsWith('events/')) return result
      await world.cold.delete(name)
      const bytes = Buffer.alloc(body.size, 'x')
      const { textBody } = await import('../../src/operations/transfer.js')
      await put(name, textBody(bytes.toString()), options)
      return result
    }
    expect((await world.open().compact()).failed).toMatchObject([{ day: DAY, code: 'verification_failed' }])
    expect((await catalogDay(world, DAY))!.segments).toHaveLength(3)
    expectSameEvents(await readEverything(world), events)
    world.cold.put = put
    world.time += 3_600_000
    expect((await world.open().compact()).failed).toEqual([])
    expect((await catalogDay(world, DAY))!.retiredObjects).toHaveLength(1)
    await expectCompacted(world, events)
  })

  it('leaves an archived day as it is, and what it had begun of it to the expiry', async () => {
    const clock = { now: () => 0 }
    const { world, events } = await fragmentedWorld(
      createWorld(undefined, memoryObjectStore({ now: () => clock.now() })),
    )
    clock.now = () => world.time
    world.policy = { dropAfter: '90d', archiveAfter: '1y' }
    const { put } = world.cold
    world.cold.put = async (name, body, options) => {
      const result = await put(name, body, options)
      if (name.startsWith('events/')) throw new Error('cut off after the put')
      return result
    }
    await world.open().compact()
    world.cold.put = put
    expect((await catalogDay(world, DAY))!.rewrite).toBeDefined()
    world.time = Date.parse('2028-01-01T12:00:00Z')
    expect((await world.open().archive()).moved).toHaveLength(1)
    await world.open().compact()
    const day = (await catalogDay(world, DAY))!
    expect(day).toMatchObject({ state: 'archived', recordsCount: events.length })
    expect(day.rewrite).toBeUndefined()
    expect(day.retiredObjects).toHaveLength(1)
  })

  it.each([
    ['failure', 'before'],
    ['failure', 'after'],
    ['crash', 'before'],
    ['crash', 'after'],
  ] as const)('that is cut off by a %s %s any call converges in the next run', async (kind, phase) => {
    const cutOff = async (strike: Strike): Promise<number> => {
      const { world, events } = await fragmentedWorld()
      const faults = faultsAt(strike)
      await world
        .open(faults.hook)
        .compact()
        .catch(() => {})
      expectSameEvents(await readEverything(world), events)
      world.time += 3_600_000
      expect((await world.open().compact()).failed).toEqual([])
      await expectCompacted(world, events)
      return faults.count()
    }
    const calls = await cutOff({ call: 0, phase, kind })
    expect(calls).toBeGreaterThan(30)
    for (let call = 1; call <= calls; call++) await cutOff({ call, phase, kind })
  })
})
