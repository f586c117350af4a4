import { createHash } from 'node:crypto'
import { DAY_MS } from '@analytics/protocol'
import { describe, expect, it } from 'vitest'
import type { ObjectStore } from '../../src/object-store.js'
import {
  catalogDay,
  createWorld,
  DAY,
  eventsOf,
  expectConsistent,
  expectSameEvents,
  NEXT_DAY,
  readEverything,
} from '../world.js'

async function namesOf(store: ObjectStore): Promise<string[]> {
  const names: string[] = []
  for await (const { name } of store.list('')) names.push(name)
  return names
}

async function bytesOf(store: ObjectStore, name: string): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of store.get(name)) parts.push(part)
  return Buffer.concat(parts)
}

describe('a move', () => {
  it('brings the days that are due to the object store, oldest first, and drops their hot rows', async () => {
    const world = createWorld()
    const young = eventsOf('2026-11-01', 5)
    const events = [...eventsOf(NEXT_DAY, 40), ...eventsOf(DAY, 30), ...young]
    await world.hot.insert(events)
    const steps: string[] = []
    const result = await world.open().run({
      onProgress: ({ day, step, index, of }) => steps.push(`${day} ${step} ${index}/${of}`),
    })
    expect(result).toMatchObject({ status: 'done', failed: [], skipped: [] })
    expect(result.moved.map(({ day, rows }) => [day, rows])).toEqual([
      [DAY, 30],
      [NEXT_DAY, 40],
    ])
    expect(steps.slice(0, 7)).toEqual(
      ['seal', 'write', 'put', 'verify', 'commit', 'drop', 'done'].map((step) => `${DAY} ${step} 1/2`),
    )
    expect(steps.at(-1)).toBe(`${NEXT_DAY} done 2/2`)
    expectSameEvents(await world.hot.read(), young)
    await expectConsistent(world, events)
  })

  it('writes late events without those that earlier segments have, and drops both', async () => {
    const world = createWorld()
    const [events, late] = [eventsOf(DAY, 30), eventsOf(DAY, 4, 9)]
    await world.hot.insert(events)
    await world.open().run()
    await world.hot.insert([...events.slice(0, 12), ...late])
    await expectConsistent(world, [...events, ...late])
    expect((await world.open().run()).moved).toMatchObject([{ day: DAY, rows: 4 }])
    await expectConsistent(world, [...events, ...late])
    expect((await catalogDay(world, DAY))!.segments).toMatchObject([{ rows: 30 }, { rows: 4, doubles: 12 }])
    expect(await world.hot.listDays()).toEqual([])

    await world.hot.insert([...events.slice(5), ...late])
    await expectConsistent(world, [...events, ...late])
    await world.open().run()
    await expectConsistent(world, [...events, ...late])
    expect((await catalogDay(world, DAY))!.segments).toHaveLength(2)
    expect(await world.hot.listDays()).toEqual([])
    expect(world.hot.auditLog().at(-1)).toMatchObject({ action: 'tiering.drop', details: { doubles: 29 } })
  })

  it('names the object by its bytes, in Hive layout, with a description out of the way', async () => {
    const world = createWorld()
    await world.hot.insert(eventsOf(DAY, 30))
    await world.open().run()
    const [list, description, object] = await namesOf(world.cold)
    expect(object).toMatch(/^events\/dt=2026-08-01\/[0-9a-f]{32}\.ndjson$/)
    const sha256 = createHash('sha256')
      .update(await bytesOf(world.cold, object!))
      .digest('hex')
    expect(object).toContain(sha256.slice(0, 32))
    expect([description, list]).toEqual(
      ['json', 'ids'].map((end) => `_tiering/dt=2026-08-01/${sha256.slice(0, 32)}.${end}`),
    )
    expect(JSON.parse((await bytesOf(world.cold, description!)).toString())).toMatchObject({
      version: 1,
      day: DAY,
      objectName: object,
      sha256,
      rows: 30,
      sortOrder: 'event_timestamp, event_id',
    })
  })

  it('keeps in the catalog what the table of tiers has', async () => {
    const world = createWorld()
    await world.hot.insert(eventsOf(DAY, 30))
    await world.open().run()
    const day = await catalogDay(world, DAY)
    expect(day).toMatchObject({
      tierName: 'cold',
      dateRangeStart: DAY,
      dateRangeEnd: DAY,
      storageLocation: 'memory:memory',
      filePrefix: 'events/dt=2026-08-01/',
      compressionType: 'none',
      encryptionEnabled: false,
      recordsCount: 30,
      state: 'cold',
      attempts: 0,
    })
    expect(day!.sizeBytes).toBe(day!.segments[0]!.size)
    expect(day).not.toHaveProperty('move')
    expect(world.hot.auditLog().map(({ action }) => action)).toEqual(['tiering.commit', 'tiering.drop'])
  })

  it('has nothing left for a second run', async () => {
    const world = createWorld()
    await world.hot.insert(eventsOf(DAY, 30))
    await world.open().run()
    expect(await world.open().run()).toEqual({ status: 'done', moved: [], copied: [], failed: [], skipped: [] })
  })

  it('gives events that arrive later a second segment', async () => {
    const world = createWorld()
    const [first, late] = [eventsOf(DAY, 30), eventsOf(DAY, 7, 2)]
    await world.hot.insert(first)
    await world.open().run()
    await world.hot.insert(late)
    expectSameEvents(await readEverything(world), [...first, ...late])
    const { moved } = await world.open().run()
    expect(moved).toMatchObject([{ day: DAY, rows: 7 }])
    expect((await catalogDay(world, DAY))?.segments.map(({ rows }) => rows)).toEqual([30, 7])
    await expectConsistent(world, [...first, ...late])
  })

  it('leaves events that arrive while it runs to the next run', async () => {
    const world = createWorld()
    const [first, late] = [eventsOf(DAY, 30), eventsOf(DAY, 7, 2)]
    await world.hot.insert(first)
    await world.open().run({
      onProgress: ({ step }) => {
        if (step === 'verify') void world.hot.insert(late)
      },
    })
    expectSameEvents(await world.hot.read(), late)
    await expectConsistent(world, [...first, ...late])
  })

  it('drops nothing when the object reads back damaged, and recovers', async () => {
    const world = createWorld()
    const events = eventsOf(DAY, 30)
    await world.hot.insert(events)
    const get = world.cold.get
    let isDamaged = true
    world.cold.get = async function* (name, options) {
      for await (const bytes of get(name, options)) {
        const copy = Buffer.from(bytes)
        if (isDamaged && name.startsWith('events/')) copy[10] = copy[10]! ^ 1
        yield copy
      }
    }
    for (const attempt of [1, 2, 3]) {
      const result = await world.open().run()
      expect(result.failed).toMatchObject([{ day: DAY, code: 'verification_failed' }])
      expect((await catalogDay(world, DAY))?.attempts).toBe(attempt)
      expectSameEvents(await world.hot.read(), events)
      world.time += DAY_MS
    }
    expect((await catalogDay(world, DAY))?.retiredObjects).toHaveLength(1)
    isDamaged = false
    expect((await world.open().run()).moved).toMatchObject([{ day: DAY, rows: 30 }])
    await expectConsistent(world, events)
  })

  it('takes another name where the object is there with other bytes', async () => {
    const [probe, world] = [createWorld(), createWorld()]
    const events = eventsOf(DAY, 30)
    for (const { hot } of [probe, world]) await hot.insert(events)
    await probe.open().run()
    const taken = (await catalogDay(probe, DAY))!.segments[0]!.objectName
    const sha256 = createHash('sha256').update('other').digest('hex')
    await world.cold.put(taken, {
      size: 5,
      sha256,
      open: () =>
        (async function* () {
          yield Buffer.from('other')
        })(),
    })
    expect((await world.open().run()).failed).toMatchObject([{ code: 'verification_failed' }])
    world.time += DAY_MS
    expect((await world.open().run()).moved).toMatchObject([{ rows: 30 }])
    expect((await bytesOf(world.cold, taken)).toString()).toBe('other')
    await expectConsistent(world, events)
  })

  it('drops nothing when a committed object is gone before the drop', async () => {
    const world = createWorld()
    const events = eventsOf(DAY, 30)
    await world.hot.insert(events)
    await world.open(undefined, { readerGraceMs: 1000 }).run()
    await world.cold.delete((await catalogDay(world, DAY))!.segments[0]!.objectName)
    world.time += 1000
    expect((await world.open().run()).failed).toMatchObject([{ code: 'verification_failed' }])
    expectSameEvents(await world.hot.read(), events)
  })

  it('goes on with the other days when one fails, and waits before it tries that one again', async () => {
    const world = createWorld()
    await world.hot.insert([...eventsOf(DAY, 30), ...eventsOf(NEXT_DAY, 40)])
    const failing = world.open((operation) => {
      if (operation === 'hot.sealDay' && calls++ === 0) throw new Error('secret row contents')
    })
    let calls = 0
    const result = await failing.run()
    expect(result.moved).toMatchObject([{ day: NEXT_DAY }])
    expect(result.failed).toEqual([{ day: DAY, code: 'internal', message: 'An unexpected error; the log has it.' }])
    const [waiting] = (await world.open().run()).skipped
    expect(waiting).toMatchObject({ day: DAY, reason: 'backoff' })
    world.time = waiting!.until!
    expect((await world.open().run()).moved).toMatchObject([{ day: DAY }])
    expect(await catalogDay(world, DAY)).not.toHaveProperty('lastError')
  })

  it('does nothing while another worker holds the lease, and says so', async () => {
    const world = createWorld()
    await world.hot.insert(eventsOf(DAY, 30))
    const lease = await world.hot.acquireLease('tiering', { owner: 'another', ttlMs: 60_000 })
    expect(await world.open().run()).toEqual({ status: 'lease_held', moved: [], copied: [], failed: [], skipped: [] })
    expect(await namesOf(world.cold)).toEqual([])
    await world.hot.releaseLease(lease!)
    expect((await world.open().run()).moved).toHaveLength(1)
  })

  it('lets one of two runs at the same time do the work', async () => {
    const world = createWorld()
    const events = eventsOf(DAY, 30)
    await world.hot.insert(events)
    const tiering = world.open()
    const results = await Promise.all([tiering.run(), tiering.run(), world.open().run()])
    expect(results.map(({ status }) => status).sort()).toEqual(['done', 'lease_held', 'lease_held'])
    await expectConsistent(world, events)
  })

  it.each(['write', 'put', 'verify', 'commit', 'drop'])(
    'changes nothing more once the lease is lost during %s',
    async (lost) => {
      const world = createWorld()
      const events = [...eventsOf(DAY, 30), ...eventsOf(NEXT_DAY, 3)]
      await world.hot.insert(events)
      let isLost = false
      const changed: string[] = []
      let catalog: Promise<unknown> | undefined
      const tiering = world.open((operation, phase) => {
        if (isLost && phase === 'before' && /dropSealed|sealDay|audit/.test(operation)) changed.push(operation)
      })
      const result = await tiering.run({
        onProgress: ({ step }) => {
          if (step !== lost || isLost) return
          isLost = true
          catalog = world.hot.records.list('tier')
          world.time += 61_000
          void world.hot.acquireLease('tiering', { owner: 'another', ttlMs: 60_000 })
        },
      })
      expect(result).toMatchObject({ status: 'lease_lost', failed: [{ day: DAY, code: 'lease_lost' }] })
      expect(changed).toEqual([])
      expect(await world.hot.records.list('tier')).toEqual(await catalog)
      world.time += 61_000
      expect((await world.open().run()).status).toBe('done')
      expect(await world.hot.read()).toEqual([])
      await expectConsistent(world, events)
    },
  )

  it('stops with aborted when the signal aborts, and is taken up again', async () => {
    const world = createWorld()
    const events = eventsOf(DAY, 30)
    await world.hot.insert(events)
    const abort = new AbortController()
    const run = world.open().run({ signal: abort.signal, onProgress: ({ step }) => step === 'put' && abort.abort() })
    await expect(run).rejects.toMatchObject({ code: 'aborted' })
    expectSameEvents(await world.hot.read(), events)
    expect((await catalogDay(world, DAY))?.attempts).toBe(0)
    expect((await world.open().run()).moved).toHaveLength(1)
    await expectConsistent(world, events)
  })
})
