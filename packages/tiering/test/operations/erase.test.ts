import { createPublicKey, verify } from 'node:crypto'
import { canonicalJson, type Json, type StoredEvent, type Subject } from '@analytics/protocol'
import { matchesFilter } from '@analytics/protocol/filter'
import { describe, expect, it } from 'vitest'
import { subjectFilter } from '../../src/erasure/subject.js'
import { parquetFormat } from '../../src/formats/parquet.js'
import { memoryObjectStore } from '../../src/stores/memory.js'
import { faultsAt, type Strike } from '../strike.js'
import { tempDir } from '../temp-dir.js'
import {
  catalogDay,
  createWorld,
  DAY,
  eventsOf,
  expectConsistent,
  NEXT_DAY,
  readEverything,
  type World,
} from '../world.js'

const ALL = { from: 0, to: Number.MAX_SAFE_INTEGER }
const MINUTE_MS = 60_000

/** The person who has the most events, by every id that these name. */
function busiest(events: readonly StoredEvent[]): Subject {
  const counts = new Map<string, number>()
  for (const { userId } of events) if (userId !== null) counts.set(userId, (counts.get(userId) ?? 0) + 1)
  const [userId] = [...counts].sort((a, b) => b[1] - a[1])[0]!
  const visitors = events.filter((one) => one.userId === userId).flatMap(({ anonymousId }) => anonymousId ?? [])
  return { userIds: [userId], anonymousIds: [...new Set(visitors)] }
}

const isOf = (subject: Subject) => (event: StoredEvent) => matchesFilter(event, subjectFilter(subject))

/** Two days in cold segments, one of them with late events, and the newest still hot. */
async function storedWorld(world = createWorld()): Promise<{ world: World; events: StoredEvent[]; subject: Subject }> {
  const cold = [...eventsOf(DAY, 40), ...eventsOf(NEXT_DAY, 20, 2)]
  await world.hot.insert(cold)
  await world.open().run()
  const late = eventsOf(DAY, 10, 3)
  await world.hot.insert(late)
  await world.open().run()
  const hot = eventsOf('2026-10-20', 20, 4)
  await world.hot.insert(hot)
  const events = [...cold, ...late, ...hot]
  return { world, events, subject: busiest(events) }
}

/** Everything that lies in the object store, as one text. */
async function bytesIn({ cold }: World): Promise<string> {
  let text = ''
  for await (const { name } of cold.list('')) {
    text += `${name}\n`
    for await (const bytes of cold.get(name)) text += Buffer.from(bytes).toString('latin1')
  }
  return text
}

async function runAll(world: World): Promise<void> {
  for (let i = 0; i < 4; i++) {
    await world.open().erase.run()
    world.time += 61 * MINUTE_MS
  }
}

async function expectErased(world: World, id: string, events: readonly StoredEvent[], subject: Subject) {
  const others = events.filter((event) => !isOf(subject)(event))
  expect(others.length).toBeLessThan(events.length)
  await expectConsistent(world, others)
  const text = await bytesIn(world)
  for (const { eventId } of events.filter(isOf(subject))) expect(text).not.toContain(eventId)
  expect(await world.open().erase.status(id)).toMatchObject({ state: 'complete', waiting: [] })
  const records = JSON.stringify(await world.hot.records.list('meta'))
  for (const userId of subject.userIds) expect(records).not.toContain(`"${userId}"`)
}

describe('erase', () => {
  it('takes a person out of the hot store and every segment, and proves it', async () => {
    const { world, events, subject } = await storedWorld()
    const theirs = events.filter(isOf(subject))
    const cold = theirs.filter(({ eventTimestamp }) => eventTimestamp < Date.parse('2026-10-01'))
    expect(cold.length).toBeGreaterThan(2)
    const text = await bytesIn(world)
    for (const { eventId } of cold) expect(text).toContain(eventId)
    const tiering = world.open()
    const before = (await catalogDay(world, DAY))!.segments

    const asked = await tiering.erase.request(subject)
    expect(asked).toMatchObject({
      state: 'pending',
      hotRows: { events: theirs.length - cold.length },
      isOverdue: false,
    })
    expect(await tiering.erase.list()).toMatchObject([{ id: asked.id }])
    await expect(tiering.erase.receipt(asked.id)).rejects.toMatchObject({ code: 'not_found' })
    expect((await tiering.erase.run()).pending).toMatchObject([{ id: asked.id, waiting: [{ reason: 'settling' }] }])
    world.time += MINUTE_MS
    expect(await tiering.erase.run()).toMatchObject({ status: 'done', completed: [asked.id], failed: [], pending: [] })
    await expectErased(world, asked.id, events, subject)

    const { body, signature } = await tiering.erase.receipt(asked.id)
    const key = createPublicKey({ key: Buffer.from(signature.publicKey, 'base64'), format: 'der', type: 'spki' })
    const isSigned = (text: string) => verify(null, Buffer.from(text), key, Buffer.from(signature.value, 'base64'))
    expect(isSigned(canonicalJson(body as unknown as Json))).toBe(true)
    expect(isSigned(canonicalJson({ ...body, hotRows: {} } as unknown as Json))).toBe(false)
    expect(body).toMatchObject({ id: asked.id, hotRows: asked.hotRows, kind: 'analytics.tiering.erasure' })
    expect(body.objects.reduce((sum, { removed }) => sum + removed, 0)).toBe(cold.length)
    expect(body.subject).toHaveLength(subject.userIds.length + subject.anonymousIds.length)
    for (const { objectName, sha256, rows } of body.objects.filter(({ day }) => day === DAY))
      expect(before).toContainEqual(expect.objectContaining({ objectName, sha256, rows }))
    expect(world.hot.auditLog().map(({ action }) => action)).toContain('tiering.erase')
  })

  it('writes Parquet anew without the person', async () => {
    const format = parquetFormat({ tempDir: tempDir() })
    const { world, events, subject } = await storedWorld(createWorld(format))
    const { id } = await world.open().erase.request(subject)
    await runAll(world)
    await expectErased(world, id, events, subject)
    await format.close()
  })

  it('shows nothing of the person from the request on, in other processes too', async () => {
    const { world, events, subject } = await storedWorld()
    const other = world.open()
    expect(await readEverything(world, other)).toHaveLength(events.length)
    await world.open().erase.request(subject)
    const seen = await readEverything(world, other)
    expect(seen.filter(isOf(subject))).toEqual([])
    expect(seen).toHaveLength(events.filter((event) => !isOf(subject)(event)).length)
    const view = await other.openView(ALL)
    let scanned = 0
    for (const { day } of view.days)
      for await (const { length } of view.scan(day, { ...ALL, matches: [{}] })) scanned += length
    view.release()
    expect(scanned).toBe(seen.filter(({ eventTimestamp }) => eventTimestamp < Date.parse('2026-10-01')).length)
  })

  it('deletes a segment of which everything is the person’s', async () => {
    const world = createWorld()
    const events = eventsOf(DAY, 5).map((event) => ({ ...event, userId: 'anna', anonymousId: 'a-1' }))
    await world.hot.insert(events)
    await world.open().run()
    const { id } = await world.open().erase.request({ userIds: ['anna'] })
    await runAll(world)
    expect(await bytesIn(world)).toBe('')
    expect((await world.open().erase.receipt(id)).body.objects).toMatchObject([{ rows: 5, removed: 5 }])
    // What comes on that day afterwards moves as ever.
    const others = eventsOf(DAY, 4, 9)
    await world.hot.insert(others)
    expect((await world.open().run()).failed).toEqual([])
    await expectConsistent(world, others)
  })

  it('restores archived segments, and archives them again', async () => {
    const clock = { now: () => 0 }
    const { world, events, subject } = await storedWorld(
      createWorld(undefined, memoryObjectStore({ now: () => clock.now(), restoreDelayMs: 3_600_000 })),
    )
    clock.now = () => world.time
    world.policy = { dropAfter: '90d', archiveAfter: '1y' }
    world.time = Date.parse('2027-08-20T12:00:00Z')
    expect((await world.open().archive()).moved.length).toBeGreaterThan(0)
    const tiering = world.open()
    const { id } = await tiering.erase.request(subject)
    expect(await tiering.erase.estimate(subject)).toMatchObject({ days: [DAY, NEXT_DAY], archivedSegments: 3 })
    const { pending } = await tiering.erase.run()
    expect(pending[0]!.waiting).toContainEqual({ reason: 'restore', day: DAY })
    world.time += 61 * MINUTE_MS
    expect((await tiering.erase.run()).completed).toEqual([id])
    expect((await tiering.archive()).failed).toEqual([])
    expect((await catalogDay(world, DAY))!.state).toBe('archived')
    const restore = await tiering.restore.request(ALL)
    world.time += 61 * MINUTE_MS
    await tiering.restore.status(restore.id)
    await expectErased(world, id, events, subject)
  })

  it('waits for a hold, which wins, and hides the person meanwhile', async () => {
    const { world, events, subject } = await storedWorld()
    const hold = await world.open().hold.add({ from: Date.parse(DAY), to: Date.parse(DAY) + 1, reason: 'a case' })
    const { id } = await world.open().erase.request(subject)
    await runAll(world)
    expect(await world.open().erase.status(id)).toMatchObject({
      state: 'blocked',
      waiting: [{ reason: 'hold', day: DAY }],
    })
    expect((await bytesIn(world)).includes(events.find(isOf(subject))!.eventId)).toBe(true)
    expect((await readEverything(world)).filter(isOf(subject))).toEqual([])
    await world.open().hold.release(hold.id)
    await runAll(world)
    await expectErased(world, id, events, subject)
  })

  it('leaves the hot store alone while a hold covers one of its days', async () => {
    const { world, subject, events } = await storedWorld()
    const hold = await world.open().hold.add({ ...ALL, reason: 'a case' })
    const asked = await world.open().erase.request(subject)
    expect(asked).toMatchObject({ state: 'blocked', hotRows: {} })
    await runAll(world)
    expect(await world.open().erase.status(asked.id)).toMatchObject({ state: 'blocked', hotRows: {} })
    await world.open().hold.release(hold.id)
    await runAll(world)
    await expectErased(world, asked.id, events, subject)
  })

  it('keeps what readers have begun to read until they have left', async () => {
    const { world, events, subject } = await storedWorld()
    const tiering = world.open(undefined, { readerWaitMs: 10 })
    const view = await tiering.openView(ALL)
    world.time += 1000
    const { id } = await tiering.erase.request(subject)
    world.time += 61_000
    const { pending } = await tiering.erase.run()
    expect(pending[0]!.waiting).toContainEqual({ reason: 'readers', day: DAY })
    let read = 0
    for (const { day } of view.days) for await (const batch of view.readEvents(day, ALL)) read += batch.length
    expect(read).toBeGreaterThan(0)
    view.release()
    expect((await tiering.erase.run()).completed).toEqual([id])
    await expectErased(world, id, events, subject)
  })

  it('waits for the objects that a compaction has replaced', async () => {
    const { world, events, subject } = await storedWorld()
    const grace = { readerGraceMs: 3_600_000, readerWaitMs: 0 }
    expect((await world.open(undefined, grace).compact()).skipped).toEqual([{ day: DAY, reason: 'grace' }])
    const { id } = await world.open(undefined, grace).erase.request(subject)
    world.time += MINUTE_MS
    const { completed } = await world.open(undefined, grace).erase.run()
    expect(completed).toEqual([])
    for (let i = 0; i < 2; i++) {
      world.time += 61 * MINUTE_MS
      await world.open(undefined, grace).erase.run()
    }
    await expectErased(world, id, events, subject)
  })

  it('does not let a move that was under way bring the person back', async () => {
    const world = createWorld()
    const events = eventsOf(DAY, 30)
    const subject = busiest(events)
    await world.hot.insert(events)
    const { put } = world.cold
    world.cold.put = async (name, body, options) => {
      const result = await put(name, body, options)
      if (name.startsWith('events/')) throw new Error('cut off after the put')
      return result
    }
    await world.open().run()
    world.cold.put = put
    expect((await catalogDay(world, DAY))!.move?.step).toBe('copying')
    const { id } = await world.open().erase.request(subject)
    world.time += 3_600_000
    await runAll(world)
    expect((await world.open().run()).failed).toEqual([])
    await runAll(world)
    await expectErased(world, id, events, subject)
  })

  it('moves a sealed day of which everything was erased meanwhile, once there is more', async () => {
    const world = createWorld()
    const events = eventsOf(DAY, 5).map((event) => ({ ...event, userId: 'anna' }))
    await world.hot.insert(events)
    const { put } = world.cold
    world.cold.put = async () => {
      throw new Error('cut off')
    }
    await world.open().run()
    world.cold.put = put
    await world.hot.eraseSubject({ userIds: ['anna'], anonymousIds: [] })
    world.time += 3_600_000
    expect((await world.open().run()).failed).toEqual([])
    const others = eventsOf(DAY, 4, 9)
    await world.hot.insert(others)
    await world.open().run()
    await world.open().run()
    expect(await world.hot.listDays()).toEqual([])
  })

  it('erases several people with one rewrite of each segment', async () => {
    const { world, events } = await storedWorld()
    const users = [...new Set(events.flatMap(({ userId }) => userId ?? []))].slice(0, 3)
    const tiering = world.open()
    const ids: string[] = []
    for (const userId of users) ids.push((await tiering.erase.request({ userIds: [userId] })).id)
    let puts = 0
    const { put } = world.cold
    world.cold.put = (name, body, options) => {
      if (name.startsWith('events/')) puts++
      return put(name, body, options)
    }
    const segments = (await tiering.verify()).segments
    await runAll(world)
    expect(puts).toBeLessThanOrEqual(segments)
    const all: Subject = { userIds: users, anonymousIds: [] }
    for (const id of ids) await expectErased(world, id, events, all)
  })

  it('refuses who is nobody, and a time that is none', async () => {
    const { erase } = createWorld().open()
    await expect(erase.request({})).rejects.toMatchObject({ code: 'invalid_identity' })
    await expect(erase.request({ userIds: [''] })).rejects.toMatchObject({ code: 'invalid_identity' })
    const within = 'soon' as '1d'
    await expect(erase.request({ userIds: ['a'] }, { within })).rejects.toMatchObject({ code: 'invalid_options' })
    await expect(erase.status('nothing')).rejects.toMatchObject({ code: 'not_found' })
  })

  it.each([
    ['failure', 'before'],
    ['failure', 'after'],
    ['crash', 'before'],
    ['crash', 'after'],
  ] as const)('that is cut off by a %s %s any call converges in the next run', async (kind, phase) => {
    const cutOff = async (strike: Strike): Promise<number> => {
      const world = createWorld()
      const events = eventsOf(DAY, 12)
      const subject = busiest(events)
      await world.hot.insert(events)
      await world.open().run()
      const { id } = await world.open().erase.request(subject)
      world.time += MINUTE_MS
      const faults = faultsAt(strike)
      await world
        .open(faults.hook)
        .erase.run()
        .catch(() => {})
      const seen = await readEverything(world)
      expect(seen).toHaveLength(events.filter((event) => !isOf(subject)(event)).length)
      expect(seen.filter(isOf(subject))).toEqual([])
      world.time += 3_600_000
      await world.open().erase.run()
      await expectErased(world, id, events, subject)
      const { objects } = (await world.open().erase.receipt(id)).body
      expect(new Set(objects.map(({ objectName }) => objectName)).size).toBe(objects.length)
      return faults.count()
    }
    const calls = await cutOff({ call: 0, phase, kind })
    expect(calls).toBeGreaterThan(40)
    for (let call = 1; call <= calls; call++) await cutOff({ call, phase, kind })
  })
})
