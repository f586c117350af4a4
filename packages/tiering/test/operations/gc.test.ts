import { DAY_MS } from '@analytics/protocol'
import { describe, expect, it } from 'vitest'
import { textBody } from '../../src/operations/transfer.js'
import { idsName, sidecarName } from '../../src/segments/names.js'
import { catalogDay, createWorld, DAY, eventsOf, expectConsistent, namesIn } from '../world.js'

const ORPHAN = `events/dt=${DAY}/0123456789abcdef0123456789abcdef.ndjson`

async function movedWorld() {
  const world = createWorld()
  const events = eventsOf(DAY, 12)
  await world.hot.insert(events)
  await world.open().run()
  return { world, events }
}

describe('gc', () => {
  it('deletes what the catalog does not know, once it is old and was seen before', async () => {
    const { world, events } = await movedWorld()
    const tiering = world.open()
    for (const name of [ORPHAN, idsName(ORPHAN), sidecarName(ORPHAN)]) await world.cold.put(name, textBody(name))
    const first = await tiering.gc({ dryRun: false })
    expect(first).toMatchObject({ status: 'done', objects: 6, foreign: 0 })
    expect(first.orphans.map(({ state }) => state)).toEqual(['waiting', 'waiting', 'waiting'])

    // Old enough now, but for whoever begins to look only now.
    world.time += 4 * DAY_MS
    expect((await tiering.gc()).orphans.map(({ state }) => state)).toEqual(['due', 'due', 'due'])
    expect(await namesIn(world)).toHaveLength(6)
    const done = await tiering.gc({ dryRun: false })
    expect(done.orphans.map(({ state }) => state)).toEqual(['deleted', 'deleted', 'deleted'])
    expect(await namesIn(world)).toHaveLength(3)
    expect((await tiering.gc()).orphans).toEqual([])
    expect(await world.hot.records.list('meta', { prefix: 'orphan/' })).toEqual([])
    expect(world.hot.auditLog().filter(({ action }) => action === 'tiering.gc')).toHaveLength(3)
    await expectConsistent(world, events)
  })

  it('waits for a second look at what is old', async () => {
    const { world } = await movedWorld()
    await world.cold.put(ORPHAN, textBody('x'))
    world.time += 30 * DAY_MS
    const tiering = world.open()
    expect((await tiering.gc({ dryRun: false })).orphans).toMatchObject([{ state: 'waiting' }])
    world.time += DAY_MS
    expect((await tiering.gc({ dryRun: false })).orphans).toMatchObject([{ objectName: ORPHAN, state: 'deleted' }])
  })

  it('touches nothing that the catalog knows in any state, and nothing that is not ours', async () => {
    const { world, events } = await movedWorld()
    const day = (await catalogDay(world, DAY))!
    const record = (await world.hot.records.get('tier', DAY))!
    await world.hot.records.put('tier', DAY, { ...day, retiredObjects: [ORPHAN] }, record.version)
    const foreign = [`events/dt=${DAY}/notes.txt`, 'events/readme', '_tiering/dt=2026-08-01/other.json']
    for (const name of [ORPHAN, ...foreign, 'elsewhere/file']) await world.cold.put(name, textBody(name))
    for (let i = 0; i < 3; i++) {
      const { orphans, foreign: others } = await world.open().gc({ dryRun: false })
      expect([orphans, others]).toEqual([[], 3])
      world.time += 4 * DAY_MS
    }
    expect(await namesIn(world)).toHaveLength(8)
    await expectConsistent(world, events)
  })

  it('does not believe a catalog that knows next to nothing', async () => {
    const { world } = await movedWorld()
    const hash = (i: number) => i.toString(16).padStart(32, '0')
    for (let i = 0; i < 40; i++) await world.cold.put(`events/dt=${DAY}/${hash(i)}.ndjson`, textBody('x'))
    const tiering = world.open()
    await tiering.gc()
    world.time += 5 * DAY_MS
    await expect(tiering.gc({ dryRun: false })).rejects.toMatchObject({ code: 'verification_failed' })
    expect(await namesIn(world)).toHaveLength(43)
    expect((await tiering.gc({ dryRun: false, force: true })).orphans).toHaveLength(40)
    expect(await namesIn(world)).toHaveLength(3)
  })

  it('leaves alone what was written down since it was listed', async () => {
    const { world } = await movedWorld()
    await world.cold.put(ORPHAN, textBody('x'))
    await world.open().gc()
    world.time += 5 * DAY_MS
    // Between the look at the bucket and the deletion another worker takes the name.
    world.hot.records.list = new Proxy(world.hot.records.list, {
      async apply(list, that, given) {
        const result = await Reflect.apply(list, that, given)
        if (given[0] === 'meta') {
          const record = (await world.hot.records.get<object>('tier', DAY))!
          await world.hot.records.put('tier', DAY, { ...record.value, retiredObjects: [ORPHAN] }, record.version)
        }
        return result
      },
    })
    expect((await world.open().gc({ dryRun: false })).orphans).toMatchObject([{ state: 'due' }])
    expect(await namesIn(world)).toContain(ORPHAN)
  })

  it('keeps an erasure from being complete while there are orphans', async () => {
    const { world, events } = await movedWorld()
    await world.cold.put(ORPHAN, textBody(JSON.stringify(events)))
    const tiering = world.open()
    const { id } = await tiering.erase.request({ userIds: ['user-0'] })
    world.time += DAY_MS
    expect((await tiering.erase.run()).pending).toEqual([{ id, waiting: [{ reason: 'orphans' }] }])
    await tiering.gc()
    world.time += 4 * DAY_MS
    await tiering.gc({ dryRun: false })
    expect((await tiering.erase.run()).completed).toEqual([id])
  })

  it('refuses an age that is none', async () => {
    const olderThan = 'old' as '1d'
    await expect(createWorld().open().gc({ olderThan })).rejects.toMatchObject({ code: 'invalid_options' })
  })
})
