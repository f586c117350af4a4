import { sampleEvent } from '@analytics/node/testing'
import type { StoredEvent } from '@analytics/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { memoryRealtime } from '../../src/realtime/memory-realtime.js'

const START = Date.UTC(2026, 0, 15, 12)
const MINUTE = 60_000

function live() {
  let now = START
  const realtime = memoryRealtime(() => now)
  return {
    at(time: number) {
      now = time
    },
    async record(...events: Partial<StoredEvent>[]) {
      await realtime.record(events.map((event) => sampleEvent({ eventTimestamp: now, ...event })))
    },
    summary: async () => realtime.summary(),
  }
}

describe('what is going on now', () => {
  it('tells people, events and errors of the last 5 and 30 minutes apart', async () => {
    const { at, record, summary } = live()
    await record({ userId: 'anna' }, { userId: 'anna', eventType: 'error' })
    at(START + 10 * MINUTE)
    await record({ userId: 'ben' })
    expect(await summary()).toMatchObject({
      at: '2026-01-15T12:10:00.000Z',
      activeUsers: { last5Minutes: 1, last30Minutes: 2 },
      eventsPerSecond: { lastMinute: 1 / 60, last5Minutes: 1 / 300, last30Minutes: 3 / 1800 },
      errors: { last5Minutes: 0, last30Minutes: 1 },
    })
    at(START + 60 * MINUTE)
    expect(await summary()).toMatchObject({
      activeUsers: { last5Minutes: 0, last30Minutes: 0 },
      eventsPerSecond: { lastMinute: 0, last5Minutes: 0, last30Minutes: 0 },
      topPages: [],
      errors: { last5Minutes: 0, last30Minutes: 0 },
    })
  })

  it('counts a visitor who becomes known, and is seen on the server, once', async () => {
    const { record, summary } = live()
    await record({ userId: null, anonymousId: 'device' })
    await record({ userId: 'anna', anonymousId: 'device' })
    await record({ userId: null, anonymousId: 'device' }, { userId: 'anna', anonymousId: null })
    await record({ userId: 'anna', anonymousId: 'another device' })
    expect((await summary()).activeUsers).toEqual({ last5Minutes: 1, last30Minutes: 1 })
  })

  it('goes by the time of the event: old ones are not now, and clocks that are ahead are', async () => {
    const { record, summary } = live()
    await record(
      { userId: 'a', eventTimestamp: START - 31 * MINUTE },
      { userId: 'b', eventTimestamp: START - 10 * MINUTE },
      { userId: 'c', eventTimestamp: START + 3 * MINUTE },
    )
    expect((await summary()).activeUsers).toEqual({ last5Minutes: 1, last30Minutes: 2 })
  })

  it('names the pages with the most views, and how many people viewed them', async () => {
    const { record, summary } = live()
    const view = (userId: string, pageUrl: string) => ({ eventType: 'page_view', userId, pageUrl })
    await record(view('a', '/x'), view('a', '/x'), view('b', '/x'), view('a', '/y'), {
      eventType: 'click',
      pageUrl: '/z',
    })
    for (let page = 0; page < 20; page++) await record(view('a', `/${page}`))
    const { topPages } = await summary()
    expect(topPages).toHaveLength(10)
    expect(topPages.slice(0, 2)).toEqual([
      { page: '/x', views: 3, users: 2 },
      { page: '/0', views: 1, users: 1 },
    ])
  })

  it('counts as a recount does, whenever it is asked', async () => {
    const event = fc.record({
      afterMs: fc.integer({ min: 0, max: 4 * MINUTE }),
      lateMs: fc.integer({ min: 0, max: 40 * MINUTE }),
      userId: fc.constantFrom('a', 'b', 'c', 'd'),
      eventType: fc.constantFrom('click', 'error'),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 40 }), async (events) => {
        const { at, record, summary } = live()
        const stored: { at: number; userId: string; eventType: string }[] = []
        let now = START
        for (const { afterMs, lateMs, userId, eventType } of events) {
          now += afterMs
          at(now)
          await record({ userId, eventType, eventTimestamp: now - lateMs })
          stored.push({ at: now - lateMs, userId, eventType })
          const within = (ms: number) => stored.filter((one) => one.at > now - ms)
          const people = (ms: number) => new Set(within(ms).map((one) => one.userId)).size
          const { activeUsers, errors } = await summary()
          expect(activeUsers).toEqual({ last5Minutes: people(5 * MINUTE), last30Minutes: people(30 * MINUTE) })
          // By the second.
          const exact = within(30 * MINUTE).filter((one) => one.eventType === 'error').length
          const nearly = within(30 * MINUTE - 1000).filter((one) => one.eventType === 'error').length
          expect(errors.last30Minutes).toBeLessThanOrEqual(exact)
          expect(errors.last30Minutes).toBeGreaterThanOrEqual(nearly)
        }
      }),
    )
  })

  it('forgets whom it saw longest ago where there are too many', async () => {
    const { record, summary } = live()
    for (let i = 0; i < 101; i++)
      await record(...Array.from({ length: 1000 }, (_, one) => ({ userId: `user ${i * 1000 + one}` })))
    expect((await summary()).activeUsers.last5Minutes).toBe(100_000)
  })
})
