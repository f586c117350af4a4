import { execFileSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { DAY_MS, dayStart, type StoredEvent } from '@analytics/protocol'
import { describe, expect, it } from 'vitest'
import { readExport } from '../../src/export/read.js'
import { memoryObjectStore } from '../../src/stores/memory.js'
import { sampleEvents } from '../../src/testing/index.js'
import { tempDir } from '../temp-dir.js'
import { createWorld, DAY, eventsOf, expectSameEvents, NEXT_DAY } from '../world.js'

const dir = tempDir()
const ALL = { from: 0, to: Number.MAX_SAFE_INTEGER }
const LATER_DAY = '2026-11-08'

async function bytesOf(exported: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of exported) parts.push(part)
  return Buffer.concat(parts)
}

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size)
}

async function eventsIn(bytes: AsyncIterable<Uint8Array>): Promise<StoredEvent[]> {
  const events: StoredEvent[] = []
  for await (const line of readExport(bytes)) {
    if (!line.ok) throw new Error(`line ${line.line}: ${line.field} ${line.message}`)
    events.push(line.event)
  }
  return events
}

describe('an export', () => {
  it('has every event of both tiers once, in order of time, and is read again as it was', async () => {
    const world = createWorld()
    const cold = [...eventsOf(DAY, 300), ...eventsOf(NEXT_DAY, 200, 2)]
    await world.hot.insert(cold)
    const tiering = world.open()
    await tiering.run()
    const late = eventsOf(DAY, 50, 3)
    const young = eventsOf(LATER_DAY, 100, 4)
    // The first ten come again after their day has left the hot store.
    await world.hot.insert([...cold.slice(0, 10), ...late, ...young])

    const bytes = await bytesOf(tiering.export(ALL))

    const events = await eventsIn(inPieces(bytes, 1000))
    expectSameEvents(events, [...cold, ...late, ...young])
    const times = events.map(({ eventTimestamp }) => eventTimestamp)
    expect(times).toEqual([...times].sort((a, b) => a - b))
  })

  it('is made of members of bounded size that any gzip tool joins', async () => {
    const world = createWorld()
    await world.hot.insert(eventsOf(LATER_DAY, 8000))
    const members: Uint8Array[] = []
    for await (const member of world.open().export(ALL)) members.push(member)

    expect(members.length).toBeGreaterThan(1)
    const lengths = members.map((member) => gunzipSync(member).length)
    expect(Math.max(...lengths)).toBeLessThan(1.2 * 1024 ** 2)
    const file = join(dir, 'events.ndjson.gz')
    await writeFile(file, Buffer.concat(members))
    const text = execFileSync('gzip', ['-dc', file], { maxBuffer: 1e9 }).toString()
    expect(text.trimEnd().split('\n')).toHaveLength(8000)
  })

  it('has only what was asked for', async () => {
    const world = createWorld()
    const events = [...eventsOf(DAY, 300), ...eventsOf(NEXT_DAY, 200, 2)]
    await world.hot.insert(events)
    const tiering = world.open()
    await tiering.run()
    await world.hot.insert(eventsOf(NEXT_DAY, 30, 5))
    const [{ userId }] = events.filter((event) => event.userId !== null) as [StoredEvent]

    const range = { from: dayStart(DAY) + DAY_MS / 2, to: dayStart(NEXT_DAY) + DAY_MS, tiers: 'cold' } as const
    const found = await eventsIn(tiering.export({ ...range, userIds: [userId!], eventTypes: ['page_view', 'click'] }))

    const isWanted = (event: StoredEvent) =>
      event.eventTimestamp >= range.from && event.userId === userId && ['page_view', 'click'].includes(event.eventType)
    expect(found.length).toBeGreaterThan(0)
    expectSameEvents(found, events.filter(isWanted))
  })

  it('refuses days in the archive, unless it is told what to do about them', async () => {
    const store = memoryObjectStore({ now: () => world.time, restoreDelayMs: 3_600_000 })
    const world = createWorld(undefined, store)
    const events = [...eventsOf(DAY, 100), ...eventsOf(NEXT_DAY, 100, 2)]
    await world.hot.insert(events)
    world.policy = { dropAfter: '90d', archiveAfter: '100d' }
    world.time = dayStart(DAY) + 101 * DAY_MS
    const tiering = world.open()
    await tiering.run()
    await tiering.archive()

    await expect(bytesOf(tiering.export(ALL))).rejects.toMatchObject({ code: 'archived', details: { days: [DAY] } })
    expectSameEvents(await eventsIn(tiering.export({ ...ALL, onArchived: 'partial' })), events.slice(100))
    await expect(bytesOf(tiering.export({ ...ALL, onArchived: 'restore' }))).rejects.toMatchObject({
      code: 'restoring',
    })
    world.time += 2 * 3_600_000
    expectSameEvents(await eventsIn(tiering.export({ ...ALL, onArchived: 'restore' })), events)
  })

  it('of no events has no bytes', async () => {
    expect(await bytesOf(createWorld().open().export(ALL))).toHaveLength(0)
    expect(await eventsIn(inPieces(Buffer.alloc(0), 1))).toEqual([])
  })

  it('ends when it is told to', async () => {
    const world = createWorld()
    await world.hot.insert(eventsOf(LATER_DAY, 10))
    await expect(bytesOf(world.open().export({ ...ALL, signal: AbortSignal.abort() }))).rejects.toMatchObject({
      code: 'aborted',
    })
  })
})

describe('reading an export', () => {
  const [event] = sampleEvents({ day: DAY, count: 1 }) as [StoredEvent]
  const line = JSON.stringify(event)
  const read = async (text: string | Uint8Array) => {
    const found = []
    for await (const one of readExport(inPieces(Buffer.from(text), 7))) found.push(one)
    return found
  }

  it('takes text that is not compressed, with and without an end of the last line', async () => {
    expect(await read(`${line}\n\n${line}`)).toEqual([
      { line: 1, ok: true, event },
      { line: 3, ok: true, event },
    ])
  })

  it.each([
    ['{', 'invalid_json', ''],
    ['[]', 'invalid_event', ''],
    [JSON.stringify({ ...event, eventId: 'x' }), 'invalid_event_id', 'eventId'],
    [JSON.stringify({ ...event, eventType: '' }), 'invalid_event_type', 'eventType'],
    [JSON.stringify({ ...event, nonsense: 1 }), 'invalid_event', 'nonsense'],
    [JSON.stringify({ ...event, eventTimestamp: 1e300 }), 'invalid_timestamp', 'eventTimestamp'],
    [JSON.stringify({ ...event, eventTimestamp: '2026-01-01' }), 'invalid_timestamp', 'eventTimestamp'],
    [JSON.stringify({ ...event, schemaVersion: 0 }), 'invalid_event', 'schemaVersion'],
    [JSON.stringify({ ...event, country: 'GERMANY' }), 'invalid_event', 'country'],
    [JSON.stringify({ ...event, eventValue: '1' }), 'invalid_value', 'eventValue'],
    [JSON.stringify({ ...event, properties: 'x' }), 'invalid_properties', 'properties'],
    [line.replace('{', '{"__proto__":{"x":1},'), 'invalid_event', '__proto__'],
  ])('tells what is wrong with a line, and goes on: %#', async (bad, code, field) => {
    const found = await read(`${bad}\n${line}\n`)
    expect(found[0]).toMatchObject({ line: 1, ok: false, code, field })
    expect(found[1]).toEqual({ line: 2, ok: true, event })
  })

  it('never gives a property to the prototype', async () => {
    const bare = JSON.stringify({ ...event, properties: { a: 1 } })
    const [found] = await read(bare.replace('"a":1', '"__proto__":{"x":1},"a":1'))
    expect(found).toMatchObject({ ok: true, event: { properties: { a: 1 } } })
    expect(Object.hasOwn((found as { event: StoredEvent }).event.properties!, '__proto__')).toBe(false)
  })

  it('tells a file that is cut off, or damaged, behind the events before', async () => {
    const world = createWorld()
    await world.hot.insert(eventsOf(LATER_DAY, 8000))
    const whole = await bytesOf(world.open().export(ALL))
    const damaged = Buffer.from(whole)
    damaged[damaged.length - 3000]! ^= 255
    for (const bytes of [whole.subarray(0, -100), damaged]) {
      let events = 0
      const reading = (async () => {
        for await (const one of readExport(inPieces(bytes, 65_536))) if (one.ok) events++
      })()
      await expect(reading).rejects.toMatchObject({ code: 'invalid_json' })
      expect(events).toBeGreaterThan(0)
    }
  })

  it('hands on the failure of what it reads from', async () => {
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield Buffer.from([0x1f, 0x8b])
      throw new Error('the disk is gone')
    }
    await expect(eventsIn(failing())).rejects.toThrow('the disk is gone')
  })

  it('does not hold a line without an end', async () => {
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) yield Buffer.alloc(65_536, 'x')
    }
    await expect(eventsIn(endless())).rejects.toMatchObject({ code: 'invalid_json' })
  })
})
