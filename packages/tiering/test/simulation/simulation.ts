import { createHash } from 'node:crypto'
import { AnalyticsError, type ColdView, DAY_MS, type Day, dayOf, dayStart, type StoredEvent } from '@analytics/protocol'
import type { CatalogDay } from '../../src/catalog.js'
import { createTiering } from '../../src/create-tiering.js'
import type { ObjectStore } from '../../src/object-store.js'
import { dayReachesAge } from '../../src/policy.js'
import { idsName, sidecarName } from '../../src/segments/names.js'
import { memoryObjectStore } from '../../src/stores/memory.js'
import { memoryHotTier, sampleEvents, seededRandom, withFaults } from '../../src/testing/index.js'
import type { Tiering } from '../../src/tiering.js'
import { hotRows } from '../hot-rows.js'
import { jsonFormat } from '../json-format.js'
import { assertErased, erase, isOfAny, PEOPLE } from './erasures.js'
import { assertRebuilt } from './rebuild.js'
import { createScheduler, faultyCalls, Injected } from './scheduler.js'
import { HOUR_MS, type Simulated } from './world.js'

const POLICY = { dropAfter: '10d', archiveAfter: '20d', expireAfter: '30d' } as const
const TODAY = dayStart('2026-08-01')
const ALL = { from: 0, to: Number.MAX_SAFE_INTEGER }
/** Of the segments that are put. */
const DAMAGED = 0.03

/** Of the copies that are asked for. */
const GIVEN_UP = 0.2

const ENCRYPTION_KEY = Buffer.alloc(32, 7).toString('base64')

const CHANCES = { before: 0.03, after: 0.03, crash: 0.01 }

/** Days that are due to be moved, archived and deleted, and one that is not due at all. */
const DAYS: readonly Day[] = [31, 29, 21, 19, 12, 9].map((age) => dayOf(TODAY - (age + 1) * DAY_MS))

/** How long readers in other processes are given. */
const GRACE_MS = 30 * 60_000
/** How long a copy to the archive takes, where there is one. */
const COPY_MS = 2 * HOUR_MS

function simulated(seed: number, tempDir: string): Simulated {
  const random = seededRandom(seed)
  const clock = () => world.time
  const hot = memoryHotTier({ now: clock })
  // Every second eight seeds have a store that copies what is archived, and now and then gives a copy up.
  const archiveDelayMs = (seed >> 3) % 2 === 0 ? 0 : COPY_MS
  const memory = memoryObjectStore({ now: clock, restoreDelayMs: HOUR_MS, archiveDelayMs })
  const isHit = (chance: number) => !world.isQuiet && random() < chance
  const cold = givingUp(
    damaging(memory, () => isHit(DAMAGED), random),
    () => isHit(GIVEN_UP),
  )
  const isOneProcess = seed % 2 === 1
  const world: Simulated = {
    seed,
    isOneProcess,
    random,
    time: TODAY,
    isQuiet: false,
    hot,
    cold,
    events: new Map(),
    held: new Set(),
    holdIds: [],
    erasing: new Set(),
    hidden: new Set(),
    open: (faults) =>
      createTiering({
        hot: withFaults(hot, faults && ((operation, phase) => faults(`hot.${operation}`, phase)), ['readSealed']),
        cold: withFaults(cold, faults && ((operation, phase) => faults(`cold.${operation}`, phase)), ['get', 'list']),
        // Every second pair of seeds has days that are in both tiers for a while.
        policy: (seed >> 1) % 2 === 0 ? POLICY : { copyAfter: '5d', ...POLICY },
        format: jsonFormat(),
        ...((seed >> 2) % 2 === 0 ? {} : { encryption: { keys: { key: ENCRYPTION_KEY }, current: 'key' } }),
        times: { readerWaitMs: 0, readerGraceMs: isOneProcess ? 0 : GRACE_MS },
        now: clock,
        random,
        tempDir,
      }),
  }
  return world
}

/** A store in which some segments are damaged right after they were put: what verification is for. */
function damaging(store: ObjectStore, isHit: () => boolean, random: () => number): ObjectStore {
  return {
    ...store,
    async put(name, body, options) {
      const put = await store.put(name, body, options)
      if (put.status !== 'created' || !name.startsWith('events/') || !isHit()) return put
      const parts: Uint8Array[] = []
      for await (const bytes of store.get(name)) parts.push(bytes)
      const bytes = Buffer.concat(parts)
      bytes[Math.floor(random() * bytes.length)]! ^= 1
      await store.delete(name)
      await store.put(
        name,
        {
          ...digestOf(bytes),
          async *open() {
            yield bytes
          },
        },
        options,
      )
      return put
    },
  }
}

/** A store that gives up some of the copies that it was to make. */
function givingUp(store: ObjectStore, isHit: () => boolean): ObjectStore {
  return {
    ...store,
    async archive(name, options) {
      if (options?.ticket !== undefined && isHit()) return { status: 'failed', reason: 'it was given up' }
      return store.archive(name, options)
    },
  }
}

const digestOf = (bytes: Uint8Array) => ({
  size: bytes.byteLength,
  sha256: createHash('sha256').update(bytes).digest('hex'),
})

/** Events of people who are erased are refused, as the server does. */
async function insert(world: Simulated, day: Day, count: number): Promise<void> {
  const made = sampleEvents({ day, count, users: PEOPLE, seed: Math.floor(world.random() * 1e9) })
  const events = made.filter((event) => !isOfAny(world.erasing, event))
  await world.hot.insert(events)
  for (const event of events) if (!world.events.has(event.eventId)) world.events.set(event.eventId, event)
}

/** Some events come again, whether their day has left the hot tier or not. */
async function insertAgain(world: Simulated): Promise<void> {
  const events = [...world.events.values()].filter((event) => world.random() < 0.15 && !isOfAny(world.erasing, event))
  await world.hot.insert(events)
}

const mayBeExpired = ({ time }: Simulated, day: Day): boolean => time >= dayReachesAge(day, POLICY.expireAfter)

/** Reads as a query does: the hot rows outside the seals, and the segments. */
async function readAll(world: Simulated, tiering: Tiering): Promise<{ ids: string[]; archived: Set<Day> }> {
  const view = await tiering.openView(ALL)
  try {
    const ids = (await hotRows(world.hot, view)).map(({ eventId }) => eventId)
    for (const { day } of view.days) ids.push(...(await readDay(view, day, world, [...world.hidden])))
    return { ids, archived: new Set(view.archivedDays.map(({ day }) => day)) }
  } finally {
    view.release()
  }
}

/** @throws Error where segments show somebody who was erased before the view was opened. */
async function readDay(view: ColdView, day: Day, { seed }: Simulated, hidden: readonly number[]): Promise<string[]> {
  const ids: string[] = []
  for await (const batch of view.readEvents(day, ALL)) {
    for (const event of batch) {
      if (isOfAny(hidden, event)) throw new Error(`seed ${seed}: somebody who is erased was read on ${day}`)
      ids.push(event.eventId)
    }
  }
  return ids
}

/** @throws Error where an event is read twice, or one is missing that nothing explains. */
function assertRead(
  world: Simulated,
  expected: readonly StoredEvent[],
  read: { ids: string[]; archived: Set<Day> },
): void {
  const found = new Set(read.ids)
  if (found.size !== read.ids.length) throw new Error(`seed ${world.seed}: an event was read twice`)
  for (const event of expected) {
    const { eventId, eventTimestamp } = event
    const day = dayOf(eventTimestamp)
    if (isOfAny(world.erasing, event) || found.has(eventId) || read.archived.has(day) || mayBeExpired(world, day))
      continue
    throw new Error(`seed ${world.seed}: an event of ${day} is missing`)
  }
}

/** Reads at leisure while others work. @throws Error where the reader got anything but each event once. */
async function readSlowly(world: Simulated, tiering: Tiering, turn: () => Promise<void>): Promise<void> {
  const since = world.time
  const expected = [...world.events.values()]
  const hidden = [...world.hidden]
  const view = await tiering.openView(ALL)
  // A restored day may close meanwhile, and other processes wait no longer than they were told to.
  const isExcused = () =>
    (!world.isOneProcess && world.time - since >= GRACE_MS) || view.days.some(({ state }) => state === 'restored')
  // Long enough for others to begin and end something.
  const linger = async (most: number) => {
    for (let turns = Math.floor(world.random() * most); turns >= 0; turns--) await turn()
  }
  try {
    await linger(80)
    const ids = (await hotRows(world.hot, view)).map(({ eventId }) => eventId)
    for (const { day } of view.days) {
      await linger(20)
      ids.push(...(await readDay(view, day, world, hidden)))
    }
    if (isExcused()) return
    // What has expired since was there when it was opened, as far as this reader is concerned.
    assertRead(world, expected, { ids, archived: new Set(view.archivedDays.map(({ day }) => day)) })
  } catch (error) {
    if (error instanceof Injected || isExcused()) return
    throw error instanceof AnalyticsError ? new Error(`seed ${world.seed}: a reader failed`, { cause: error }) : error
  } finally {
    view.release()
  }
}

/** What a worker does next. */
async function act(world: Simulated, tiering: Tiering, turn: () => Promise<void>): Promise<void> {
  const chance = world.random()
  if (chance < 0.3) await tiering.run()
  else if (chance < 0.4) await tiering.compact()
  else if (chance < 0.55) await tiering.archive({ onlyBegun: world.random() < 0.3 })
  else if (chance < 0.7) await tiering.expire({ dryRun: false })
  else if (chance < 0.8) await tiering.restore.status((await tiering.restore.request(ALL, { hours: 5 })).id)
  else if (chance < 0.86) await readSlowly(world, tiering, turn)
  else if (chance < 0.88) await erase(world, tiering)
  else if (chance < 0.92) await tiering.erase.run()
  else if (chance < 0.94) await tiering.gc({ dryRun: false, olderThan: '2h' })
  else if (chance < 0.97) await hold(world, tiering)
  else {
    const id = world.holdIds.pop()
    if (id === undefined) return
    world.held.clear()
    await tiering.hold.release(id)
  }
}

async function hold(world: Simulated, tiering: Tiering): Promise<void> {
  const day = DAYS[Math.floor(world.random() * 2)]!
  const { id, tooLate } = await tiering.hold.add({ from: dayStart(day), to: dayStart(day) + 1, reason: 'simulated' })
  world.holdIds.push(id)
  if (tooLate.length === 0) world.held.add(day)
}

/** Opens tiering for a worker: its calls wait for their turn and may fail. */
function openFaulty(world: Simulated, turn: () => Promise<void>): Tiering {
  const { hook } = faultyCalls(turn, world.random, world.isOneProcess ? { ...CHANCES, crash: 0 } : CHANCES)
  return world.open(async (operation, phase) => {
    await hook(operation, phase)
    // A worker is held up: its lease is gone, and it doesn't know.
    if (phase === 'before' && world.random() < 0.01) world.time += 2 * 60_000
  })
}

/** A worker that does a few things. In a process of its own it may crash, and another is started. */
async function work(world: Simulated, shared: Tiering | undefined, turn: () => Promise<void>): Promise<void> {
  for (let i = 0; i < 8; i++) {
    const tiering = shared ?? openFaulty(world, turn)
    try {
      await act(world, tiering, turn)
    } catch (error) {
      if (!(error instanceof Injected) && !(error instanceof AnalyticsError)) throw error
    } finally {
      if (!shared) await tiering.close().catch(() => {})
    }
    await turn()
    // Past a lease now and then, past a restore, or to the next day.
    if (world.random() < 0.5) world.time += Math.floor(world.random() ** 3 * DAY_MS)
  }
}

async function feed(world: Simulated, turn: () => Promise<void>): Promise<void> {
  for (let i = 0; i < 12; i++) {
    for (let wait = Math.floor(world.random() * 12); wait > 0; wait--) await turn()
    await insert(world, DAYS[Math.floor(world.random() * DAYS.length)]!, 1 + Math.floor(world.random() * 3))
    if (world.random() < 0.4) await insertAgain(world)
  }
}

/** Nothing lost, doubled or left over, once everybody has finished and nothing fails any more. */
async function assertConsistent(world: Simulated): Promise<void> {
  const fail = (what: string) => {
    throw new Error(`seed ${world.seed}: ${what}`)
  }
  world.isQuiet = true
  const operator = world.open()
  await operator.retry()
  await operator.close()
  for (let round = 0; round < 12; round++) {
    // At each noon, once more when readers have had their time, and then copies to the archive theirs.
    world.time = round % 3 === 0 ? dayStart(dayOf(world.time)) + 1.5 * DAY_MS : world.time + COPY_MS
    const tiering = world.open()
    const collect = () => tiering.gc({ dryRun: false, olderThan: '2h' })
    const works = [tiering.run, tiering.compact, tiering.archive, () => tiering.expire({ dryRun: false }), collect]
    for (const one of works) {
      const { status } = await one()
      if (status !== 'done') fail(`a run ended with ${status}`)
    }
    await tiering.close()
  }
  const tiering = world.open()
  const plan = await tiering.plan()
  const { due, archives, expiries, compactions, parked } = plan
  if (due.length + archives.length + expiries.length + compactions.length + parked.length > 0)
    fail(`work is left: ${JSON.stringify(plan)}`)
  const restore = await tiering.restore.request(ALL, { hours: 10 })
  world.time += HOUR_MS
  const { state } = await tiering.restore.status(restore.id)
  if (state !== 'ready') fail(`the restore is ${state}`)
  const read = await readAll(world, tiering)
  if (read.archived.size > 0) fail(`days stay archived: ${[...read.archived].join(', ')}`)
  assertRead(world, [...world.events.values()], read)
  for (const id of read.ids) if (!world.events.has(id)) fail('an event came from nowhere')
  for (const day of world.held) {
    const events = [...world.events.values()].filter(
      (event) => dayOf(event.eventTimestamp) === day && !isOfAny(world.erasing, event),
    )
    const found = new Set(read.ids)
    if (!events.every(({ eventId }) => found.has(eventId))) fail(`${day} was held, and is gone`)
  }
  const verified = await tiering.verify({ deep: true })
  if (!verified.ok) fail(JSON.stringify(verified.problems))
  await assertErased(world, tiering, fail)
  await assertNoRest(world, fail)
  await assertRebuilt(world, fail)
  await tiering.close()
}

/** Every object is one that the catalog knows of. */
async function assertNoRest({ hot, cold }: Simulated, fail: (what: string) => void): Promise<void> {
  const known = new Set<string>()
  for (const { value } of await hot.records.list<CatalogDay>('tier')) {
    const { segments, retiredObjects, rewrite, replaced } = value
    if (rewrite || replaced) fail('a compaction is not finished')
    for (const name of [...segments.map(({ objectName }) => objectName), ...retiredObjects])
      known.add(name).add(sidecarName(name)).add(idsName(name))
  }
  for await (const { name } of cold.list('')) if (!known.has(name)) fail(`${name} is left over`)
}

/** Runs a seed. @throws Error that says what is wrong. */
export async function simulate(seed: number, workers: number, tempDir: string): Promise<void> {
  const world = simulated(seed, tempDir)
  for (const day of DAYS) await insert(world, day, 3 + Math.floor(world.random() * 4))
  const scheduler = createScheduler(world.random)
  const shared = world.isOneProcess ? openFaulty(world, scheduler.turn) : undefined
  const works = Array.from({ length: workers }, () => (turn: () => Promise<void>) => work(world, shared, turn))
  await Promise.all([...works, (turn: () => Promise<void>) => feed(world, turn)].map((one) => scheduler.start(one)))
  await assertConsistent(world)
}
