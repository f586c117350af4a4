import { DAY_MS, dayStart, type StoredEvent } from '@analytics/protocol'
import { describe, expect, it } from 'vitest'
import { textBody } from '../src/operations/transfer.js'
import { sidecarName } from '../src/segments/names.js'
import { catalogDay, createWorld, DAY, eventsOf, NEXT_DAY, type World } from './world.js'

async function moved(): Promise<World> {
  const world = createWorld()
  await world.hot.insert([...eventsOf(DAY, 30), ...eventsOf(NEXT_DAY, 40)])
  await world.open().run()
  return world
}

describe('plan', () => {
  it('tells what is due and why, and when the others will be', async () => {
    const world = createWorld()
    await world.hot.insert([...eventsOf(DAY, 30), ...eventsOf('2026-10-30', 5)])
    const plan = await world.open().plan()
    expect(plan.due).toMatchObject([
      { day: DAY, rows: 30, action: 'move', why: 'It is 99 days old, dropAfter is 90d.' },
    ])
    expect(plan.waiting).toMatchObject([{ day: '2026-10-30', rows: 5, dueAt: dayStart('2026-10-31') + 90 * DAY_MS }])
  })

  it('puts unfinished moves first', async () => {
    const world = createWorld()
    await world.hot.insert([...eventsOf(DAY, 30), ...eventsOf(NEXT_DAY, 40)])
    const interrupted = new AbortController()
    const run = world.open().run({
      signal: interrupted.signal,
      onProgress: ({ day, step }) => day === DAY && step === 'verify' && interrupted.abort(),
    })
    await expect(run).rejects.toMatchObject({ code: 'aborted' })
    await world.hot.insert(eventsOf('2026-07-31', 2))
    expect((await world.open().plan()).due.map(({ day, action }) => `${day} ${action}`)).toEqual([
      '2026-08-01 resume',
      '2026-07-31 move',
      '2026-08-02 move',
    ])
  })

  it('changes nothing', async () => {
    const world = createWorld()
    await world.hot.insert(eventsOf(DAY, 30))
    await world.open().plan()
    expect(await catalogDay(world, DAY)).toBeUndefined()
  })
})

describe('status', () => {
  it('shows every day by tier, with what arrived late', async () => {
    const world = await moved()
    await world.hot.insert([...eventsOf(DAY, 5, 2), ...eventsOf('2026-11-01', 6)])
    expect((await world.open().status()).days).toMatchObject([
      { day: DAY, state: 'cold', rows: 35, hotRows: 5, segments: 1 },
      { day: NEXT_DAY, state: 'cold', rows: 40, hotRows: 0, segments: 1 },
      { day: '2026-11-01', state: 'hot', rows: 6, hotRows: 6, segments: 0, bytes: 0 },
    ])
  })

  it('counts rows once while a segment is committed and its hot rows remain', async () => {
    const world = createWorld()
    await world.hot.insert(eventsOf(DAY, 30))
    await world.open(undefined, { readerGraceMs: 1000 }).run()
    expect((await world.open().status()).days).toMatchObject([{ state: 'copied', rows: 30, hotRows: 0 }])
  })
})

describe('explain', () => {
  it('tells where a day is and what comes next', async () => {
    const world = await moved()
    const explained = await world.open().explain(DAY)
    expect(explained).toMatchObject({ state: 'cold', next: undefined, objects: [{ rows: 30, hotRowsDropped: true }] })
    await world.hot.insert(eventsOf(DAY, 5, 2))
    expect((await world.open().explain(DAY)).next).toMatchObject({ why: expect.stringContaining('arrived after') })
    expect(await world.open().explain('2020-01-01')).toMatchObject({ state: 'hot', rows: 0, next: undefined })
    await expect(world.open().explain('today')).rejects.toMatchObject({ code: 'invalid_options', field: 'day' })
  })

  it('tells why the last attempt failed and when the next one is', async () => {
    const world = createWorld()
    await world.hot.insert(eventsOf(DAY, 30))
    await world
      .open((operation) => {
        if (operation === 'cold.put') throw new Error('down')
      })
      .run()
    const { lastError, nextTryAt, next } = await world.open().explain(DAY)
    expect(lastError).toMatchObject({ code: 'internal', at: world.time })
    expect(next).toMatchObject({ dueAt: nextTryAt, why: 'Attempt 1 failed (internal); it is tried again later.' })
  })
})

describe('verify', () => {
  it('finds nothing wrong after a move', async () => {
    expect(await (await moved()).open().verify({ deep: true })).toMatchObject({ ok: true, segments: 2, problems: [] })
  })

  it('finds objects that are missing, cut, changed or undescribed', async () => {
    const world = await moved()
    const [first, second] = [await catalogDay(world, DAY), await catalogDay(world, NEXT_DAY)].map(
      (day) => day!.segments[0]!,
    )
    const problems = async (deep: boolean) =>
      (await world.open().verify({ deep })).problems.map(({ day, problem }) => `${day} ${problem}`)
    const replace = async (name: string, text: string) => {
      await world.cold.delete(name)
      await world.cold.put(name, textBody(text))
    }
    await replace(first!.objectName, 'x'.repeat(first!.size))
    expect(await problems(false)).toEqual([])
    expect(await problems(true)).toEqual([`${DAY} contents`])
    await replace(first!.objectName, 'short')
    await world.cold.delete(sidecarName(second!.objectName))
    expect(await problems(false)).toEqual([`${DAY} size`, `${NEXT_DAY} sidecar`])
    await world.cold.delete(first!.objectName)
    await world.cold.archive(second!.objectName)
    expect(await problems(false)).toEqual([`${DAY} missing`, `${NEXT_DAY} tier`])
  })

  it('tells an object that cannot be read', async () => {
    const world = await moved()
    const { objectName } = (await catalogDay(world, DAY))!.segments[0]!
    const broken = world.open((operation, phase) => {
      if (operation === 'cold.get' && phase === 'before') throw new Error('the network broke')
    })
    expect((await broken.verify({ deep: true })).problems).toMatchObject([
      { day: DAY, problem: 'unreadable' },
      { day: NEXT_DAY, problem: 'unreadable' },
    ])
    // By a rule of the bucket, or by hand.
    await world.cold.archive(objectName)
    expect((await world.open().verify()).problems).toMatchObject([{ day: DAY, objectName, problem: 'tier' }])
  })
})

describe('scan', () => {
  it('reads events of the segments in order of time, filtered and narrowed', async () => {
    const world = await moved()
    await world.hot.insert(eventsOf(DAY, 5, 2))
    const all = [...eventsOf(DAY, 30), ...eventsOf(NEXT_DAY, 40)].sort((a, b) => a.eventTimestamp - b.eventTimestamp)
    const everything: StoredEvent[] = []
    const segments = { from: 0, to: Number.MAX_SAFE_INTEGER, tiers: 'cold' } as const
    for await (const event of world.open().scan(segments)) everything.push(event)
    expect(everything).toEqual(all)

    const [from, to] = [all[10]!.eventTimestamp, all[60]!.eventTimestamp]
    const where = { property: 'country', op: 'eq', value: 'DE' } as const
    const narrow: { eventId: string }[] = []
    const request = { ...segments, from, to, where, eventTypes: ['page_view', 'click'], columns: ['eventId'] } as const
    for await (const event of world.open().scan(request)) narrow.push(event)
    expect(narrow).toEqual(
      all
        .slice(10, 60)
        .filter(({ country, eventType }) => country === 'DE' && ['page_view', 'click'].includes(eventType))
        .map(({ eventId }) => ({ eventId })),
    )
  })

  it('ends with aborted when the signal aborts', async () => {
    const world = await moved()
    const scan = world.open().scan({ from: 0, to: Number.MAX_SAFE_INTEGER, signal: AbortSignal.abort() })
    await expect(scan[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'aborted' })
  })
})

describe('close', () => {
  it('refuses later calls, and is done once', async () => {
    const tiering = (await moved()).open()
    await tiering.close()
    await tiering.close()
    await expect(tiering.run()).rejects.toMatchObject({ code: 'closed' })
    await expect(tiering.openView({ from: 0, to: 1 })).rejects.toMatchObject({ code: 'closed' })
    expect(() => tiering.scan({ from: 0, to: 1 })).toThrow(expect.objectContaining({ code: 'closed' }))
  })
})
