import { AnalyticsError, DAY_MS } from '@analytics/protocol'
import { describe, expect, it } from 'vitest'
import { createTiering } from '../../src/create-tiering.js'
import { parquetFormat } from '../../src/formats/parquet.js'
import { type ServiceFault, seededRandom } from '../../src/testing/index.js'
import { tempDir } from '../temp-dir.js'
import { createWorld, DAY, eventsOf, expectConsistent, NEXT_DAY, type World } from '../world.js'
import { startStandIn } from './stand-in.js'

const HOUR_MS = 3_600_000
const dir = tempDir()

/** What may go wrong with a request; a run in which nothing else happens still ends. */
const FAULTS: readonly ServiceFault[] = [
  { kind: 'fail-before' },
  { kind: 'fail-after' },
  { kind: 'refuse', status: 503, code: 'ServiceUnavailable' },
  { kind: 'refuse', status: 429, code: 'TooManyRequests' },
  { kind: 'truncate', at: 40 },
  { kind: 'flip-bit', at: 20 },
  { kind: 'stale-list', missing: 1 },
]

/** Runs until nothing is due; a run that fails is followed by another, as the job does it. */
async function runUntilDone(world: World): Promise<number> {
  for (let runs = 1; runs <= 50; runs++) {
    const tiering = world.open()
    try {
      await tiering.run()
    } catch (error) {
      // Whatever went wrong was told as an error of the library's own.
      expect(error).toBeInstanceOf(AnalyticsError)
    } finally {
      await tiering.close()
    }
    world.time += 3_600_000
    const { due } = await world.open().plan()
    if (due.length === 0) return runs
  }
  throw new Error('the days never moved')
}

describe('Days that move to OCI, through the real SDK over HTTP', () => {
  it('lie there as Parquet, and read as they were', async () => {
    const standIn = await startStandIn()
    const world = createWorld(parquetFormat(), standIn.open())
    const events = [...eventsOf(DAY, 300), ...eventsOf(NEXT_DAY, 200)]
    await world.hot.insert(events)
    expect(await runUntilDone(world)).toBe(1)
    const parquet = standIn.service.objects('cold').filter(({ name }) => name.endsWith('.parquet'))
    expect(parquet.map(({ name }) => name.split('/').slice(0, 2).join('/'))).toEqual([
      `events/dt=${DAY}`,
      `events/dt=${NEXT_DAY}`,
    ])
    expect(parquet.every(({ tier }) => tier === 'InfrequentAccess')).toBe(true)
    expect(await world.hot.read()).toEqual([])
    await expectConsistent(world, events)
    await standIn.close()
  })

  it.each([1, 2, 3, 4, 5, 6])('lose and double nothing, whatever the network does (seed %i)', async (seed) => {
    const standIn = await startStandIn()
    const random = seededRandom(seed)
    const cold = standIn.open({ attempts: 2, deadline: { ms: 2000 } })
    const world = createWorld(undefined, cold)
    const days = Array.from({ length: 8 }, (_, i) => `2026-07-${20 + i}`)
    const events = days.flatMap((day, i) => eventsOf(day, 20 + i, seed))
    await world.hot.insert(events)
    await cold.head('a')
    let faults = 0
    standIn.service.fail(() => {
      if (random() >= 0.4) return undefined
      faults++
      return FAULTS[Math.floor(random() * FAULTS.length)]
    })
    await runUntilDone(world)
    expect(faults).toBeGreaterThan(10)
    standIn.service.fail(undefined)
    expect(await world.hot.read()).toEqual([])
    await expectConsistent(world, events)
    await standIn.close()
  })

  it('go to the archive tier in place, and are read again while they are restored', async () => {
    const standIn = await startStandIn({ restoreMs: HOUR_MS })
    const world = createWorld(undefined, standIn.open())
    world.policy = { dropAfter: '90d', archiveAfter: '1y' }
    const events = [...eventsOf(DAY, 30), ...eventsOf(NEXT_DAY, 20)]
    await world.hot.insert(events)
    await runUntilDone(world)
    world.time += 365 * DAY_MS
    standIn.clock.now = world.time
    expect((await world.open().archive()).moved).toHaveLength(2)
    const segments = () => standIn.service.objects('cold').filter(({ name }) => name.startsWith('events/'))
    expect(segments().map(({ archivalState }) => archivalState)).toEqual(['Archived', 'Archived'])
    // What describes them stays readable.
    const others = standIn.service.objects('cold').filter(({ name }) => !name.startsWith('events/'))
    expect(others.every(({ tier }) => tier === 'InfrequentAccess')).toBe(true)
    expect(others.length).toBeGreaterThan(0)
    const { objects } = await world.open().explain(DAY)
    expect(objects[0]!.paidUntil).toBe(objects[0]!.archivedAt! + 90 * DAY_MS)

    const { restore } = world.open()
    const { id, state } = await restore.request({ from: 0, to: Number.MAX_SAFE_INTEGER }, { hours: 10 })
    expect(state).toBe('restoring')
    world.time += HOUR_MS
    standIn.clock.now = world.time
    expect(await restore.status(id)).toMatchObject({ state: 'ready', readableUntil: world.time + 10 * HOUR_MS })
    await expectConsistent(world, events)
    await standIn.close()
  })

  it('go to an archive of its own by copies that nobody waits for, and are restored, erased and deleted there', async () => {
    const standIn = await startStandIn({ restoreMs: HOUR_MS, copyMs: HOUR_MS, versioning: 'Enabled' })
    const world = createWorld(undefined, standIn.openBoth())
    world.policy = { dropAfter: '90d', archiveAfter: '1y' }
    const later = (ms: number) => {
      world.time += ms
      standIn.clock.now = world.time
    }
    const segmentsIn = (bucket: string) =>
      standIn.service
        .objects(bucket)
        .filter(({ name, isDeleteMarker }) => name.startsWith('events/') && !isDeleteMarker)
    const events = [...eventsOf(DAY, 30), ...eventsOf(NEXT_DAY, 20)]
    await world.hot.insert(events)
    await runUntilDone(world)
    later(365 * DAY_MS)
    expect((await world.open().archive()).skipped.map(({ reason }) => reason)).toEqual(['copying', 'copying'])
    expect([segmentsIn('cold').length, segmentsIn('archive').length]).toEqual([2, 0])

    // Another process, with a connection of its own.
    const opened = () => createTiering({ ...world, cold: standIn.openBoth(), now: () => world.time, tempDir: dir })
    const other = opened()
    later(HOUR_MS / 2)
    expect((await other.archive()).moved).toEqual([])
    later(HOUR_MS / 2)
    expect((await other.archive()).moved).toHaveLength(2)
    expect(segmentsIn('cold')).toEqual([])
    expect(segmentsIn('archive').map(({ archivalState }) => archivalState)).toEqual(['Archived', 'Archived'])
    // What describes them stays where it was.
    expect(standIn.service.objects('archive')).toHaveLength(2)
    const { orphans } = await other.gc({ dryRun: false, olderThan: '1h' })
    expect([orphans, (await other.verify({ deep: true })).ok]).toEqual([[], true])

    const { id } = await other.restore.request({ from: 0, to: Number.MAX_SAFE_INTEGER }, { hours: 10 })
    later(HOUR_MS)
    expect((await other.restore.status(id)).state).toBe('ready')
    await expectConsistent(world, events)

    const person = events.find(({ userId }) => userId !== null)!.userId!
    const { id: erasure } = await other.erase.request({ userIds: [person], anonymousIds: [] })
    for (let run = 0; run < 3; run++) {
      later(HOUR_MS)
      await other.erase.run()
    }
    expect((await other.erase.status(erasure)).state).toBe('complete')
    const kept = events.filter(({ userId }) => userId !== person)
    await other.archive()
    later(HOUR_MS)
    await other.archive()
    expect(segmentsIn('cold')).toEqual([])
    const bytes = standIn.service.objects('archive').map((one) => one.bytes.toString('latin1'))
    expect(events.filter(({ eventId }) => bytes.some((text) => text.includes(eventId)))).toHaveLength(kept.length)

    world.policy = { dropAfter: '90d', archiveAfter: '1y', expireAfter: '2y' }
    later(365 * DAY_MS)
    const expiring = opened()
    expect((await expiring.expire({ dryRun: false })).moved).toHaveLength(2)
    expect([standIn.service.objects('cold'), standIn.service.objects('archive')]).toEqual([[], []])
    expect((await expiring.verify()).ok).toBe(true)
    await standIn.close()
  })

  it.each([1, 2, 3, 4])(
    'lose and double nothing on their way there, whatever the network does (seed %i)',
    async (seed) => {
      const standIn = await startStandIn({ restoreMs: HOUR_MS, copyMs: HOUR_MS })
      const random = seededRandom(seed)
      const cold = standIn.openBoth({ attempts: 2, deadline: { ms: 2000 } })
      const world = createWorld(undefined, cold)
      world.policy = { dropAfter: '90d', archiveAfter: '1y' }
      const days = Array.from({ length: 6 }, (_, i) => `2026-07-${20 + i}`)
      const events = days.flatMap((day, i) => eventsOf(day, 20 + i, seed))
      await world.hot.insert(events)
      await runUntilDone(world)
      world.time += 365 * DAY_MS
      let faults = 0
      standIn.service.fail(() => {
        if (random() >= 0.3) return undefined
        faults++
        return FAULTS[Math.floor(random() * FAULTS.length)]
      })
      for (let run = 0; run < 50 && (await world.open().plan()).archives.length > 0; run++) {
        await world.open().archive()
        world.time += 7 * HOUR_MS
        standIn.clock.now = world.time
        const names = ['cold', 'archive'].flatMap((bucket) => standIn.service.objects(bucket).map(({ name }) => name))
        // Each day is somewhere at any time.
        expect(new Set(names.filter((name) => name.startsWith('events/'))).size).toBe(days.length)
      }
      standIn.service.fail(undefined)
      expect(faults).toBeGreaterThan(10)
      expect((await world.open().status()).days.map(({ state }) => state)).toEqual(days.map(() => 'archived'))
      const { restore } = world.open()
      const { id } = await restore.request({ from: 0, to: Number.MAX_SAFE_INTEGER }, { hours: 10 })
      world.time += HOUR_MS
      standIn.clock.now = world.time
      expect((await restore.status(id)).state).toBe('ready')
      await expectConsistent(world, events)
      await standIn.close()
    },
  )
})
