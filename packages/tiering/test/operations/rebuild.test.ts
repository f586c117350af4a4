import { DAY_MS, dayStart, FIRST_SEEN_RECORD, type StoredEvent } from '@analytics/protocol'
import { afterEach, describe, expect, it } from 'vitest'
import type { CatalogDay } from '../../src/catalog.js'
import { createTiering } from '../../src/create-tiering.js'
import { parquetFormat } from '../../src/formats/parquet.js'
import { textBody } from '../../src/operations/transfer.js'
import { idsName, sidecarName } from '../../src/segments/names.js'
import { sidecarText } from '../../src/segments/sidecar.js'
import { memoryHotTier } from '../../src/testing/index.js'
import type { Tiering } from '../../src/tiering.js'
import { tempDir } from '../temp-dir.js'
import {
  catalogDay,
  createWorld,
  DAY,
  eventsOf,
  expectConsistent,
  expectSameEvents,
  NEXT_DAY,
  readEverything,
  type World,
} from '../world.js'

const dir = tempDir()
const ALL = { from: 0, to: Number.MAX_SAFE_INTEGER }

/** Two days, one of which has two segments. */
async function movedWorld(world = createWorld()) {
  const events = [...eventsOf(DAY, 120), ...eventsOf(NEXT_DAY, 60, 2)]
  await world.hot.insert(events)
  await world.open().run()
  const late = eventsOf(DAY, 40, 3)
  await world.hot.insert(late)
  await world.open().run()
  return { world, events: [...events, ...late] }
}

/** The same bucket with a database that knows nothing. */
const withoutDatabase = (world: World): World => {
  const other = createWorld(world.format, world.cold)
  other.time = world.time
  return other
}

async function scanned(tiering: Tiering): Promise<StoredEvent[]> {
  const events: StoredEvent[] = []
  for await (const event of tiering.scan(ALL)) events.push(event)
  return events
}

const nameOf = async (world: World, index = 0) => (await catalogDay(world, DAY))!.segments[index]!.objectName

describe('rebuildCatalog', () => {
  it('finds every segment of a bucket whose database is gone', async () => {
    const { world, events } = await movedWorld()
    const other = withoutDatabase(world)
    const tiering = other.open()

    const told = await tiering.rebuildCatalog()
    expect(told).toMatchObject({
      status: 'done',
      problems: [],
      days: [
        { day: DAY, rows: 160, replaced: [], keptAside: [] },
        { day: NEXT_DAY, rows: 60 },
      ],
    })
    expect(await readEverything(other)).toEqual([])

    expect(await tiering.rebuildCatalog({ dryRun: false })).toEqual(told)
    await expectConsistent(other, events)
    expect((await tiering.gc()).orphans).toEqual([])
    expect(await tiering.rebuildCatalog({ dryRun: false })).toMatchObject({ days: [], problems: [] })
    expect(other.hot.auditLog().map(({ action }) => action)).toEqual(['tiering.rebuild', 'tiering.rebuild'])
  })

  it('tells a store of events that it never had that it no longer knows who did what first', async () => {
    const { world } = await movedWorld()
    const { records } = world.hot
    await records.put('meta', FIRST_SEEN_RECORD, {}, 0)
    await world.open().rebuildCatalog({ dryRun: false })
    expect(await records.get('meta', FIRST_SEEN_RECORD)).toBeDefined()

    const other = withoutDatabase(world)
    await other.hot.records.put('meta', FIRST_SEEN_RECORD, {}, 0)
    await other.open().rebuildCatalog()
    expect(await other.hot.records.get('meta', FIRST_SEEN_RECORD)).toBeDefined()
    await other.open().rebuildCatalog({ dryRun: false })
    expect(await other.hot.records.get('meta', FIRST_SEEN_RECORD)).toBeUndefined()
  })

  it('goes on as before: the day takes late events, and the same ones once', async () => {
    const { world, events } = await movedWorld()
    const other = withoutDatabase(world)
    await other.open().rebuildCatalog({ dryRun: false })
    const late = eventsOf(DAY, 30, 4)
    await other.hot.insert([...late, ...events.slice(0, 20)])
    expectSameEvents(await scanned(other.open()), [...events, ...late])
    expect(await other.open().run()).toMatchObject({ failed: [], moved: [{ day: DAY, rows: 30 }] })
    await expectConsistent(other, [...events, ...late])
  })

  it('adds to an older database what has moved since its backup, whose hot rows then go without a copy', async () => {
    const { world, events } = await movedWorld()
    const backup = withoutDatabase(world)
    await backup.hot.insert(events)
    await backup.open().rebuildCatalog({ dryRun: false })
    expectSameEvents(await scanned(backup.open()), events)
    expect(await backup.open().run()).toMatchObject({ failed: [], moved: [] })
    expect(await backup.hot.read()).toEqual([])
    await expectConsistent(backup, events)
  })

  it('takes the one of a compaction, and lets what it has replaced be deleted', async () => {
    const { world, events } = await movedWorld()
    const record = (await world.hot.records.get<CatalogDay>('tier', DAY))!
    // As if the process had ended before the old ones were deleted.
    const keepOld = world.open(async (operation) => {
      if (operation === 'cold.delete') throw new Error('cut off')
    })
    const compacted = await keepOld.compact()
    expect(compacted.failed).toHaveLength(1)
    expect((await catalogDay(world, DAY))!.segments).toHaveLength(1)

    for (const backup of [undefined, record.value]) {
      const other = withoutDatabase(world)
      if (backup) await other.hot.records.put('tier', DAY, backup, 0)
      const { days } = await other.open().rebuildCatalog({ dryRun: false })
      expect(days.find(({ day }) => day === DAY)).toMatchObject({
        added: [await nameOf(world)],
        replaced: expect.arrayContaining(record.value.segments.map(({ objectName }) => objectName)),
        keptAside: [],
      })
      expectSameEvents(await readEverything(other), events)
    }
  })

  it('does not bring back whom an erasure had left out when it was cut off', async () => {
    const { world, events } = await movedWorld()
    const userId = events.find((event) => event.userId !== null)!.userId!
    const keepOld = world.open(async (operation) => {
      if (operation === 'cold.delete') throw new Error('cut off')
    })
    await keepOld.erase.request({ userIds: [userId], anonymousIds: [] })
    await keepOld.erase.run()
    const other = withoutDatabase(world)
    const { days } = await other.open().rebuildCatalog({ dryRun: false })
    expect(days.flatMap(({ replaced }) => replaced).length).toBeGreaterThan(0)
    expectSameEvents(
      await readEverything(other),
      events.filter((event) => event.userId !== userId),
    )
  })

  it('keeps aside, and never deletes, what nobody has proven whole', async () => {
    const { world, events } = await movedWorld()
    const name = await nameOf(world)
    await world.cold.delete(sidecarName(name))
    const size = await nameOf(world, 1)
    await world.cold.delete(size)
    await world.cold.put(size, textBody('shorter'))
    const other = withoutDatabase(world)
    const tiering = other.open()
    const { days, problems } = await tiering.rebuildCatalog({ dryRun: false })
    expect(problems.map(({ objectName, problem }) => [objectName, problem]).sort()).toEqual(
      [
        [name, 'unverified'],
        [size, 'size'],
      ].sort(),
    )
    expect(days[0]).toMatchObject({ day: DAY, added: [], keptAside: expect.arrayContaining([name, size]) })
    expectSameEvents(await readEverything(other), events.slice(120, 180))
    other.time += 30 * DAY_MS
    expect((await tiering.gc({ dryRun: false })).orphans).toEqual([])
  })

  it.each([
    ['a list of ids that is missing', 'ids', async (world: World, name: string) => world.cold.delete(idsName(name))],
    [
      'a description of another object',
      'unverified',
      async (world: World, name: string) => {
        await world.cold.delete(sidecarName(name))
        await world.cold.put(sidecarName(name), textBody('{"version":1,"day":"2026-08-01"}'))
      },
    ],
    ['a segment that is missing', 'missing', async (world: World, name: string) => world.cold.delete(name)],
  ])('tells of %s', async (_, problem, damage) => {
    const { world } = await movedWorld()
    await damage(world, await nameOf(world))
    const { problems } = await withoutDatabase(world).open().rebuildCatalog()
    expect(problems).toMatchObject([{ day: DAY, problem }])
  })

  it('reads through what it finds, where it is told to', async () => {
    const { world, events } = await movedWorld()
    const name = await nameOf(world)
    const text = Buffer.from('x'.repeat((await world.cold.head(name))!.size)).toString()
    await world.cold.delete(name)
    await world.cold.put(name, textBody(text))
    const other = withoutDatabase(world)
    expect(await other.open().rebuildCatalog()).toMatchObject({ problems: [] })
    expect(await other.open().rebuildCatalog({ deep: true, dryRun: false })).toMatchObject({
      problems: [{ objectName: name, problem: 'contents' }],
    })
    expectSameEvents(await readEverything(other), events.slice(120))
    expect(await other.hot.records.list('meta', { prefix: 'sketch/' })).toHaveLength(2)
  })

  it('does not believe a description of other rows', async () => {
    const { world } = await movedWorld()
    const name = await nameOf(world)
    const { day, value } = { day: DAY, value: (await catalogDay(world, DAY))!.segments[0]! }
    await world.cold.delete(sidecarName(name))
    const segment = { ...value, rowHash: value.rowHash.replace(/^./, (digit) => (digit === '0' ? '1' : '0')) }
    await world.cold.put(sidecarName(name), textBody(sidecarText({ day, segment })))
    const { problems } = await withoutDatabase(world).open().rebuildCatalog({ deep: true })
    expect(problems).toMatchObject([
      { objectName: name, problem: 'contents', message: expect.stringContaining('rowHash') },
    ])
  })

  it('leaves a day alone that has unfinished work', async () => {
    const { world } = await movedWorld()
    const other = withoutDatabase(world)
    await other.hot.insert(eventsOf(DAY, 10, 9))
    await other
      .open(async (operation) => {
        if (operation === 'cold.put') throw new Error('cut off')
      })
      .run()
    const found = await other.open().rebuildCatalog({ dryRun: false })
    expect(found).toMatchObject({ days: [{ day: NEXT_DAY }], problems: [{ day: DAY, problem: 'busy' }] })
  })

  it('knows what is archived, and until when it is restored', async () => {
    const { world, events } = await movedWorld()
    world.policy = { dropAfter: '90d', archiveAfter: '100d' }
    world.time = dayStart(DAY) + 101 * DAY_MS
    await world.open().archive()
    const other = withoutDatabase(world)
    await other.open().rebuildCatalog({ dryRun: false, deep: true })
    expect((await catalogDay(other, DAY))!.state).toBe('archived')
    expectSameEvents(await readEverything(other), events.slice(120, 180))
    await world.open().restore.request(ALL, { hours: 5 })
    const third = withoutDatabase(world)
    await third.open().rebuildCatalog({ dryRun: false })
    expect((await catalogDay(third, DAY))!.state).toBe('restored')
    expectSameEvents(await readEverything(third), events)
  })

  it('takes the newer one of two that overlap, and tells where that loses something', async () => {
    const { world, events } = await movedWorld()
    const [first] = (await catalogDay(world, DAY))!.segments
    // A second database has moved some of the same events, and others, to the same bucket.
    const second = withoutDatabase(world)
    second.time += 1000
    const others = eventsOf(DAY, 200, 7)
    await second.hot.insert([...events.slice(0, 50), ...others])
    await second.open().run()
    const other = withoutDatabase(world)
    const { days, problems } = await other.open().rebuildCatalog({ dryRun: false })
    expect(problems).toMatchObject([{ objectName: first!.objectName, problem: 'overlap' }])
    expect(days[0]!.keptAside).toEqual([first!.objectName])
    expectSameEvents(await readEverything(other), [...events.slice(0, 50), ...others, ...events.slice(120)])
  })

  it('does nothing while another worker is at it', async () => {
    const { world } = await movedWorld()
    await world.hot.acquireLease('tiering', { owner: 'another', ttlMs: 60_000 })
    expect((await world.open().rebuildCatalog({ dryRun: false })).status).toBe('lease_held')
  })
})

describe('rebuildCatalog with encrypted segments', () => {
  const open: Tiering[] = []
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close()
  })

  it('needs the keys, which lie in the database alone', async () => {
    const world = createWorld()
    const encryption = { keys: { a: Buffer.alloc(32, 1).toString('base64') }, current: 'a' }
    const openWith = (hot: ReturnType<typeof memoryHotTier>) => {
      const { cold, policy } = world
      const tiering = createTiering({
        hot,
        cold,
        policy,
        format: parquetFormat({ tempDir: dir }),
        encryption,
        now: () => world.time,
        tempDir: dir,
      })
      open.push(tiering)
      return tiering
    }
    const events = eventsOf(DAY, 50)
    await world.hot.insert(events)
    await openWith(world.hot).run()
    const lost = await openWith(memoryHotTier({ now: () => world.time })).rebuildCatalog()
    expect(lost.problems).toMatchObject([{ problem: 'size' }])

    const record = (await world.hot.records.get('tier', DAY))!
    await world.hot.records.delete('tier', DAY, record.version)
    expect(await openWith(world.hot).rebuildCatalog({ dryRun: false, deep: true })).toMatchObject({ problems: [] })
    expectSameEvents(await scanned(openWith(world.hot)), events)
  })
})
