import { DAY_MS } from '@analytics/protocol'
import { describe, expect, it } from 'vitest'
import { faultsAt, type Strike } from '../strike.js'
import {
  catalogDay,
  createWorld,
  DAY,
  eventsOf,
  expectConsistent,
  expectSameEvents,
  readEverything,
  type World,
} from '../world.js'

/** A day with a segment already and rows that came late, so that every kind of step is passed through. */
async function prepare(): Promise<{
  world: World
  first: ReturnType<typeof eventsOf>
  late: ReturnType<typeof eventsOf>
}> {
  const world = createWorld()
  const [first, late] = [eventsOf(DAY, 12), eventsOf(DAY, 5, 2)]
  await world.hot.insert(first)
  return { world, first, late }
}

async function runThrough(strike: Strike): Promise<number> {
  const { world, first, late } = await prepare()
  const faults = faultsAt(strike)
  await world
    .open(faults.hook)
    .run()
    .catch(() => {})
  // Whatever happened: nothing is gone that has no committed copy, and readers see each event once.
  expectSameEvents(await readEverything(world), first)
  const segments = (await catalogDay(world, DAY))?.segments ?? []
  if (segments.length === 0) expectSameEvents(await world.hot.read(), first)
  await world.hot.insert(late)
  for (let run = 0; run < 2; run++) {
    // Past the lease of the dead worker and the time that a failed day waits.
    world.time += DAY_MS
    expect(await world.open().run()).toMatchObject({ status: 'done', failed: [], skipped: [] })
  }
  expect(await world.hot.read()).toEqual([])
  await expectConsistent(world, [...first, ...late])
  expect((await catalogDay(world, DAY))?.retiredObjects).toEqual([])
  return faults.count()
}

describe('a move that is cut off', () => {
  it.each([
    ['failure', 'before'],
    ['failure', 'after'],
    ['crash', 'before'],
    ['crash', 'after'],
  ] as const)(
    'by a %s %s any call converges in the next run, without losing or doubling an event',
    async (kind, phase) => {
      const calls = await runThrough({ call: 0, phase, kind })
      expect(calls).toBeGreaterThan(20)
      for (let call = 1; call <= calls; call++) await runThrough({ call, phase, kind })
    },
    60_000,
  )

  it('twice in a row converges as well', async () => {
    for (let call = 1; call <= 30; call++) {
      const { world, first } = await prepare()
      await world
        .open(faultsAt({ call, phase: 'after', kind: 'crash' }).hook)
        .run()
        .catch(() => {})
      world.time += DAY_MS
      await world
        .open(faultsAt({ call: 31 - call, phase: 'after', kind: 'crash' }).hook)
        .run()
        .catch(() => {})
      world.time += DAY_MS
      await world.open().run()
      expect(await world.hot.read()).toEqual([])
      await expectConsistent(world, first)
    }
  }, 60_000)
})

/** A day that is cold, some or all of whose events came again. */
async function runAgainThrough(strike: Strike, fresh: number): Promise<number> {
  const { world, first } = await prepare()
  await world.open().run()
  const late = eventsOf(DAY, fresh, 3)
  await world.hot.insert([...first.slice(0, 7), ...late])
  const faults = faultsAt(strike)
  await world
    .open(faults.hook)
    .run()
    .catch(() => {})
  expectSameEvents(await readEverything(world), [...first, ...late])
  world.time += DAY_MS
  expect(await world.open().run()).toMatchObject({ status: 'done', failed: [], skipped: [] })
  expect(await world.hot.read()).toEqual([])
  await expectConsistent(world, [...first, ...late])
  return faults.count()
}

describe('a move of events that came again', () => {
  it.each([
    ['failure', 'before', 0],
    ['failure', 'after', 0],
    ['crash', 'before', 0],
    ['crash', 'after', 0],
    ['crash', 'before', 4],
    ['crash', 'after', 4],
  ] as const)('cut off by a %s %s any call converges, %d of them new', async (kind, phase, fresh) => {
    const calls = await runAgainThrough({ call: 0, phase, kind }, fresh)
    expect(calls).toBeGreaterThan(fresh > 0 ? 20 : 10)
    for (let call = 1; call <= calls; call++) await runAgainThrough({ call, phase, kind }, fresh)
  })
})
