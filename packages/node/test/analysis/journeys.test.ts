import { memoryStore } from '@analytics/node/memory'
import { sampleEvent } from '@analytics/node/testing'
import {
  dayStart,
  type EventBatch,
  type JourneysQuery,
  type JourneysResult,
  type StoredEvent,
} from '@analytics/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runs } from '../../../../test/support/soak.js'
import { type JourneysSpec, journeysMachine } from '../../src/analysis/journeys/journeys.js'
import { queryEngine } from '../../src/analysis/query.js'
import { type BruteStep, bruteJourneys } from '../support/brute-journeys.js'

const GAP_MS = 10_000
const LABELS = ['/a', '/b', '/c/1', '/c/2', '/d']
/** Person 3 is a visitor who identified as person 1. */
const PEOPLE = { count: 5, canonical: Int32Array.from([0, 1, 2, 1, 4]) }

function toBatch(rows: readonly { person: number; time: number; label: string | null }[]): EventBatch {
  return {
    length: rows.length,
    time: Float64Array.from(rows, ({ time }) => time),
    person: Int32Array.from(rows, ({ person }) => person),
    matches: new Uint32Array(rows.length).fill(1),
    columns: { pageUrl: rows.map(({ label }) => label) },
  }
}

function journeysOf(
  rows: readonly { person: number; time: number; label: string | null }[],
  spec: Omit<JourneysSpec, 'by'>,
): JourneysResult {
  const machine = journeysMachine({ by: 'pageUrl', ...spec }, PEOPLE)
  const sorted = [...rows].sort((a, b) => a.time - b.time || a.person - b.person)
  for (let i = 0; i < sorted.length; i += 3) machine.push(toBatch(sorted.slice(i, i + 3)))
  return machine.result()
}

const label = fc.constantFrom(...LABELS)
const history = fc.array(
  fc.record({
    person: fc.integer({ min: 0, max: 4 }),
    time: fc.integer({ min: 0, max: 60 }).map((s) => s * 1000),
    label,
  }),
  { maxLength: 60 },
)
const questions = fc.record(
  {
    start: label,
    end: label,
    exclude: fc.subarray(['/c/*', '/d', '*b', '/*/2', '/a*a']),
    minWeight: fc.integer({ min: 1, max: 3 }),
    maxSteps: fc.integer({ min: 2, max: 6 }),
    collapseRepeats: fc.boolean(),
    limit: fc.integer({ min: 1, max: 12 }),
  },
  { requiredKeys: ['maxSteps', 'collapseRepeats', 'limit'] },
)

describe('journeys', () => {
  it('are what the whole history of each person gives, by brute force', () => {
    fc.assert(
      fc.property(history, questions, (rows, question) => {
        const steps = rows.map((row): BruteStep => ({ ...row, person: PEOPLE.canonical[row.person]! }))
        expect(journeysOf(rows, { ...question, sessionGap: '10s' })).toEqual(
          bruteJourneys(steps, { ...question, gapMs: GAP_MS }),
        )
      }),
      { seed: 20_264, numRuns: runs(1000) },
    )
  })

  it('do not depend on the order in which events of one instant arrive', () => {
    const crowded = history.map((rows) => rows.map((row) => ({ ...row, time: Math.floor(row.time / 15_000) * 1000 })))
    fc.assert(
      fc.property(crowded, questions, fc.integer(), (rows, question, seed) => {
        const shuffled = rows
          .map((row, i) => ({ row, key: Math.sin(seed + i) }))
          .sort((x, y) => x.key - y.key)
          .map(({ row }) => row)
        expect(journeysOf(shuffled, question)).toEqual(journeysOf(rows, question))
      }),
      { seed: 20_265, numRuns: runs(500) },
    )
  })

  it('have as many sessions at a node as go on from it and end at it, where no link is cut', () => {
    fc.assert(
      fc.property(history, (rows) => {
        const { nodes, links } = journeysOf(rows, { limit: 1000, sessionGap: '10s' })
        for (const { id, sessions, users, dropOff } of nodes) {
          const sum = (all: typeof links): number => all.reduce((total, { value }) => total + value, 0)
          expect(sum(links.filter(({ source }) => source === id)) + dropOff).toBe(sessions)
          expect(users).toBeLessThanOrEqual(sessions)
        }
      }),
      { seed: 20_266 },
    )
  })

  it('count each person of a node once, however many there are and however often they come', () => {
    const people = Array.from({ length: 5000 }, (_, i) => 5 + i)
    const target = (person: number, visit: number): string => `/${(person * visit) % 7}`
    const rows = [0, 1, 2, 3, 4, 5].flatMap((visit) =>
      people.flatMap((person) => [
        { person, time: visit * 1e8, label: '/start' },
        { person, time: visit * 1e8 + person, label: target(person, visit) },
      ]),
    )
    const { nodes } = journeysOf(rows, {})
    expect(nodes[0]).toMatchObject({ id: '1_/start', sessions: 30_000, users: 5000, dropOff: 0 })
    for (const node of nodes.slice(1)) {
      const who = people.filter((person) => [0, 1, 2, 3, 4, 5].some((visit) => target(person, visit) === node.label))
      expect(node.users).toBe(who.length)
    }
    expect(nodes).toHaveLength(8)
  })
})

describe('journeys of stored events', () => {
  const MINUTE = 60_000
  const at = (minute: number, event: Partial<StoredEvent>): StoredEvent =>
    sampleEvent({ userId: 'anna', ...event, eventTimestamp: dayStart('2026-01-01') + minute * MINUTE })
  const page = (minute: number, pageUrl: string, event: Partial<StoredEvent> = {}) => at(minute, { pageUrl, ...event })

  async function ask(events: readonly StoredEvent[], query: Omit<JourneysQuery, 'kind' | 'range'>) {
    const store = memoryStore()
    await store.linkIdentities([{ anonymousId: 'device', userId: 'anna' }])
    await store.insertEvents(events)
    const engine = queryEngine({ store, cold: undefined, now: Date.now })
    const range = { from: '2026-01-01', to: '2026-01-03' }
    return (await engine.run({ kind: 'journeys', range, ...query })).result
  }
  const linksOf = ({ links }: JourneysResult) => links.map(({ source, target, value }) => [source, target, value])

  it('go over midnight, take a visitor who identifies as one person, and leave out the slash at the end', async () => {
    const result = await ask(
      [
        page(24 * 60 - 20, 'https://x.example/', { userId: null, anonymousId: 'device' }),
        page(24 * 60 + 5, 'https://x.example/a/'),
        page(24 * 60 + 6, 'https://x.example/a'),
      ],
      { by: 'pageUrl' },
    )
    expect(result).toEqual({
      nodes: [
        { id: '1_https://x.example', step: 1, label: 'https://x.example', sessions: 1, users: 1, dropOff: 0 },
        { id: '2_https://x.example/a', step: 2, label: 'https://x.example/a', sessions: 1, users: 1, dropOff: 1 },
      ],
      links: [{ source: '1_https://x.example', target: '2_https://x.example/a', value: 1, averageSeconds: 26 * 60 }],
    })
  })

  it('begin anew after exactly the gap', async () => {
    const events = [page(0, '/a'), page(30, '/b'), page(59, '/c')]
    expect(linksOf(await ask(events, { by: 'pageUrl' }))).toEqual([['1_/b', '2_/c', 1]])
    expect(linksOf(await ask(events, { by: 'pageUrl', sessionGap: '31m' }))).toEqual([
      ['1_/a', '2_/b', 1],
      ['2_/b', '3_/c', 1],
    ])
  })

  it('label a step by the first property that an event has, and leave out events that have none', async () => {
    const events = [
      at(0, { eventType: 'open', properties: { screen: 'home', n: 1 } }),
      at(1, { eventType: 'buy', eventLabel: 'basket' }),
      at(2, { eventType: 'open', properties: { n: 2 } }),
      at(3, { eventType: 'open', properties: { screen: 7 } }),
    ]
    expect(linksOf(await ask(events, { by: ['properties.screen', 'eventLabel'] }))).toEqual([
      ['1_home', '2_basket', 1],
      ['2_basket', '3_7', 1],
    ])
  })

  it('group labels before they are excluded, and leave an excluded step out of the gap', async () => {
    const events = [
      page(0, '/p/1'),
      page(20, '/ad/x/'),
      page(25, '/p/2'),
      page(40, '/q'),
      page(69, '/ad/y'),
      page(71, '/z'),
    ]
    const groups = [
      { label: 'product', match: ['/p/*'] },
      { label: 'advertisement', match: ['*ad/*'] },
    ]
    expect(linksOf(await ask(events, { by: 'pageUrl', groups, exclude: ['advert*'] }))).toEqual([
      ['1_product', '2_/q', 1],
    ])
  })

  it('count only steps of the event that is asked for', async () => {
    const events = [page(0, '/a'), page(1, '/b', { eventType: 'click' }), page(2, '/c')]
    expect(linksOf(await ask(events, { by: 'pageUrl', event: { event: 'page_view' } }))).toEqual([['1_/a', '2_/c', 1]])
  })

  it('say what lies between start and end where the way is longer than asked for', async () => {
    const events = ['/x', '/a', '/b', '/c', '/d', '/e', '/f', '/z'].map((url, i) => page(i * i, url))
    const { links } = await ask(events, { by: 'pageUrl', start: '/a/', end: '/f', maxSteps: 4 })
    expect(links.map(({ source, target, averageSeconds }) => [source, target, averageSeconds / 60])).toEqual([
      ['1_/a', '2_/b', 3],
      ['2_/b', '3_...', 5],
      ['3_...', '4_/e', 16],
      ['4_/e', '5_/f', 11],
    ])
  })
})
