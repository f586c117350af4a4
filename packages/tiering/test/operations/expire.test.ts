import { DAY_MS, dayStart, type StoredEvent } from '@analytics/protocol'
import { describe, expect, it } from 'vitest'
import { textBody } from '../../src/operations/transfer.js'
import { memoryObjectStore } from '../../src/stores/memory.js'
import { faultsAt, type Strike } from '../strike.js'
import {
  catalogDay,
  createWorld,
  DAY,
  eventsOf,
  expectSameEvents,
  NEXT_DAY,
  namesIn,
  readEverything,
  type World,
} from '../world.js'

const ALL = { from: 0, to: Number.MAX_SAFE_INTEGER }
const FIRST = { from: dayStart(DAY), to: dayStart(DAY) + DAY_MS }
const DELETE = { dryRun: false }

/** Two days in object storage, the first of which is due to go. */
async function agedWorld(): Promise<World> {
  const clock = { now: () => 0 }
  const world = createWorld(undefined, memoryObjectStore({ now: () => clock.now() }))
  clock.now = () => world.time
  world.policy = { dropAfter: '90d', archiveAfter: '1y', expireAfter: '2y' }
  await world.hot.insert([...eventsOf(DAY, 30), ...eventsOf(NEXT_DAY, 40)])
  await world.open().run()
  // The first day is two years old, the second will be tomorrow.
  world.time = Date.parse('2028-08-02T12:00:00Z')
  return world
}

const ofDay = (names: readonly string[], day: string) => names.filter((name) => name.includes(day))

/** Nothing is in the bucket but what the catalog has, and what it has is there. */
async function expectNoRest(world: World): Promise<void> {
  const kept = (await Promise.all([DAY, NEXT_DAY].map((day) => catalogDay(world, day)))).flatMap(
    (day) => day?.segments.map(({ objectName }) => objectName) ?? [],
  )
  const stored = (await namesIn(world)).filter((name) => name.startsWith('events/'))
  expect(stored.sort()).toEqual(kept.sort())
  expect((await namesIn(world)).length).toBe(3 * kept.length)
  expect((await world.open().verify()).problems).toEqual([])
}

describe('expire', () => {
  it('tells what it would delete, and deletes nothing unless it is told to', async () => {
    const world = await agedWorld()
    const { expiries } = await world.open().plan()
    expect(expiries).toMatchObject([
      { day: DAY, rows: 30, action: 'expire', why: 'It is 731 days old, expireAfter is 2y.' },
    ])
    expect((await world.open().expire()).moved).toMatchObject([{ day: DAY, rows: 30 }])
    expect(await namesIn(world)).toHaveLength(6)
    expectSameEvents(await readEverything(world), [...eventsOf(DAY, 30), ...eventsOf(NEXT_DAY, 40)])
  })

  it('deletes the segments of a day and what describes them, and remembers that', async () => {
    const world = await agedWorld()
    const [object] = (await catalogDay(world, DAY))!.segments
    const tiering = world.open()
    expect(await tiering.expire(DELETE)).toMatchObject({ moved: [{ day: DAY, rows: 30 }], failed: [], skipped: [] })
    expect(ofDay(await namesIn(world), DAY)).toEqual([])
    await expectNoRest(world)
    expectSameEvents(await readEverything(world), eventsOf(NEXT_DAY, 40))
    expect(await catalogDay(world, DAY)).toMatchObject({
      state: 'expired',
      recordsCount: 0,
      sizeBytes: 0,
      expired: [{ objectName: object!.objectName, rows: 30, sha256: object!.sha256, expiredAt: world.time }],
    })
    expect((await tiering.status()).days.map(({ day }) => day)).toEqual([NEXT_DAY])
    expect(await tiering.explain(DAY)).toMatchObject({
      state: 'expired',
      next: undefined,
      objects: [],
      expired: [{ rows: 30 }],
    })
    expect(world.hot.auditLog().filter(({ action }) => action === 'tiering.expire')).toMatchObject([{ target: DAY }])
    expect((await tiering.expire(DELETE)).moved).toEqual([])
    world.time += DAY_MS
    expect((await tiering.expire(DELETE)).moved).toMatchObject([{ day: NEXT_DAY, rows: 40 }])
    expect(await namesIn(world)).toEqual([])
  })

  it('deletes days of the archive, objects that were given up, and what arrives late afterwards', async () => {
    const world = await agedWorld()
    await world.open().archive()
    const entry = (await world.hot.records.get('tier', DAY))!
    await world.cold.put(`events/dt=${DAY}/given-up.json`, textBody('events of that day'))
    await world.hot.records.put(
      'tier',
      DAY,
      { ...(entry.value as object), retiredObjects: [`events/dt=${DAY}/given-up.json`] },
      entry.version,
    )
    expect((await world.open().expire(DELETE)).failed).toEqual([])
    expect(ofDay(await namesIn(world), DAY)).toEqual([])
    await world.hot.insert(eventsOf(DAY, 5, 2))
    await world.open().run()
    expect((await world.open().status()).days[0]).toMatchObject({ day: DAY, state: 'cold', rows: 5 })
    expect((await world.open().expire(DELETE)).moved).toMatchObject([{ day: DAY, rows: 5 }])
    expect((await world.open().explain(DAY)).expired).toHaveLength(2)
    expect(ofDay(await namesIn(world), DAY)).toEqual([])
  })

  it('waits for readers, who read to the end, while those who come then see nothing of the day', async () => {
    const world = await agedWorld()
    const tiering = world.open(undefined, { readerWaitMs: 20 })
    const early = await tiering.openView(ALL)
    expect(await tiering.expire(DELETE)).toMatchObject({ moved: [], skipped: [{ day: DAY, reason: 'readers' }] })
    const read: StoredEvent[] = []
    for await (const batch of early.readEvents(DAY, ALL)) read.push(...batch)
    expectSameEvents(read, eventsOf(DAY, 30))
    expectSameEvents(await readEverything(world), eventsOf(NEXT_DAY, 40))
    early.release()
    expect((await tiering.expire(DELETE)).moved).toMatchObject([{ day: DAY }])
    await expectNoRest(world)
  })

  it.each([
    ['failure', 'before'],
    ['failure', 'after'],
    ['crash', 'before'],
    ['crash', 'after'],
  ] as const)('that is cut off by a %s %s any call converges in the next run', async (kind, phase) => {
    const cutOff = async (strike: Strike): Promise<number> => {
      const world = await agedWorld()
      const faults = faultsAt(strike)
      await world
        .open(faults.hook)
        .expire(DELETE)
        .catch(() => {})
      world.time += 3_600_000
      await world.open().expire(DELETE)
      expect((await catalogDay(world, DAY))!.state).toBe('expired')
      expectSameEvents(await readEverything(world), eventsOf(NEXT_DAY, 40))
      await expectNoRest(world)
      return faults.count()
    }
    const calls = await cutOff({ call: 0, phase, kind })
    expect(calls).toBeGreaterThan(10)
    for (let call = 1; call <= calls; call++) await cutOff({ call, phase, kind })
  })
})

describe('hold', () => {
  it('keeps days from expiring until it is released or ends', async () => {
    const world = await agedWorld()
    const { hold, ...tiering } = world.open()
    const held = await hold.add({ ...FIRST, reason: 'case 12/2028' })
    expect(held.tooLate).toEqual([])
    expect(await hold.list()).toMatchObject([{ id: held.id, reason: 'case 12/2028' }])
    const plan = await tiering.plan()
    expect([plan.expiries, plan.held]).toEqual([[], [{ day: DAY, rows: 30, holdId: held.id, reason: 'case 12/2028' }]])
    expect(await tiering.expire(DELETE)).toMatchObject({ moved: [], skipped: [{ day: DAY, reason: 'hold' }] })
    expect(await tiering.explain(DAY)).toMatchObject({ hold: { reason: 'case 12/2028' } })
    await hold.release(held.id)
    expect(await hold.list()).toEqual([])
    await hold.add({ ...FIRST, reason: 'for an hour', until: world.time + 3_600_000 })
    expect((await tiering.expire(DELETE)).moved).toEqual([])
    world.time += 3_600_000
    expect((await tiering.expire(DELETE)).moved).toMatchObject([{ day: DAY }])
    expect(world.hot.auditLog().map(({ action }) => action)).toContain('tiering.release-hold')
  })

  it('brings back what was to be deleted and is still there', async () => {
    const world = await agedWorld()
    const tiering = world.open(undefined, { readerWaitMs: 1 })
    const view = await tiering.openView(ALL)
    expect((await tiering.expire(DELETE)).skipped).toMatchObject([{ reason: 'readers' }])
    view.release()
    expectSameEvents(await readEverything(world), eventsOf(NEXT_DAY, 40))
    const { tooLate } = await tiering.hold.add({ ...FIRST, reason: 'just in time' })
    expect(tooLate).toEqual([])
    expect((await tiering.expire(DELETE)).skipped).toMatchObject([{ day: DAY, reason: 'hold' }])
    expectSameEvents(await readEverything(world), [...eventsOf(DAY, 30), ...eventsOf(NEXT_DAY, 40)])
    await expectNoRest(world)
  })

  it('that comes while a day expires keeps it, or says that it comes too late', async () => {
    let kept = 0
    let late = 0
    const calls = 16
    for (let call = 1; call <= calls; call++) {
      const world = await agedWorld()
      const held = { tooLate: [] as readonly string[] }
      let at = 0
      // The hold is added between two calls of the expiry, each in turn.
      const expiring = world.open(async (_operation, phase) => {
        if (phase !== 'before' || ++at !== call) return
        held.tooLate = (await world.open().hold.add({ ...FIRST, reason: 'sudden' })).tooLate
      })
      await expiring.expire(DELETE).catch(() => {})
      world.time += 3_600_000
      await world.open().expire(DELETE)
      const isThere = ofDay(await namesIn(world), DAY).length > 0
      const isRead = (await readEverything(world)).length === 70
      expect([isThere, isRead], `before call ${call}`).toEqual([isThere, isThere])
      // A hold that was in time holds.
      if (at >= call && held.tooLate.length === 0) expect(isThere, `before call ${call}`).toBe(true)
      if (isThere) kept++
      else late++
      await expectNoRest(world)
    }
    expect([kept > 5, late > 1]).toEqual([true, true])
  })

  it('refuses what makes no sense', async () => {
    const { hold } = (await agedWorld()).open()
    await expect(hold.add({ from: 5, to: 5, reason: 'x' })).rejects.toMatchObject({ field: 'from' })
    await expect(hold.add({ ...FIRST, reason: ' ' })).rejects.toMatchObject({ field: 'reason' })
    await expect(hold.release('other')).rejects.toMatchObject({ code: 'not_found' })
  })
})
