import type { Analytics, ImportEvent } from '@analytics/node'
import { duckdbStore } from '@analytics/node/duckdb'
import { memoryStore } from '@analytics/node/memory'
import { eachRecord, type PeopleQuery } from '@analytics/protocol'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { HotStore } from '../../src/store.js'
import { testServer } from '../support/server.js'

const range = { from: '2026-01-10', to: '2026-01-17' } as const
const [view, buy] = [{ event: 'view' }, { event: 'buy' }]
const OF = {
  funnel: { kind: 'funnel', range, steps: [view, buy], breakdown: { property: 'properties.plan', limit: 1 } },
  retention: { kind: 'retention', range, startEvent: view, returnEvent: { event: '*' }, periods: 2 },
  lifecycle: { kind: 'lifecycle', range },
  stickiness: { kind: 'stickiness', range },
  activeUsers: { kind: 'active-users', range, window: 'week' },
  journeys: { kind: 'journeys', range, by: 'eventType' },
  cohort: { kind: 'cohort', range, cohort: { notPerformed: buy } },
} as const

/** Days of January, each at noon and then a minute later for each event before. */
const HISTORY: readonly [id: Partial<ImportEvent>, day: number, eventType: string, plan?: string][] = [
  [{ anonymousId: 'phone' }, 10, 'view', 'pro'],
  [{ userId: 'anna', anonymousId: 'phone' }, 11, 'buy'],
  [{ userId: 'ben' }, 10, 'view', 'pro'],
  [{ userId: 'ben' }, 10, 'buy'],
  [{ anonymousId: 'visitor' }, 12, 'view', 'free'],
  [{ userId: 'cleo' }, 9, 'view'],
]
const ANNA = { userId: 'anna', anonymousIds: ['phone'] }
const BEN = { userId: 'ben' }
const CLEO = { userId: 'cleo' }
const VISITOR = { userId: null, anonymousIds: ['visitor'] }

describe.each([
  ['memory', () => memoryStore()],
  ['DuckDB', () => duckdbStore({ path: ':memory:' })],
])('people behind numbers, in %s', (_name, open: () => HotStore) => {
  let store: HotStore
  let analytics: Analytics
  beforeEach(async () => {
    store = open()
    analytics = await testServer({ store, queries: { maxRows: 10 } })
    await analytics.import(
      HISTORY.map(([id, day, eventType, plan], i) => ({
        ...{ ...id, eventType, sessionId: 's' },
        timestamp: new Date(Date.UTC(2026, 0, day, 12, i)).toISOString(),
        ...(plan === undefined ? {} : { properties: { plan } }),
      })),
    )
  })
  afterEach(() => analytics.close())

  const ask = async (of: PeopleQuery['of'], cell: PeopleQuery['cell'], more: Partial<PeopleQuery> = {}) =>
    (await analytics.query({ kind: 'people', of, cell, ...more } as PeopleQuery)).result
  const entries = async () => {
    const found: unknown[] = []
    for await (const { value } of eachRecord(store.records, 'audit')) found.push(value)
    return found
  }

  it.each<[string, PeopleQuery['of'], PeopleQuery['cell'], object[]]>([
    ['did a step of a funnel', OF.funnel, { step: 0 }, [ANNA, BEN, VISITOR]],
    ['did all of them', OF.funnel, { step: 1 }, [ANNA, BEN]],
    ['did not go on', OF.funnel, { step: 1, dropped: true }, [VISITOR]],
    ['did it with a value', OF.funnel, { step: 0, group: 'pro' }, [ANNA, BEN]],
    ['did it with any other value', OF.funnel, { step: 0, group: { isOther: true } }, [VISITOR]],
    ['did it with a value that nobody has', OF.funnel, { step: 0, group: 'Other' }, []],
    ['are a cohort', OF.retention, { cohort: '2026-01-10T00:00:00+00:00', period: 0 }, [ANNA, BEN]],
    ['came back', OF.retention, { cohort: '2026-01-10T00:00:00+00:00', period: 1 }, [ANNA]],
    ['are new', OF.lifecycle, { start: '2026-01-10T00:00:00+00:00', state: 'new' }, [ANNA, BEN]],
    ['stay', OF.lifecycle, { start: '2026-01-11T00:00:00+00:00', state: 'returning' }, [ANNA]],
    ['are gone', OF.lifecycle, { start: '2026-01-10T00:00:00+00:00', state: 'dormant' }, [CLEO]],
    ['were active twice', OF.stickiness, { intervals: 2 }, [ANNA]],
    ['were active in a week', OF.activeUsers, { start: '2026-01-16T00:00:00+00:00' }, [ANNA, BEN, VISITOR]],
    ['were active in another', OF.activeUsers, { start: '2026-01-11T00:00:00+00:00' }, [ANNA, BEN, CLEO]],
    ['go through a node', OF.journeys, { node: '2_buy' }, [BEN]],
    ['take a link', OF.journeys, { source: '1_view', target: '2_buy' }, [BEN]],
    ['go through a node that is not there', OF.journeys, { node: '9_buy' }, []],
    ['are in a cohort, with all of their ids', OF.cohort, {}, [CLEO, VISITOR]],
    ['are named by one', { ...OF.cohort, cohort: { people: ['anna', 'phone'] } }, {}, [ANNA]],
    [
      'are counted in a cell and in a cohort',
      { ...OF.funnel, cohort: { not: { people: ['ben'] } } },
      { step: 1 },
      [ANNA],
    ],
  ])('are those who %s', async (_sentence, of, cell, expected) => {
    const { users, total, ...more } = await ask(of, cell)
    expect({ total, more }).toEqual({ total: expected.length, more: {} })
    expect(users).toHaveLength(expected.length)
    expect(users).toEqual(expect.arrayContaining(expected))
  })

  it.each<[string, PeopleQuery['of'], object]>([
    ['cell.cohort', OF.retention, { cohort: '2026-01-10', period: 0 }],
    ['cell.period', OF.retention, { cohort: '2026-01-10T00:00:00+00:00', period: 3 }],
    ['cell.start', OF.lifecycle, { start: '2026-01-09T00:00:00+00:00', state: 'new' }],
    ['cell.state', OF.lifecycle, { start: '2026-01-10T00:00:00+00:00', state: 'complete' }],
    ['cell.intervals', OF.stickiness, { intervals: 8 }],
    ['cell.start', OF.activeUsers, { start: '2026-01-09T00:00:00+00:00' }],
    ['cell.target', OF.journeys, { source: '1_view', target: '3_buy' }],
    ['cell.node', OF.journeys, { node: 'view' }],
  ])('are refused with the field %j at fault where no answer has the number', async (field, of, cell) => {
    await expect(ask(of, cell as PeopleQuery['cell'])).rejects.toMatchObject({ code: 'invalid_query', field })
  })

  it('come page by page, in an order that stays', async () => {
    const all = await ask(OF.funnel, { step: 0 })
    const first = await ask(OF.funnel, { step: 0 }, { limit: 2 })
    const second = await ask(OF.funnel, { step: 0 }, { limit: 2, cursor: first.nextCursor! })
    expect([...first.users, ...second.users]).toEqual(all.users)
    expect([first.total, second.total, second.nextCursor]).toEqual([3, 3, undefined])
  })

  it('are read anew each time, also where nothing has changed, and each time it is audited, without their ids', async () => {
    for (let time = 0; time < 2; time++) {
      const { meta } = await analytics.query({ kind: 'people', of: OF.funnel, cell: { step: 0 }, limit: 2 })
      expect(meta.cached).toBeUndefined()
    }
    const entry = { action: 'people', target: 'funnel', details: { total: 3, listed: 2 } }
    const audited = await entries()
    expect(audited).toMatchObject([entry, entry])
    expect(JSON.stringify(audited)).not.toMatch(/anna|ben|phone|visitor/)
  })

  it('are audited by the kind of what they are listed of, also where it is a cohort', async () => {
    await ask(OF.cohort, {})
    expect(await entries()).toMatchObject([{ action: 'people', target: 'cohort', details: { total: 2, listed: 2 } }])
  })

  it('are neither listed nor audited where the query is refused', async () => {
    await expect(ask(OF.funnel, { step: 2 })).rejects.toMatchObject({ code: 'invalid_query', field: 'cell.step' })
    expect(await entries()).toEqual([])
  })

  it('take no more than other queries may', async () => {
    const more = Array.from({ length: 9 }, (_, i) => ({ userId: `user ${i}`, eventType: 'view', sessionId: 's' }))
    await analytics.import(more.map((event) => ({ ...event, timestamp: '2026-01-12T00:00:00Z' })))
    await expect(ask(OF.funnel, { step: 0 })).rejects.toMatchObject({ code: 'query_too_large' })
  })

  it('are those of the time of asking: whoever was erased is gone, and a visitor who identified is the user', async () => {
    await store.eraseSubject({ userIds: ['anna'], anonymousIds: ['phone'] })
    await store.linkIdentities([{ anonymousId: 'visitor', userId: 'dora' }])
    const { users, total } = await ask(OF.funnel, { step: 0 })
    expect(users).toEqual([BEN, { userId: 'dora', anonymousIds: ['visitor'] }])
    expect(total).toBe(2)
  })
})
