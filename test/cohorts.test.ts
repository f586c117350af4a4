import type { Analytics, CohortDefinition, ImportEvent, Query } from '@analytics/node'
import { sampleEvent } from '@analytics/node/testing'
import { DAY_MS, type Filter } from '@analytics/protocol'
import { parquetFormat } from '@analytics/tiering/parquet'
import { seededRandom } from '@analytics/tiering/testing'
import fc from 'fast-check'
import { afterAll, expect, it } from 'vitest'
import { type CohortHistory, everybody, isInCohort } from '../packages/node/test/support/brute-cohort.js'
import { describeStore } from '../packages/node/test/support/contract.js'
import { duckdbKind, memoryKind } from '../packages/node/test/support/stores.js'
import { limitMs, runs } from './support/soak.js'
import { type Tiers, withEvents } from './vectors/place.js'

const START = Date.UTC(2026, 2, 27)
const HOUR_MS = 3_600_000
const HOURS = 6 * 24
/** In the midst of what happens, at a midnight, so that events lie before, at and behind it. */
const AT = START + 4 * DAY_MS
const range = { from: '2026-03-28', to: '2026-03-31' } as const

/** The visitor is Anna before she identified. The lists of cohorts name Anna and Ben, who are seen at the beginning. */
const IDENTITIES = {
  anna: { userId: 'anna' },
  ben: { userId: 'ben' },
  cem: { userId: 'cem' },
  visitor: { anonymousId: 'visitor' },
  stranger: { anonymousId: 'stranger' },
  linked: { anonymousId: 'visitor', userId: 'anna' },
} as const
const personOf = (who: keyof typeof IDENTITIES) => (who === 'visitor' || who === 'linked' ? 'anna' : who)

const drawn = fc.record({
  who: fc.constantFrom('anna', 'ben', 'cem', 'visitor', 'stranger'),
  eventType: fc.constantFrom('a', 'b', 'c', 'identify'),
  sessionId: fc.constantFrom('s1', 's2'),
  hour: fc.integer({ min: 0, max: HOURS }),
  plan: fc.constantFrom('free', 'pro', 7, true, null, { deep: 'x' }),
})
type Drawn =
  typeof drawn extends fc.Arbitrary<infer Row>
    ? Omit<Row, 'who' | 'eventType'> & { who: keyof typeof IDENTITIES; eventType: string }
    : never

const seen = (who: keyof typeof IDENTITIES): Drawn => ({
  who,
  eventType: 'seen',
  sessionId: 's1',
  hour: 0,
  plan: null,
})
const history = fc
  .array(drawn, { minLength: 1, maxLength: 40 })
  .map((rows) => [seen('anna'), seen('ben'), seen('linked'), ...rows])

const eventIdOf = (place: number): string => `01K${String(place).padStart(23, '0')}`
const timeOf = ({ hour }: Drawn): number => START + hour * HOUR_MS

/** The place in the history decides the id, and with it which of two traits at one instant is the later one. */
const importOf = (row: Drawn, place: number): ImportEvent => ({
  ...IDENTITIES[row.who],
  eventId: eventIdOf(place),
  eventType: row.eventType,
  sessionId: row.sessionId,
  timestamp: new Date(timeOf(row)).toISOString(),
  properties: { plan: row.plan },
})
const known = (rows: readonly Drawn[], named: CohortHistory['named']): CohortHistory => ({
  at: AT,
  named,
  events: rows.map((row, place) => ({
    ...sampleEvent({ eventId: eventIdOf(place), eventType: row.eventType, properties: { plan: row.plan } }),
    eventTimestamp: timeOf(row),
    person: personOf(row.who),
  })),
})

const within = fc.constantFrom('1h', '12h', '1d', '2d', '1w')
const optional = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined })
const compact = <Value extends object>(value: Value): Value => JSON.parse(JSON.stringify(value))
const filter: fc.Arbitrary<Filter> = fc.constantFrom<Filter>(
  { property: 'properties.plan', op: 'eq', value: 'pro' },
  { property: 'properties.plan', op: 'neq', value: 'free' },
  { property: 'properties.plan', op: 'in', value: ['pro', 7] },
  { property: 'properties.plan', op: 'exists' },
  { property: 'properties.plan.deep', op: 'notExists' },
  {
    or: [
      { property: 'properties.plan', op: 'gte', value: 7 },
      { not: { property: 'properties.plan', op: 'eq', value: true } },
    ],
  },
)
const events = fc.constantFrom('a', 'b', ['b', 'c'], '*')
const performed = fc
  .record({
    event: events,
    where: optional(filter),
    times: optional(fc.constantFrom({ min: 2 }, { max: 2 }, { min: 2, max: 3 })),
    within: optional(within),
  })
  .map(compact)
const condition = fc.oneof(
  performed.map((one) => ({ performed: one })),
  performed.map((one) => ({ notPerformed: one })),
  fc.record({ event: events, where: optional(filter), within }).map((one) => ({ firstTime: compact(one) })),
  fc
    .record({
      steps: fc.shuffledSubarray([{ event: 'a' }, { event: 'b' }, { event: 'c' }], { minLength: 2 }),
      within: optional(within),
      window: optional(within),
    })
    .map((one) => ({ sequence: compact(one) })),
  filter.map((traits) => ({ traits })),
  fc.subarray(['anna', 'ben', 'nobody']).map((people) => ({ people })),
  fc.constant({ cohort: 'named' }),
) as fc.Arbitrary<CohortDefinition>
const definition: fc.Arbitrary<CohortDefinition> = fc.letrec<{ cohort: CohortDefinition }>((tie) => ({
  cohort: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    condition,
    fc.array(tie('cohort'), { minLength: 1, maxLength: 3 }).map((and) => ({ and })),
    fc.array(tie('cohort'), { minLength: 1, maxLength: 3 }).map((or) => ({ or })),
    tie('cohort').map((not) => ({ not })),
  ),
})).cohort

const cases = fc.record({
  rows: history,
  cohorts: fc.array(definition, { minLength: 1, maxLength: 4 }),
  tiers: fc.constantFrom<Tiers>('hot', 'cold', 'split'),
  seed: fc.integer({ min: 1, max: 1e6 }),
})
/** A part of cohorts of its own name. */
const NAMED: CohortDefinition = { or: [{ firstTime: { event: 'b', within: '2d' } }, { people: ['ben'] }] }

function shuffled<Item>(items: readonly Item[], seed: number): Item[] {
  const random = seededRandom(seed)
  return items
    .map((item) => ({ item, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item)
}

const steps = [{ event: 'a' }, { event: 'b' }]
const QUERIES: readonly Query[] = [
  { kind: 'funnel', range, steps, window: '2d', interval: 'day' },
  { kind: 'funnel', range, steps, breakdown: { property: 'properties.plan', attribution: 'all' } },
  { kind: 'retention', range, startEvent: { event: 'a' }, returnEvent: { event: '*' }, mode: 'first-time' },
  { kind: 'lifecycle', range },
  { kind: 'stickiness', range, minOccurrences: 2 },
  { kind: 'active-users', range, window: 'week' },
  { kind: 'journeys', range, by: 'eventType' },
  { kind: 'trend', range, metrics: ['events', 'users'], breakdown: 'properties.plan', compare: 'previous' },
  { kind: 'sessions', range, interval: 'day' },
  { kind: 'performance', range, by: 'properties.plan' },
  { kind: 'errors', range },
]

/** The ids of all events of the range, page by page. */
async function eventIds(analytics: Analytics, order: 'asc' | 'desc', cohort?: CohortDefinition): Promise<string[]> {
  const ids: string[] = []
  let cursor: string | undefined
  do {
    const page = {
      order,
      limit: 3,
      ...(cohort ? { cohort } : {}),
      ...(cursor === undefined ? {} : { cursor }),
    } as const
    const { result } = await analytics.query({ kind: 'events', range, ...page })
    ids.push(...result.events.map(({ eventId }) => eventId))
    cursor = result.nextCursor
  } while (cursor !== undefined)
  return ids
}

async function answers(analytics: Analytics, cohort?: CohortDefinition): Promise<unknown[]> {
  const results: unknown[] = []
  for (const query of QUERIES) results.push((await analytics.query(cohort ? { ...query, cohort } : query)).result)
  return [...results, await eventIds(analytics, 'asc', cohort), await eventIds(analytics, 'desc', cohort)]
}

const format = parquetFormat()
afterAll(() => format.close())

for (const kind of [memoryKind, duckdbKind]) {
  const over = async <Result>(
    imported: readonly ImportEvent[],
    { tiers, seed }: { tiers: Tiers; seed: number },
    ask: (analytics: Analytics) => Promise<Result>,
  ) => {
    const { context, close } = await kind.open()
    try {
      return await withEvents(imported, { store: context.store, tiers, format, random: seededRandom(seed) }, ask)
    } finally {
      await close()
    }
  }

  describeStore(kind, () => {
    it(
      'counts the people whom a look at each of their events finds, wherever events are and however they came',
      async () => {
        await fc.assert(
          fc.asyncProperty(cases, async ({ rows, cohorts, ...place }) => {
            const whole = known(rows, { named: NAMED })
            const imported = shuffled(rows.map(importOf), place.seed)
            const sizes = await over(imported, place, async (analytics) => {
              await analytics.cohorts.define({ name: 'named', ...NAMED })
              const found: number[] = []
              for (const cohort of cohorts)
                found.push((await analytics.query({ kind: 'cohort', range, cohort })).result.size)
              return found
            })
            const expected = cohorts.map(
              (cohort) => everybody(whole).filter((person) => isInCohort(person, cohort, whole)).length,
            )
            expect(sizes).toEqual(expected)
          }),
          { seed: 31_337, numRuns: runs(kind === memoryKind ? 60 : 15) },
        )
      },
      limitMs(60_000),
    )

    it(
      'lets every kind of query count what it would count if there were the events of these people alone',
      async () => {
        await fc.assert(
          fc.asyncProperty(cases, async ({ rows, cohorts: [cohort], ...place }) => {
            const whole = known(rows, { named: NAMED })
            const imported = rows.map(importOf)
            const theirs = imported.filter((_, i) => isInCohort(whole.events[i]!.person, cohort!, whole))
            const got = await over(shuffled(imported, place.seed), place, async (analytics) => {
              await analytics.cohorts.define({ name: 'named', ...NAMED })
              return answers(analytics, cohort)
            })
            // An event of nobody, behind all others, so that there is one.
            const nobody = { ...importOf(seen('stranger'), 999), timestamp: new Date(AT + DAY_MS).toISOString() }
            expect(got).toEqual(await over([...theirs, nobody], { ...place, tiers: 'hot' }, answers))
          }),
          { seed: 31_338, numRuns: runs(kind === memoryKind ? 10 : 4) },
        )
      },
      limitMs(60_000),
    )
  })
}
