import { DAY_MS, type Day, dayStart, type StoredEvent } from '@analytics/protocol'
import type { FaultHook } from '@analytics/protocol/testing'
import { expect } from 'vitest'
import type { CatalogDay } from '../src/catalog.js'
import { createTiering } from '../src/create-tiering.js'
import type { ObjectStore } from '../src/object-store.js'
import type { TieringPolicy } from '../src/policy.js'
import type { SegmentFormat } from '../src/segment-format.js'
import { memoryObjectStore } from '../src/stores/memory.js'
import { type MemoryHotTier, memoryHotTier, sampleEvents, seededRandom, withFaults } from '../src/testing/index.js'
import type { Tiering } from '../src/tiering.js'
import { hotRows } from './hot-rows.js'
import { jsonFormat } from './json-format.js'
import { tempDir } from './temp-dir.js'

const dir = tempDir()

export const DAY = '2026-08-01'
export const NEXT_DAY = '2026-08-02'

/** A hot tier and an object store, and a clock at which the two days are due. */
export interface World {
  hot: MemoryHotTier
  cold: ObjectStore
  format: SegmentFormat
  time: number
  policy: TieringPolicy
  /** Opens tiering anew, as another process would; its calls may fail. */
  open(faults?: FaultHook, times?: { readerWaitMs?: number; readerGraceMs?: number }): Tiering
}

export function createWorld(format: SegmentFormat = jsonFormat(), store?: ObjectStore): World {
  const clock = () => world.time
  const hot = memoryHotTier({ now: clock })
  const cold = store ?? memoryObjectStore({ now: clock })
  const random = seededRandom(1)
  const world: World = {
    hot,
    cold,
    format,
    time: dayStart(DAY) + 100 * DAY_MS,
    policy: { dropAfter: '90d' },
    open: (faults, times = {}) =>
      createTiering({
        hot: withFaults(hot, faults && ((operation, phase) => faults(`hot.${operation}`, phase)), ['readSealed']),
        cold: withFaults(cold, faults && ((operation, phase) => faults(`cold.${operation}`, phase)), ['get', 'list']),
        policy: world.policy,
        format,
        times,
        now: clock,
        random,
        tempDir: dir,
      }),
  }
  return world
}

export function eventsOf(day: Day, count: number, seed = 1): StoredEvent[] {
  return sampleEvents({ day, count, seed })
}

export async function catalogDay({ hot }: World, day: Day): Promise<CatalogDay | undefined> {
  return (await hot.records.get<CatalogDay>('tier', day))?.value
}

/** Every event as a reader sees it: hot rows outside the seals, and the segments. */
export async function readEverything(world: World, tiering = world.open()): Promise<StoredEvent[]> {
  const view = await tiering.openView({ from: 0, to: Number.MAX_SAFE_INTEGER })
  try {
    const events = await hotRows(world.hot, view)
    for (const { day } of view.days) {
      const all = { from: 0, to: Number.MAX_SAFE_INTEGER }
      for await (const batch of view.readEvents(day, all)) events.push(...batch)
    }
    return events
  } finally {
    view.release()
  }
}

/** Names of all objects, in order. */
export async function namesIn({ cold }: World): Promise<string[]> {
  const names: string[] = []
  for await (const { name } of cold.list('')) names.push(name)
  return names.sort()
}

const byId = (a: StoredEvent, b: StoredEvent): number => (a.eventId < b.eventId ? -1 : 1)

/** Each event is there exactly once, as it was. */
export function expectSameEvents(actual: readonly StoredEvent[], expected: readonly StoredEvent[]): void {
  expect([...actual].sort(byId)).toEqual([...expected].sort(byId))
}

/** What must hold after anything at all: no event lost or doubled, and no hot row gone without a copy that verifies. */
export async function expectConsistent(world: World, expected: readonly StoredEvent[]): Promise<void> {
  expectSameEvents(await readEverything(world), expected)
  const verified = await world.open().verify({ deep: true })
  expect(verified.problems).toEqual([])
}
