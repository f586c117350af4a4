import { DAY_MS, dayStart } from '@analytics/protocol'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createTiering } from '../../src/create-tiering.js'
import type { ObjectStore } from '../../src/object-store.js'
import type { TieringOptions } from '../../src/options.js'
import { memoryObjectStore } from '../../src/stores/memory.js'
import type { Tiering } from '../../src/tiering.js'
import { tempDir } from '../temp-dir.js'
import { createWorld, DAY, eventsOf, NEXT_DAY, readEverything, type World } from '../world.js'

const dir = tempDir()
const HOUR_MS = 3_600_000
const ALL = { from: 0, to: Number.MAX_SAFE_INTEGER }

const open: Tiering[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
})

/** Two archived days; a restore takes an hour. */
async function archivedWorld(): Promise<World> {
  const store = memoryObjectStore({ now: () => world.time, restoreDelayMs: HOUR_MS })
  const world = createWorld(undefined, store)
  world.policy = { dropAfter: '90d', archiveAfter: '100d' }
  world.time = dayStart(DAY) + 103 * DAY_MS
  await world.hot.insert([...eventsOf(DAY, 30), ...eventsOf(NEXT_DAY, 40)])
  await world.open().run()
  await world.open().archive()
  return world
}

function openWith(world: World, more: Partial<TieringOptions>): Tiering {
  const { hot, cold, policy, format } = world
  const tiering = createTiering({ hot, cold, policy, format, now: () => world.time, tempDir: dir, ...more })
  open.push(tiering)
  return tiering
}

describe('restore.refresh', () => {
  it('lets days be read and tells the host, once, whichever process finds it', async () => {
    const world = await archivedWorld()
    const onRestored = vi.fn()
    const { id } = await openWith(world, { onRestored }).restore.request(ALL, { hours: 10 })
    expect(await openWith(world, { onRestored }).restore.refresh()).toMatchObject([{ id, state: 'restoring' }])
    expect(onRestored).not.toHaveBeenCalled()
    world.time += HOUR_MS
    expect(await readEverything(world)).toEqual([])

    expect(await openWith(world, { onRestored }).restore.refresh()).toMatchObject([{ id, state: 'ready' }])
    expect(await openWith(world, { onRestored }).restore.refresh()).toEqual([])
    expect(onRestored).toHaveBeenCalledTimes(1)
    expect(onRestored).toHaveBeenCalledWith(expect.objectContaining({ id, state: 'ready', days: [DAY, NEXT_DAY] }))
    expect(await readEverything(world)).toHaveLength(70)
  })

  it('tells again what the host could not take', async () => {
    const world = await archivedWorld()
    await world.open().restore.request(ALL)
    world.time += HOUR_MS
    const onRestored = vi.fn().mockRejectedValueOnce(new Error('no mail today'))
    const error = vi.fn()
    const tiering = openWith(world, { onRestored, logger: { debug() {}, info() {}, warn() {}, error } })
    await tiering.restore.refresh()
    expect(error).toHaveBeenCalledTimes(1)
    await tiering.restore.refresh()
    await tiering.restore.refresh()
    expect(onRestored).toHaveBeenCalledTimes(2)
  })

  it('forgets a restore that ended before anybody looked', async () => {
    const world = await archivedWorld()
    await world.open().restore.request(ALL, { hours: 2 })
    world.time += 5 * HOUR_MS
    const onRestored = vi.fn()
    const tiering = openWith(world, { onRestored })
    expect(await tiering.restore.refresh()).toMatchObject([{ state: 'expired' }])
    expect(await tiering.restore.refresh()).toEqual([])
    expect(onRestored).not.toHaveBeenCalled()
  })
})

describe('restore.status', () => {
  it('asks several objects at a time', async () => {
    const world = await archivedWorld()
    let [asking, most] = [0, 0]
    const cold: ObjectStore = {
      ...world.cold,
      async head(name, options) {
        most = Math.max(most, ++asking)
        await new Promise((resolve) => setImmediate(resolve))
        asking--
        return world.cold.head(name, options)
      },
    }
    const tiering = openWith(world, { cold })
    const { id } = await tiering.restore.request(ALL)
    await tiering.restore.status(id)
    expect(most).toBe(2)
  })
})
