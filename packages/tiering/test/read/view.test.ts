import { readdir } from 'node:fs/promises'
import { type ColdView, DAY_MS, dayOf, dayStart, type Filter, type StoredEvent } from '@analytics/protocol'
import { afterAll, describe, expect, it } from 'vitest'
import { createTiering } from '../../src/create-tiering.js'
import { parquetFormat } from '../../src/formats/parquet.js'
import { fileObjectStore } from '../../src/stores/file.js'
import { memoryHotTier } from '../../src/testing/index.js'
import { tempDir } from '../temp-dir.js'
import { createWorld, DAY, eventsOf, expectSameEvents, NEXT_DAY, type World } from '../world.js'

const ALL = { from: 0, to: Number.MAX_SAFE_INTEGER }

async function readView({ hot }: Pick<World, 'hot'>, view: ColdView): Promise<StoredEvent[]> {
  const events = [...(await hot.read({ except: view.seals }))]
  for (const { day } of view.days) for await (const batch of view.readEvents(day, ALL)) events.push(...batch)
  return events
}

/** Ten days in a store that counts what it is asked for, each with people of its own and one who is there every third day. */
async function createTenDays() {
  const format = parquetFormat({ tempDir: tempDir() })
  const world = createWorld(format)
  const events = Array.from({ length: 10 }, (_, i) => {
    const day = dayOf(dayStart(DAY) + i * DAY_MS)
    return eventsOf(day, 9_000, i + 1).map((event, n) => {
      const userId = n === 0 && i % 3 === 0 ? 'ann' : `${i}-${event.userId}`
      return { ...event, userId }
    })
  }).flat()
  await world.hot.insert(events)
  world.time = dayStart(DAY) + 200 * DAY_MS
  await world.open().run()
  const asked: string[] = []
  world.cold.get = ((get) => (name: string, options?: { start?: number }) => {
    asked.push(name)
    return get(name, options)
  })(world.cold.get)
  return { format, world, events, asked }
}

describe('a read of one person', () => {
  it('asks for parts of the days that have any, and for nothing of the others', async () => {
    const { format, world, events, asked } = await createTenDays()
    const where = { property: 'userId', op: 'eq', value: 'ann' } as const
    const read = async (request: { where: Filter }) => {
      const tiering = world.open()
      const found: StoredEvent[] = []
      const view = await tiering.openView(ALL)
      expect(asked).toEqual([])
      for (const { day } of view.days) {
        for await (const batch of view.readEvents(day, { ...ALL, ...request })) found.push(...batch)
      }
      view.release()
      await tiering.close()
      return { found, stats: view.stats() }
    }
    const { found, stats } = await read({ where })
    expectSameEvents(
      found,
      events.filter(({ userId }) => userId === 'ann'),
    )
    expect(found).toHaveLength(4)
    expect(new Set(asked).size).toBe(4)
    expect(stats).toMatchObject({ segments: 4, requests: 8 })
    asked.length = 0
    // The same question in words that name nobody.
    const whole = await read({ where: { and: [{ property: 'userId', op: 'contains', value: 'ann' }] } })
    expectSameEvents(whole.found, found)
    expect(whole.stats).toMatchObject({ segments: 10, requests: 10 })
    expect(stats.bytes).toBeLessThan(whole.stats.bytes / 4)
    await format.close()
  })
})

describe('a long read', () => {
  it('leaves no more on the disk than it may keep, and nothing once tiering is closed', async () => {
    const { format, world, events } = await createTenDays()
    const dir = tempDir()
    const files = async () => (await readdir(dir, { recursive: true })).filter((name) => name.endsWith('.segment'))
    for (const [cacheBytes, kept] of [
      [0, 0],
      [2 ** 30, 10],
    ] as const) {
      const { hot, cold, policy, time } = world
      const tiering = createTiering({ hot, cold, policy, format, now: () => time, tempDir: dir, cacheBytes })
      const view = await tiering.openView(ALL)
      let read = 0
      for (const { day } of view.days) {
        for await (const { length } of view.scan(day, { ...ALL, matches: [{}] })) read += length
        if (cacheBytes === 0) expect(await files()).toEqual([])
      }
      expect(read).toBe(events.length)
      expect(view.stats()).toMatchObject({ segments: 10, requests: 10 })
      view.release()
      expect(await files()).toHaveLength(kept)
      await tiering.close()
      expect(await files()).toEqual([])
    }
    await format.close()
  })
})

describe('a view', () => {
  it('opened before a commit keeps the hot rows that it counts on until it is released', async () => {
    const world = createWorld()
    const events = eventsOf(DAY, 30)
    await world.hot.insert(events)
    const tiering = world.open()
    const early = await tiering.openView(ALL)
    let isOver = false
    const run = tiering.run().finally(() => {
      isOver = true
    })
    await expect.poll(async () => (await tiering.status()).days[0]?.state).toBe('copied')
    expectSameEvents(await readView(world, early), events)
    expect(isOver).toBe(false)

    const between = await tiering.openView(ALL)
    expect(between.seals).toMatchObject([{ day: DAY, rows: 30 }])
    expectSameEvents(await readView(world, between), events)
    early.release()
    await run
    // The other view leaves the sealed rows out, so it needn't be waited for.
    expectSameEvents(await readView(world, between), events)
    between.release()
    const late = await tiering.openView(ALL)
    expect(late.seals).toEqual([])
    expectSameEvents(await readView(world, late), events)
    late.release()
  })

  it('that is held too long leaves the hot rows to the next run', async () => {
    const world = createWorld()
    const events = eventsOf(DAY, 30)
    await world.hot.insert(events)
    const tiering = world.open(undefined, { readerWaitMs: 10 })
    const view = await tiering.openView(ALL)
    expect(await tiering.run()).toMatchObject({ moved: [], skipped: [{ day: DAY, reason: 'readers' }] })
    expectSameEvents(await readView(world, view), events)
    view.release()
    view.release()
    expect((await tiering.run()).moved).toMatchObject([{ day: DAY, rows: 30 }])
  })

  it('of another process is given its time', async () => {
    const world = createWorld()
    const events = eventsOf(DAY, 30)
    await world.hot.insert(events)
    const elsewhere = await world.open().openView(ALL)
    const tiering = world.open(undefined, { readerGraceMs: 30_000 })
    expect((await tiering.run()).skipped).toEqual([{ day: DAY, reason: 'grace' }])
    expectSameEvents(await readView(world, elsewhere), events)
    world.time += 30_000
    expect((await tiering.run()).moved).toHaveLength(1)
  })

  it('holds the days of its range only', async () => {
    const world = createWorld()
    await world.hot.insert([...eventsOf(DAY, 3), ...eventsOf(NEXT_DAY, 4)])
    const tiering = world.open()
    await tiering.run()
    const daysOf = async (from: string, to: string) =>
      (await tiering.openView({ from: Date.parse(from), to: Date.parse(to) })).days.map(({ day }) => day)
    expect(await daysOf('2026-08-01', '2026-08-02')).toEqual([DAY])
    expect(await daysOf('2026-08-01T23:59:59Z', '2026-08-02T00:00:00.001Z')).toEqual([DAY, NEXT_DAY])
    expect(await daysOf('2026-08-02', '2026-08-01')).toEqual([])
    expect((await tiering.openView(ALL)).days).toMatchObject([{ rows: 3, segments: 1, state: 'cold' }, { rows: 4 }])
  })

  it('merges the segments of a day in order, page by page', async () => {
    const world = createWorld()
    const parts = [eventsOf(DAY, 300), eventsOf(DAY, 50, 2), eventsOf(DAY, 20, 3)]
    const tiering = world.open()
    for (const part of parts) {
      await world.hot.insert(part)
      await tiering.run()
    }
    const sorted = parts.flat().sort((a, b) => a.eventTimestamp - b.eventTimestamp || (a.eventId < b.eventId ? -1 : 1))
    const view = await tiering.openView(ALL)
    const collect = async (request: { order?: 'asc' | 'desc'; limit?: number }) => {
      const events: StoredEvent[] = []
      for await (const batch of view.readEvents(DAY, { ...ALL, ...request })) events.push(...batch)
      return events
    }
    expect(await collect({})).toEqual(sorted)
    expect(await collect({ order: 'desc', limit: 33 })).toEqual([...sorted].reverse().slice(0, 33))
    const times: number[] = []
    for await (const { length, time, columns } of view.scan(DAY, { ...ALL, matches: [{}], columns: ['eventId'] })) {
      for (let i = 0; i < length; i++) {
        expect(columns.eventId!.at(i)).toBeTypeOf('string')
        times.push(time[i]!)
      }
    }
    expect(times).toEqual(sorted.map(({ eventTimestamp }) => eventTimestamp))
    expect(view.stats()).toMatchObject({ segments: 3, requests: 3 })
    view.release()
  })

  it('says that bytes were damaged rather than return them', async () => {
    const world = createWorld()
    await world.hot.insert(eventsOf(DAY, 30))
    const tiering = world.open()
    await tiering.run()
    const get = world.cold.get
    world.cold.get = async function* (name, options) {
      for await (const bytes of get(name, options)) yield Buffer.from(bytes).fill(0, 5, 6)
    }
    const view = await world.open().openView(ALL)
    await expect(readView(world, view)).rejects.toMatchObject({ code: 'checksum_mismatch' })
  })
})

describe('a view of Parquet segments in files', () => {
  const dir = tempDir()
  const format = parquetFormat({ tempDir: dir })
  afterAll(() => format.close())

  it('numbers people as the hot store does, also where another dictionary numbered them', async () => {
    const events = [...eventsOf(DAY, 400)]
    const [first, late] = [events.slice(0, 300), events.slice(300)]
    const options = { cold: fileObjectStore({ dir: `${dir}/objects` }), policy: { dropAfter: '30d' }, format } as const
    const old = memoryHotTier({ dictionaryId: 'old' })
    await old.insert(first)
    const tiering = createTiering({ hot: old, ...options, now: () => Date.parse('2026-11-01') })
    expect((await tiering.run()).failed).toEqual([])

    // A hot store that was rebuilt: the same records, other numbers of people.
    const hot = { ...memoryHotTier({ dictionaryId: 'new' }), records: old.records }
    await hot.personNumbers([...late].reverse())
    await hot.insert(late)
    const rebuilt = createTiering({ hot, ...options, now: () => Date.parse('2026-11-01') })
    expect((await rebuilt.run()).moved).toMatchObject([{ rows: 100 }])
    const numbers = new Map<string, number>()
    for (const [i, number] of (await hot.personNumbers(events)).entries()) numbers.set(events[i]!.eventId, number)

    const view = await rebuilt.openView(ALL)
    let rows = 0
    for await (const { length, person, columns } of view.scan(DAY, { ...ALL, matches: [{}], columns: ['eventId'] })) {
      for (let i = 0; i < length; i++, rows++) expect(person[i]).toBe(numbers.get(String(columns.eventId!.at(i))))
    }
    expect(rows).toBe(400)
    expect(view.stats()).toMatchObject({ segments: 2, requests: 2 })
    expectSameEvents(await readView({ hot }, view), events)
    view.release()
    expect((await rebuilt.verify({ deep: true })).problems).toEqual([])
    await rebuilt.close()
  })
})
