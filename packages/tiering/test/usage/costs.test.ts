import { DAY_MS, type Day, dayOf, dayStart } from '@analytics/protocol'
import { describe, expect, it } from 'vitest'
import { createTiering } from '../../src/create-tiering.js'
import type { ObjectStore } from '../../src/object-store.js'
import type { WorkEstimate } from '../../src/operations/estimate.js'
import type { Tiering } from '../../src/tiering.js'
import type { Prices } from '../../src/usage/prices.js'
import { requestsOf } from '../../src/usage/usage.js'
import { tempDir } from '../temp-dir.js'
import { createWorld, DAY, eventsOf, type World } from '../world.js'

const dir = tempDir()
const ALL = { from: 0, to: Number.MAX_SAFE_INTEGER }

const PRICES: Prices = {
  currency: 'EUR',
  cold: { gbMonth: 10, gbRead: 10 },
  archive: { gbMonth: 2.5, gbRead: 20 },
  requests10k: 5,
}

/** As the object store of a cloud has it: cold objects are paid for 31 days, archived ones for 90. */
const withMinimumStay = (store: ObjectStore): ObjectStore => ({
  ...store,
  capabilities: { ...store.capabilities, minStayDays: { cold: 31, archive: 90 } },
})

function open(world: World, more: { prices?: Prices; cold?: ObjectStore } = {}): Tiering {
  const { hot, cold, policy, format } = world
  const tempDir = dir
  return createTiering({ hot, cold, policy, format, now: () => world.time, tempDir, ...more })
}

const dayAt = (index: number): Day => dayOf(dayStart(DAY) + index * DAY_MS)

/** What a piece of work was expected to ask for, and what it did. */
async function compare(
  tiering: Tiering,
  part: (estimate: Awaited<ReturnType<Tiering['plan']>>) => readonly { estimate: WorkEstimate }[],
  work: () => Promise<{ failed: readonly unknown[]; moved: readonly unknown[] }>,
) {
  const due = part(await tiering.plan())
  const before = (await tiering.costs(ALL)).total
  const { failed, moved } = await work()
  expect(failed).toEqual([])
  expect(moved).toHaveLength(due.length)
  expect(due.length).toBeGreaterThan(0)
  const after = (await tiering.costs(ALL)).total
  const sum = (field: 'requests' | 'bytesSent' | 'bytesRead' | 'cost') =>
    due.reduce((all, { estimate }) => all + estimate[field]!, 0)
  return {
    expected: { requests: sum('requests'), sent: sum('bytesSent'), read: sum('bytesRead'), cost: sum('cost') },
    actual: {
      requests: requestsOf(after) - requestsOf(before),
      sent: after.bytesSent - before.bytesSent,
      read: after.bytesRead - before.bytesRead,
      cost: after.cost! - before.cost!,
    },
  }
}

function expectWithin10Percent({ expected, actual }: Awaited<ReturnType<typeof compare>>): void {
  for (const field of ['requests', 'sent', 'read', 'cost'] as const) {
    const [wanted, found] = [expected[field], actual[field]]
    expect(Math.abs(found - wanted), `${field}: expected ${wanted}, was ${found}`).toBeLessThanOrEqual(wanted * 0.1)
  }
}

describe('costs', () => {
  it('are told before the work within a tenth of what the ledger has after it, over the life of days', async () => {
    const world = createWorld()
    world.policy = { dropAfter: '90d', archiveAfter: '1y', expireAfter: '2y' }
    const tiering = open(world, { prices: PRICES })
    await world.hot.insert(eventsOf(dayAt(-1), 300, 99))
    // What is known of sizes comes from what has moved before.
    await tiering.run()
    for (let index = 0; index < 8; index++) await world.hot.insert(eventsOf(dayAt(index), 250 + 10 * index, index))
    world.time += 20 * DAY_MS
    expectWithin10Percent(await compare(tiering, ({ due }) => due, tiering.run))

    for (let index = 0; index < 8; index++) await world.hot.insert(eventsOf(dayAt(index), 200, 50 + index))
    expectWithin10Percent(await compare(tiering, ({ due }) => due, tiering.run))
    expectWithin10Percent(await compare(tiering, ({ compactions }) => compactions, tiering.compact))

    world.time += 365 * DAY_MS
    expectWithin10Percent(await compare(tiering, ({ archives }) => archives, tiering.archive))
    world.time += 366 * DAY_MS
    const expire = () => tiering.expire({ dryRun: false })
    expectWithin10Percent(await compare(tiering, ({ expiries }) => expiries, expire))
  })

  it('show the minimum stay that is paid for nothing, and what storage costs from then on', async () => {
    const world = createWorld()
    const cold = withMinimumStay(world.cold)
    world.policy = { dropAfter: '90d', archiveAfter: '91d' }
    const tiering = open(world, { prices: PRICES, cold })
    await world.hot.insert(eventsOf(DAY, 300))
    const move = (await tiering.plan()).estimate
    expect(move.unusedByteDays).toBe(0)
    expect(move.monthlyCost).toBeGreaterThan(0)
    await tiering.run()
    world.time += 11 * DAY_MS
    const { estimate } = await tiering.plan()
    const { stored, monthlyCost, currency } = await tiering.costs()
    const [{ size }] = (await world.hot.records.list<{ segments: { size: number }[] }>('tier'))[0]!.value.segments as [
      { size: number },
    ]
    expect(estimate.unusedByteDays).toBe(Math.round(size * 20))
    expect(estimate.cost).toBeCloseTo((size / 1e9) * 10 * (20 / 30) + (3 / 10_000) * 5, 12)
    expect(estimate.monthlyCost).toBeCloseTo((size / 1e9) * (2.5 - 10), 12)
    expect(stored).toEqual({ cold: size + 300 * 8, archive: 0 })
    expect([monthlyCost, currency]).toEqual([(stored.cold / 1e9) * 10, 'EUR'])
  })

  it('of an erasure and a restore are told before, too', async () => {
    const world = createWorld()
    world.policy = { dropAfter: '90d', archiveAfter: '91d' }
    const tiering = open(world, { prices: PRICES })
    const events = eventsOf(DAY, 300)
    await world.hot.insert(events)
    await tiering.run()
    const userIds = [events.find(({ userId }) => userId !== null)!.userId!]
    const { work } = await tiering.erase.estimate({ userIds })
    const before = (await tiering.costs(ALL)).total
    await tiering.erase.request({ userIds })
    await tiering.erase.run()
    const after = (await tiering.costs(ALL)).total
    // An erasure looks for orphans as well, and at the objects of the day.
    expect(requestsOf(after) - requestsOf(before)).toBeGreaterThanOrEqual(work.requests)
    expect(requestsOf(after) - requestsOf(before)).toBeLessThanOrEqual(work.requests + 4)
    const share = (after.bytesRead - before.bytesRead) / work.bytesRead
    expect(share, 'what is written anew is smaller by what is erased').toBeGreaterThan(0.9)
    expect(share).toBeLessThan(1)

    await tiering.archive()
    const { bytes, cost } = await tiering.restore.estimate(ALL)
    expect(bytes).toBeGreaterThan(0)
    expect(cost).toBeCloseTo((2 / 10_000) * 5 + (bytes / 1e9) * 20, 12)
  })

  it('are only counted where no prices are given', async () => {
    const world = createWorld()
    await world.hot.insert(eventsOf(DAY, 10))
    const tiering = open(world)
    expect((await tiering.plan()).estimate).not.toHaveProperty('cost')
    await tiering.run()
    const { days, total, ...rest } = await tiering.costs()
    expect(days).toEqual([{ day: dayOf(world.time), ...total }])
    expect(total.requests).toEqual({ put: 3, get: 1, head: 1 })
    expect(Object.keys(rest)).toEqual(['stored'])
  })

  it('are noted by day, by any number of processes, also what queries read', async () => {
    const world = createWorld()
    await world.hot.insert([...eventsOf(DAY, 20), ...eventsOf(dayAt(1), 20)])
    await open(world).run()
    world.time += DAY_MS
    const others = [open(world), open(world), open(world)]
    await Promise.all(
      others.map(async (one) => {
        for await (const _ of one.scan(ALL)) {
          // Read for what it costs.
        }
        await one.close()
      }),
    )
    const { days } = await open(world).costs()
    expect(days.map(({ day, requests }) => [day, requests.get])).toEqual([
      [dayOf(world.time - DAY_MS), 2],
      [dayOf(world.time), 6],
    ])
    expect(days[1]!.bytesRead).toBe(3 * days[0]!.bytesRead)
    const { days: none } = await open(world).costs({ from: world.time + DAY_MS, to: world.time + 2 * DAY_MS })
    expect(none).toEqual([])
  })

  it('that could not be noted are noted later', async () => {
    const world = createWorld()
    await world.hot.insert(eventsOf(DAY, 20))
    let isDown = false
    const records = {
      ...world.hot.records,
      put: async (...call: Parameters<typeof world.hot.records.put>) => {
        if (isDown && call[1].startsWith('ledger/')) throw new Error('down')
        return world.hot.records.put(...call)
      },
    } as typeof world.hot.records
    const tiering = open({ ...world, hot: { ...world.hot, records } })
    isDown = true
    expect((await tiering.run()).failed).toEqual([])
    await expect(tiering.costs()).rejects.toThrow('down')
    isDown = false
    expect((await tiering.costs()).total.requests).toEqual({ put: 3, get: 1, head: 1 })
  })

  it.each([
    ['currency', { ...PRICES, currency: '' }],
    ['cold.gbMonth', { ...PRICES, cold: {} }],
    ['archive.gbRead', { ...PRICES, archive: { gbMonth: 1, gbRead: -1 } }],
    ['requests10k', { ...PRICES, requests10k: Number.NaN }],
  ])('need prices that are some: %s', (field, prices) => {
    expect(() => open(createWorld(), { prices: prices as Prices })).toThrow(
      expect.objectContaining({ code: 'invalid_options', field: `prices.${field}` }),
    )
  })
})
