import type { Analytics, ImportEvent, Query } from '@analytics/node'
import { memoryStore } from '@analytics/node/memory'
import type {
  CohortDefinition,
  CountedPerson,
  FunnelStepResult,
  PeopleQuery,
  QueryAnswer,
  ResultsByKind,
} from '@analytics/protocol'
import { parquetFormat } from '@analytics/tiering/parquet'
import { seededRandom } from '@analytics/tiering/testing'
import fc from 'fast-check'
import { afterAll, expect, it } from 'vitest'
import { describeStore } from '../packages/node/test/support/contract.js'
import { duckdbKind, memoryKind } from '../packages/node/test/support/stores.js'
import { limitMs, runs } from './support/soak.js'
import { type Place, type Tiers, withEvents } from './vectors/place.js'

// Around the night in which Berlin's clocks go from 2 to 3.
const START = Date.UTC(2026, 2, 27)
const HALF_HOUR_MS = 1_800_000
const range = { from: '2026-03-28', to: '2026-04-01', timeZone: 'Europe/Berlin' } as const

/** Whose events there are: those of one user come from three ids. */
const PEOPLE: readonly (readonly Pick<ImportEvent, 'userId' | 'anonymousId'>[])[] = [
  [{ userId: 'anna' }, { anonymousId: 'phone' }, { anonymousId: 'laptop' }],
  [{ userId: 'ben' }],
  [{ anonymousId: 'visitor' }],
  [{ anonymousId: 'ben' }],
]

const history = fc.array(
  fc.record({
    person: fc.integer({ min: 0, max: PEOPLE.length - 1 }),
    id: fc.integer({ min: 0, max: 2 }),
    eventType: fc.constantFrom('a', 'b', 'c'),
    half: fc.integer({ min: 0, max: 5 * 48 }),
    plan: fc.constantFrom('x', 'y', 'Other', null),
  }),
  { minLength: 1, maxLength: 60 },
)
type Row = typeof history extends fc.Arbitrary<(infer One)[]> ? One : never

function eventOf({ person, id, eventType, half, plan }: Row): ImportEvent {
  const ids = PEOPLE[person]!
  const timestamp = new Date(START + half * HALF_HOUR_MS).toISOString()
  return { ...ids[id % ids.length]!, eventType, sessionId: 's', timestamp, properties: { plan } }
}

/** They say whose the devices are, before the range. */
const LINKS: readonly ImportEvent[] = ['phone', 'laptop'].map((anonymousId) => ({
  anonymousId,
  userId: 'anna',
  eventType: 'identify',
  sessionId: 's',
  timestamp: new Date(START).toISOString(),
}))

const [a, b, c] = ['a', 'b', 'c'].map((event) => ({ event })) as [
  { event: string },
  { event: string },
  { event: string },
]
const interval = fc.constantFrom('day', 'week')
const some = <Fields extends Record<string, fc.Arbitrary<unknown>>>(fields: Fields) =>
  fc.record(fields, { requiredKeys: [] })

/** By all that they have done, not by the order in which others did. */
const cohort: fc.Arbitrary<CohortDefinition> = fc.constantFrom<CohortDefinition>(
  { performed: { event: 'a', times: { min: 2 } } },
  { notPerformed: { event: 'b', within: '2d' } },
  { sequence: { steps: [a, b], window: '1d' } },
  { or: [{ people: ['anna'] }, { firstTime: { event: 'c', within: '3d' } }] },
)

const unfiltered = fc.oneof(
  some({
    order: fc.constantFrom('ordered', 'strict', 'unordered'),
    breakdown: some({ attribution: fc.constantFrom('first', 'last', 'all'), limit: fc.constantFrom(1, 2, 25) }),
  }).map(({ breakdown, ...more }) => ({
    ...{ kind: 'funnel', range, steps: [a, b, c], window: '2d', interval: 'day', ...more },
    ...(breakdown ? { breakdown: { property: 'properties.plan', ...(breakdown as object) } } : {}),
  })),
  fc.constantFrom(0, 1, 2).map((step) => ({
    ...{ kind: 'funnel', range, steps: [a, { ...b, optional: true }, c], window: '3d' },
    exclusions: [{ event: 'b', where: { property: 'properties.plan', op: 'eq', value: 'x' }, fromStep: 0, toStep: 2 }],
    breakdown: { property: 'properties.plan', attribution: { step } },
  })),
  some({
    interval,
    mode: fc.constantFrom('recurring', 'first-time', 'first-in-range'),
    bounded: fc.boolean(),
    minOccurrences: fc.constantFrom(1, 2),
    brackets: fc.constant([1, 2]),
  }).map((more) => ({ kind: 'retention', range, startEvent: a, returnEvent: b, ...more })),
  some({ interval, bounded: fc.boolean() }).map((more) => ({
    ...{ kind: 'retention', range, startEvent: a, returnEvent: b, window: '24h', ...more },
  })),
  some({ interval }).map((more) => ({ kind: 'lifecycle', range, event: a, ...more })),
  some({
    ...{ interval, intervalCount: fc.constantFrom(1, 2, 5) },
    ...{ minOccurrences: fc.constantFrom(1, 2), maxOccurrences: fc.constantFrom(2, 3) },
  }).map((more) => ({
    ...{ kind: 'stickiness', range, ...more },
  })),
  fc.constantFrom('day', 'week', 'month').map((window) => ({ kind: 'active-users', range, window })),
  some({ start: fc.constantFrom('a', 'x'), end: fc.constantFrom('b', 'c'), maxSteps: fc.constantFrom(2, 4) }).map(
    (more) => ({
      kind: 'journeys',
      range,
      by: ['properties.plan', 'eventType'],
      sessionGap: '6h',
      limit: 1000,
      ...more,
    }),
  ),
) as fc.Arbitrary<PeopleQuery['of']>
const questions: fc.Arbitrary<PeopleQuery['of']> = fc.oneof(
  { arbitrary: unfiltered, weight: 7 },
  { arbitrary: fc.tuple(unfiltered, cohort).map(([of, one]) => ({ ...of, cohort: one })), weight: 3 },
  { arbitrary: cohort.map((one) => ({ kind: 'cohort' as const, range, cohort: one })), weight: 1 },
)

/** A number of an answer, and what names it. */
interface Counted {
  cell: PeopleQuery['cell']
  users: number
  /** Whether `users` counts people or their sessions several times. */
  isMore?: boolean
  /** Whether who is in the cell depends on others. */
  isRelative?: boolean
}

function stepCells(steps: readonly FunnelStepResult[], { steps: asked }: { steps: readonly { optional?: boolean }[] }) {
  return steps.flatMap(({ users }, step): { cell: { step: number; dropped?: true }; users: number }[] => {
    const before = asked[step - 1]?.optional ? step - 2 : step - 1
    const dropped = { cell: { step, dropped: true as const }, users: steps[Math.max(0, before)]!.users - users }
    return [{ cell: { step }, users }, ...(step > 0 ? [dropped] : [])]
  })
}

const STATES = ['new', 'returning', 'resurrecting', 'dormant'] as const

/** Every number of people in an answer. */
const CELLS: { [Kind in PeopleQuery['of']['kind']]: (result: ResultsByKind[Kind], query: never) => Counted[] } = {
  funnel: ({ steps, groups = [] }, query: Extract<Query, { kind: 'funnel' }>) => [
    ...stepCells(steps, query),
    ...groups.flatMap(({ value, isOther, steps: own }) =>
      stepCells(own, query).map(({ cell, users }) => ({
        cell: { ...cell, group: isOther ? { isOther } : value },
        users,
        isMore: isOther === true && query.breakdown?.attribution === 'all',
        isRelative: isOther === true,
      })),
    ),
  ],
  retention: ({ cohorts }) =>
    cohorts.flatMap(({ start, users }) =>
      users.map((one, period) => ({ cell: { cohort: start, period }, users: one })),
    ),
  lifecycle: ({ rows }) =>
    rows.flatMap((row) => STATES.map((state) => ({ cell: { start: row.start, state }, users: Math.abs(row[state]) }))),
  stickiness: ({ rows }) => rows.map(({ intervals, users }) => ({ cell: { intervals }, users })),
  'active-users': ({ points }) => points.map(({ start, users }) => ({ cell: { start }, users })),
  journeys: ({ nodes, links }) => [
    ...nodes.map(({ id, users }) => ({ cell: { node: id }, users })),
    ...links.map(({ source, target, value }) => ({ cell: { source, target }, users: value, isMore: true })),
  ],
  cohort: ({ size }) => [{ cell: {}, users: size }],
}

/** Names a person, whichever of the ids were seen first. */
const nameOf = ({ userId, anonymousIds = [] }: CountedPerson) => JSON.stringify([userId, [...anonymousIds].sort()])
const NAMES = [
  ['anna', ['laptop', 'phone']],
  ['ben', []],
  [null, ['visitor']],
  [null, ['ben']],
].map((one) => JSON.stringify(one))

async function listed(analytics: Analytics, of: PeopleQuery['of'], cell: Counted['cell'], limit: number) {
  const names: string[] = []
  const totals = new Set<number>()
  let cursor: string | undefined
  do {
    const query = { kind: 'people', of, cell, limit, ...(cursor === undefined ? {} : { cursor }) } as PeopleQuery
    const { result }: QueryAnswer<PeopleQuery> = await analytics.query(query)
    expect(result.users.length).toBeLessThanOrEqual(limit)
    names.push(...result.users.map(nameOf))
    totals.add(result.total)
    cursor = result.nextCursor
  } while (cursor !== undefined)
  expect([...totals]).toEqual([names.length])
  return names
}

/** The query without what puts the groups of one person behind those of others. */
function unlimited(of: PeopleQuery['of']): PeopleQuery['of'] {
  return of.kind === 'funnel' && of.breakdown ? { ...of, breakdown: { ...of.breakdown, limit: 100 } } : of
}

/** Every number of an answer, with the people behind it. */
async function allListed(analytics: Analytics, of: PeopleQuery['of']) {
  const { result } = await analytics.query(of as Query)
  const counted = (CELLS[of.kind] as (result: unknown, query: unknown) => Counted[])(result, of)
  const all: (Counted & { names: string[] })[] = []
  for (const one of counted) all.push({ ...one, names: await listed(analytics, of, one.cell, 1000) })
  return all
}

const format = parquetFormat()
afterAll(() => format.close())

for (const kind of [memoryKind, duckdbKind]) {
  describeStore(kind, () => {
    const over = async <Result>(
      events: readonly ImportEvent[],
      place: Omit<Place, 'store' | 'format'>,
      ask: (analytics: Analytics) => Promise<Result>,
    ) => {
      const { context, close } = await kind.open()
      try {
        return await withEvents(events, { ...place, store: context.store, format }, ask)
      } finally {
        await close()
      }
    }
    /** The cells in which a person's events alone would be counted. */
    const aloneIn = (rows: readonly Row[], person: number, of: PeopleQuery['of'], cells: readonly Counted['cell'][]) =>
      withEvents(
        [...(person === 0 ? LINKS : []), ...rows.filter((row) => row.person === person).map(eventOf)],
        { store: memoryStore(), tiers: 'hot', format, random: seededRandom(1) },
        async (analytics) => {
          const found: boolean[] = []
          for (const cell of cells) found.push((await listed(analytics, unlimited(of), cell, 1000)).length === 1)
          return found
        },
      )

    it(
      'are as many as the answer says, on however many pages, and those whose events alone would count',
      async () => {
        await fc.assert(
          fc.asyncProperty(history, questions, async (rows, of) => {
            const events = [...LINKS, ...rows.map(eventOf)]
            await over(events, { tiers: 'hot', random: seededRandom(1) }, async (analytics) => {
              const cells = await allListed(analytics, of)
              for (const { cell, users, isMore, names } of cells) {
                if (isMore) expect(names.length).toBeLessThanOrEqual(users)
                else expect({ cell, users: names.length }).toEqual({ cell, users })
                expect(new Set(names).size).toBe(names.length)
                expect(await listed(analytics, of, cell, 2)).toEqual(names)
              }
              const own = cells.filter(({ isRelative }) => !isRelative)
              for (const person of new Set(rows.map((row) => row.person))) {
                const isIn = await aloneIn(
                  rows,
                  person,
                  of,
                  own.map(({ cell }) => cell),
                )
                expect(own.map(({ names }) => names.includes(NAMES[person]!))).toEqual(isIn)
              }
            })
          }),
          { seed: 31_337, numRuns: runs(kind === memoryKind ? 100 : 5) },
        )
      },
      limitMs(120_000),
    )

    it(
      'are the same, whichever days have moved and in whatever order events came',
      async () => {
        const cases = fc.tuple(
          history,
          questions,
          fc.constantFrom<Tiers>('cold', 'split'),
          fc.integer({ min: 1, max: 1e6 }),
        )
        await fc.assert(
          fc.asyncProperty(cases, async ([rows, of, tiers, seed]) => {
            const events = [...LINKS, ...rows.map(eventOf)]
            const asSets = async (analytics: Analytics) =>
              (await allListed(analytics, of)).map(({ names, ...one }) => ({ ...one, names: [...names].sort() }))
            const place = { tiers, random: seededRandom(seed) }
            const hot = await over(events, { ...place, tiers: 'hot' }, asSets)
            expect(await over([...events].reverse(), place, asSets)).toEqual(hot)
          }),
          { seed: 31_338, numRuns: runs(6) },
        )
      },
      limitMs(120_000),
    )
  })
}
