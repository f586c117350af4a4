import { DAY_MS, dayStart } from '@analytics/protocol'
import { describe, expect, it } from 'vitest'
import { createTiering } from '../../src/create-tiering.js'
import { memoryObjectStore } from '../../src/stores/memory.js'
import { memoryHotTier } from '../../src/testing/index.js'
import { faultsAt, type Strike } from '../strike.js'
import {
  catalogDay,
  createWorld,
  DAY,
  eventsOf,
  expectConsistent,
  expectSameEvents,
  NEXT_DAY,
  namesIn,
  readEverything,
  type World,
} from '../world.js'

const HOUR_MS = 3_600_000
const ALL = { from: 0, to: Number.MAX_SAFE_INTEGER }
const EVENTS = [...eventsOf(DAY, 30), ...eventsOf(NEXT_DAY, 40)]

/** Two cold days that are due for the archive; a restore takes an hour, and where the store copies, so does a copy. */
async function coldWorld({ isCopied = false } = {}): Promise<World> {
  const clock = { now: () => 0 }
  const archiveDelayMs = isCopied ? HOUR_MS : 0
  const store = memoryObjectStore({ now: () => clock.now(), restoreDelayMs: HOUR_MS, archiveDelayMs })
  const world = createWorld(undefined, store)
  clock.now = () => world.time
  world.policy = { dropAfter: '90d', archiveAfter: '1y' }
  await world.hot.insert(EVENTS)
  await world.open().run()
  world.time = dayStart(DAY) + 400 * DAY_MS
  return world
}

async function archivedWorld(): Promise<World> {
  const world = await coldWorld()
  await world.open().archive()
  return world
}

const objectNames = async (world: World) =>
  (await Promise.all([DAY, NEXT_DAY].map((day) => catalogDay(world, day)))).flatMap((day) =>
    day!.segments.map(({ objectName }) => objectName),
  )

async function tiersOf(world: World): Promise<string[]> {
  const infos = await Promise.all((await objectNames(world)).map((name) => world.cold.head(name)))
  return infos.map((info) => `${info!.tier} ${info!.archivalState}`)
}

describe('archive', () => {
  it('brings days of that age to the archive tier, and says so everywhere', async () => {
    const world = await coldWorld()
    const tiering = world.open()
    const { archives } = await tiering.plan()
    expect(archives).toMatchObject([
      { day: DAY, rows: 30, action: 'archive', why: 'It is 399 days old, archiveAfter is 1y.' },
      { day: NEXT_DAY, rows: 40, action: 'archive', why: 'It is 398 days old, archiveAfter is 1y.' },
    ])
    const steps: string[] = []
    const result = await tiering.archive({ onProgress: ({ day, step }) => steps.push(`${day} ${step}`) })
    expect(result).toMatchObject({
      status: 'done',
      moved: [
        { day: DAY, rows: 30 },
        { day: NEXT_DAY, rows: 40 },
      ],
      failed: [],
    })
    expect(steps).toEqual([`${DAY} archive`, `${DAY} done`, `${NEXT_DAY} archive`, `${NEXT_DAY} done`])
    expect(await tiersOf(world)).toEqual(['archive archived', 'archive archived'])
    expect(await catalogDay(world, DAY)).toMatchObject({ state: 'archived', tierName: 'archive', recordsCount: 30 })
    expect((await tiering.status()).days.map(({ state, rows }) => [state, rows])).toEqual([
      ['archived', 30],
      ['archived', 40],
    ])
    expect(await tiering.explain(DAY)).toMatchObject({ next: undefined, objects: [{ archivedAt: world.time }] })
    const view = await tiering.openView(ALL)
    expect([view.days, view.archivedDays.map(({ day, rows }) => [day, rows])]).toEqual([
      [],
      [
        [DAY, 30],
        [NEXT_DAY, 40],
      ],
    ])
    view.release()
    expect(await tiering.verify({ deep: true })).toMatchObject({ ok: true, segments: 2, archived: 2 })
    expect(await tiering.archive()).toMatchObject({ moved: [], failed: [], skipped: [] })
    const audited = world.hot.auditLog().filter(({ action }) => action === 'tiering.archive')
    expect(audited.map(({ target }) => target)).toEqual([DAY, NEXT_DAY])
  })

  it('leaves days alone that are younger, that still move, or where nothing says how old', async () => {
    const world = await coldWorld()
    world.time = dayStart(DAY) + 365 * DAY_MS
    expect((await world.open().archive()).moved).toEqual([])
    world.time = dayStart(DAY) + 400 * DAY_MS
    world.policy = { dropAfter: '90d' }
    expect((await world.open().archive()).moved).toEqual([])
    const young = createWorld()
    young.policy = { dropAfter: '90d', archiveAfter: '91d' }
    young.time = dayStart(DAY) + 500 * DAY_MS
    await young.hot.insert(eventsOf(DAY, 5))
    const held = await young.open(undefined, { readerWaitMs: 1 }).openView(ALL)
    expect((await young.open().archive()).moved).toEqual([])
    held.release()
    expect(await young.hot.read()).toHaveLength(5)
  })

  it('waits for readers that were there before, and leaves the day to the next run where they stay', async () => {
    const world = await coldWorld()
    const tiering = world.open(undefined, { readerWaitMs: 20 })
    const early = await tiering.openView({ from: dayStart(DAY), to: dayStart(DAY) + DAY_MS })
    expect(await tiering.archive()).toMatchObject({
      moved: [{ day: NEXT_DAY }],
      skipped: [{ day: DAY, reason: 'readers' }],
    })
    expect((await tiersOf(world))[0]).toBe('cold available')
    const events = []
    for await (const batch of early.readEvents(DAY, ALL)) events.push(...batch)
    expectSameEvents(events, eventsOf(DAY, 30))
    // Whoever comes now is told that it goes.
    const late = await tiering.openView(ALL)
    expect(late.archivedDays.map(({ state }) => state)).toEqual(['archiving', 'archived'])
    late.release()
    early.release()
    expect((await tiering.archive()).moved).toMatchObject([{ day: DAY }])
    expect(await tiersOf(world)).toEqual(['archive archived', 'archive archived'])
  })

  it('gives readers in other processes their time', async () => {
    const world = await coldWorld()
    const tiering = world.open(undefined, { readerGraceMs: HOUR_MS })
    expect((await tiering.archive()).skipped.map(({ reason }) => reason)).toEqual(['grace', 'grace'])
    world.time += HOUR_MS
    expect((await tiering.archive()).moved).toHaveLength(2)
  })

  it('takes what arrives late on after it', async () => {
    const world = await archivedWorld()
    const late = eventsOf(DAY, 5, 2)
    await world.hot.insert(late)
    await world.open().run()
    expect((await world.open().status()).days[0]).toMatchObject({
      state: 'archived',
      rows: 35,
      hotRows: 0,
      segments: 2,
    })
    expect((await world.open().archive()).moved).toMatchObject([{ day: DAY, rows: 5 }])
    expect(await tiersOf(world)).toEqual(['archive archived', 'archive archived', 'archive archived'])
  })

  it('archives no object that is not as it was committed', async () => {
    const world = await coldWorld()
    await world.cold.delete((await objectNames(world))[0]!)
    expect(await world.open().archive()).toMatchObject({
      failed: [{ day: DAY, code: 'verification_failed' }],
      moved: [{ day: NEXT_DAY }],
    })
    expect((await world.open().explain(DAY)).attempts).toBe(1)
  })

  it('takes no store at its word that says so of an object which is still where it was', async () => {
    const world = await coldWorld()
    world.cold.archive = async () => ({ status: 'archived' })
    const { failed } = await world.open().archive()
    expect(failed.map(({ code }) => code)).toEqual(['outcome_unknown', 'outcome_unknown'])
    expect(await catalogDay(world, DAY)).toMatchObject({ state: 'archiving' })
  })

  it('is refused where the object store has no archive', () => {
    const cold = memoryObjectStore()
    const plain = { ...cold, capabilities: { ...cold.capabilities, archive: false } }
    const policy = { dropAfter: '90d', archiveAfter: '1y' } as const
    expect(() => createTiering({ hot: memoryHotTier(), cold: plain, policy })).toThrow(
      expect.objectContaining({ code: 'invalid_options', field: 'policy.archiveAfter' }),
    )
  })

  it.each([
    ['failure', 'before'],
    ['failure', 'after'],
    ['crash', 'before'],
    ['crash', 'after'],
  ] as const)(
    'that is cut off by a %s %s any call converges in the next run',
    async (kind, phase) => {
      const cutOff = async (strike: Strike): Promise<number> => {
        const world = await coldWorld()
        const faults = faultsAt(strike)
        await world
          .open(faults.hook)
          .archive()
          .catch(() => {})
        world.time += DAY_MS
        expect(await world.open().archive()).toMatchObject({ status: 'done', failed: [] })
        world.time += DAY_MS
        await world.open().archive()
        expect(await tiersOf(world)).toEqual(['archive archived', 'archive archived'])
        expect((await world.open().verify()).problems).toEqual([])
        return faults.count()
      }
      const calls = await cutOff({ call: 0, phase, kind })
      expect(calls).toBeGreaterThan(15)
      for (let call = 1; call <= calls; call++) await cutOff({ call, phase, kind })
    },
    60_000,
  )
})

describe('archive, into a store that copies', () => {
  const ticketsOf = async (world: World) =>
    (await Promise.all([DAY, NEXT_DAY].map((day) => catalogDay(world, day)))).flatMap((day) =>
      day!.segments.map(({ archive }) => archive?.ticket),
    )

  it('does not wait for the copy: the next process goes on with the ticket', async () => {
    const world = await coldWorld({ isCopied: true })
    const copying = [
      { day: DAY, reason: 'copying' },
      { day: NEXT_DAY, reason: 'copying' },
    ]
    expect(await world.open().archive()).toMatchObject({ moved: [], failed: [], skipped: copying })
    expect(await ticketsOf(world)).toEqual(['ticket-1', 'ticket-2'])
    expect(await tiersOf(world)).toEqual(['cold available', 'cold available'])
    // While it lasts nobody counts on the day, and nothing is wrong with it.
    expect(await catalogDay(world, DAY)).toMatchObject({ state: 'archiving', tierName: 'archive' })
    const { archivedDays } = await world.open().openView(ALL)
    expect(archivedDays.map(({ state }) => state)).toEqual(['archiving', 'archiving'])
    expect((await world.open().verify()).problems).toEqual([])
    expect((await world.open().plan()).archives[0]).toMatchObject({ why: 'It is on its way to the archive tier.' })

    world.time += HOUR_MS - 1
    expect((await world.open().archive()).skipped).toEqual(copying)
    expect(await ticketsOf(world)).toEqual(['ticket-1', 'ticket-2'])
    world.time += 1
    const { moved, skipped } = await world.open().archive()
    expect([moved.map(({ day, rows }) => [day, rows]), skipped]).toEqual([
      [
        [DAY, 30],
        [NEXT_DAY, 40],
      ],
      [],
    ])
    expect(await tiersOf(world)).toEqual(['archive archived', 'archive archived'])
    expect(await ticketsOf(world)).toEqual([undefined, undefined])
    expect((await catalogDay(world, DAY))!.segments[0]!.archive).toEqual({ step: 'archived', at: world.time })
    // Once a segment, however often it was asked for.
    const audited = world.hot.auditLog().filter(({ action }) => action === 'tiering.archive')
    expect(audited.map(({ target }) => target)).toEqual([DAY, NEXT_DAY])
  })

  it('fails the day of which the copy was given up, and begins anew after a pause', async () => {
    const world = await coldWorld({ isCopied: true })
    const { cold } = world
    await world.open().archive()
    const { archive } = cold
    cold.archive = async (name, options) =>
      options?.ticket === 'ticket-1' ? { status: 'failed', reason: 'no such policy' } : archive(name, options)
    world.time += HOUR_MS
    const { failed, moved } = await world.open().archive()
    expect([failed.map(({ day, code }) => [day, code]), moved.map(({ day }) => day)]).toEqual([
      [[DAY, 'store_unavailable']],
      [NEXT_DAY],
    ])
    expect(failed[0]!.message).toContain('no such policy')
    expect(await ticketsOf(world)).toEqual([undefined, undefined])
    expect((await tiersOf(world))[0]).toBe('cold available')
    expect(await world.open().archive()).toMatchObject({ moved: [], failed: [], skipped: [] })
    cold.archive = (name) => archive(name)
    world.time += DAY_MS
    expect((await world.open().archive()).moved).toMatchObject([{ day: DAY }])
  })

  it('only goes on with what was begun, where that is asked for', async () => {
    const world = await coldWorld({ isCopied: true })
    expect(await world.open().archive({ onlyBegun: true })).toMatchObject({ moved: [], skipped: [], failed: [] })
    expect(await ticketsOf(world)).toEqual([undefined, undefined])
    world.policy = { dropAfter: '90d', archiveAfter: '399d' }
    expect((await world.open().archive()).skipped).toEqual([{ day: DAY, reason: 'copying' }])
    world.time += 10 * DAY_MS
    expect((await world.open().archive({ onlyBegun: true })).moved).toMatchObject([{ day: DAY }])
    expect(await tiersOf(world)).toEqual(['archive archived', 'cold available'])
  })

  it('opens a day that is asked for meanwhile once it is there, not before', async () => {
    const world = await coldWorld({ isCopied: true })
    await world.open().archive()
    const { restore } = world.open()
    const { id, state } = await restore.request(ALL, { hours: 10 })
    expect(state).toBe('restoring')
    expect((await world.open().openView(ALL)).days).toEqual([])
    world.time += HOUR_MS
    await world.open().archive()
    expect((await restore.status(id)).state).toBe('restoring')
    world.time += HOUR_MS
    expect((await restore.status(id)).state).toBe('ready')
    await expectConsistent(world, EVENTS)
  })

  it('expires a day on its way', async () => {
    const world = await coldWorld({ isCopied: true })
    await world.open().archive()
    world.policy = { dropAfter: '90d', archiveAfter: '1y', expireAfter: '400d' }
    world.time += 2 * DAY_MS
    expect((await world.open().expire({ dryRun: false })).moved).toMatchObject([{ day: DAY }, { day: NEXT_DAY }])
    expect(await namesIn(world)).toEqual([])
  })

  it.each([
    ['failure', 'before'],
    ['failure', 'after'],
    ['crash', 'before'],
    ['crash', 'after'],
  ] as const)(
    'that is cut off by a %s %s any call converges in later runs',
    async (kind, phase) => {
      const cutOff = async (strike: Strike): Promise<number> => {
        const world = await coldWorld({ isCopied: true })
        const faults = faultsAt(strike)
        for (let run = 0; run < 2; run++) {
          await world
            .open(faults.hook)
            .archive()
            .catch(() => {})
          world.time += HOUR_MS
        }
        for (let run = 0; run < 3; run++) {
          world.time += DAY_MS
          expect(await world.open().archive()).toMatchObject({ status: 'done', failed: [] })
        }
        expect(await tiersOf(world)).toEqual(['archive archived', 'archive archived'])
        expect((await world.open().verify()).problems).toEqual([])
        return faults.count()
      }
      const calls = await cutOff({ call: 0, phase, kind })
      expect(calls).toBeGreaterThan(30)
      for (let call = 1; call <= calls; call++) await cutOff({ call, phase, kind })
    },
    60_000,
  )
})

describe('restore', () => {
  it('opens archived days for the hours that were asked for, and reads are as they were', async () => {
    const world = await archivedWorld()
    const { restore } = world.open()
    expect(await restore.estimate(ALL)).toMatchObject({ days: [DAY, NEXT_DAY], objects: 2, readyWithinMs: HOUR_MS })
    const asked = await restore.request(ALL, { hours: 5 })
    expect(asked).toMatchObject({ state: 'restoring', days: [DAY, NEXT_DAY], objects: 2, readable: 0 })
    expect((await world.open().status()).days.map(({ state }) => state)).toEqual(['archived', 'archived'])
    world.time += HOUR_MS
    // Another process asks.
    const ready = await world.open().restore.status(asked.id)
    expect(ready).toMatchObject({ state: 'ready', readable: 2, readableUntil: world.time + 5 * HOUR_MS })
    expect((await world.open().status()).days.map(({ state }) => state)).toEqual(['restored', 'restored'])
    await expectConsistent(world, EVENTS)
    expect(await restore.estimate(ALL)).toMatchObject({ days: [], objects: 0, bytes: 0, readyWithinMs: 0 })
    // Reads stop ten minutes before the objects close.
    world.time += 5 * HOUR_MS - 9 * 60_000
    expectSameEvents(await readEverything(world), [])
    expect((await world.open().openView(ALL)).archivedDays).toHaveLength(2)
    world.time += HOUR_MS
    expect(await tiersOf(world)).toEqual(['archive archived', 'archive archived'])
    expect(await restore.status(asked.id)).toMatchObject({ state: 'expired', readable: 0 })
    expect((await restore.request(ALL)).state).toBe('restoring')
  })

  it('of one day leaves the others closed', async () => {
    const world = await archivedWorld()
    const tiering = world.open()
    const { id } = await tiering.restore.request({ from: dayStart(NEXT_DAY), to: dayStart(NEXT_DAY) + 1 })
    world.time += HOUR_MS
    expect(await tiering.restore.status(id)).toMatchObject({ state: 'ready', days: [NEXT_DAY] })
    expectSameEvents(await readEverything(world), eventsOf(NEXT_DAY, 40))
  })

  it('is shared by all who ask for the same days', async () => {
    const world = await archivedWorld()
    let asked = 0
    const tierings = Array.from({ length: 4 }, () =>
      world.open((operation, phase) => {
        if (operation === 'cold.restore' && phase === 'before') asked++
      }),
    )
    const restores = await Promise.all(tierings.map((tiering) => tiering.restore.request(ALL)))
    expect(asked).toBe(2)
    world.time += HOUR_MS
    for (const { id } of restores) expect((await tierings[0]!.restore.status(id)).state).toBe('ready')
    await tierings[0]!.restore.request(ALL)
    expect(asked).toBe(2)
  })

  it('asked for longer is extended, and stays readable meanwhile', async () => {
    const world = await archivedWorld()
    const { restore } = world.open()
    const { id } = await restore.request(ALL, { hours: 3 })
    world.time += HOUR_MS
    await restore.status(id)
    world.time += HOUR_MS
    const longer = await restore.request(ALL, { hours: 48 })
    expect(longer).toMatchObject({ state: 'ready', readableUntil: world.time + 48 * HOUR_MS })
    world.time += 40 * HOUR_MS
    await expectConsistent(world, EVENTS)
  })

  it.each(['before', 'after'] as const)('that is cut off %s any call is taken up when asked again', async (phase) => {
    const cutOff = async (call: number): Promise<number> => {
      const world = await archivedWorld()
      const faults = faultsAt({ call, phase, kind: 'crash' })
      await world
        .open(faults.hook)
        .restore.request(ALL)
        .catch(() => {})
      const { restore } = world.open()
      const { id } = await restore.request(ALL)
      await restore.status(id)
      world.time += HOUR_MS
      expect((await restore.status(id)).state).toBe('ready')
      await expectConsistent(world, EVENTS)
      return faults.count()
    }
    const calls = await cutOff(0)
    expect(calls).toBeGreaterThan(8)
    for (let call = 1; call <= calls; call++) await cutOff(call)
  })

  it('can be waited for, until it is ready or the caller gives up', async () => {
    const world = await archivedWorld()
    const { restore } = world.open()
    const { id } = await restore.request(ALL)
    await expect(restore.wait(id, { pollMs: 5, signal: AbortSignal.timeout(40) })).rejects.toMatchObject({
      code: 'aborted',
    })
    setTimeout(() => {
      world.time += HOUR_MS
    }, 20)
    expect((await restore.wait(id, { pollMs: 5 })).state).toBe('ready')
    world.time += 30 * HOUR_MS
    await expect(restore.wait(id, { pollMs: 5 })).rejects.toMatchObject({ code: 'object_archived' })
  })

  it('refuses what makes no sense, and knows no other ids', async () => {
    const { restore } = (await archivedWorld()).open()
    for (const [range, hours, field] of [
      [ALL, 0, 'hours'],
      [ALL, 241, 'hours'],
      [{ from: 5, to: 5 }, 1, 'range'],
      [{ from: 0, to: Number.NaN }, 1, 'range'],
    ] as const)
      await expect(restore.request(range, { hours })).rejects.toMatchObject({ code: 'invalid_options', field })
    await expect(restore.status('other')).rejects.toMatchObject({ code: 'not_found' })
  })
})
