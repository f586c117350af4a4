import { parquetFormat } from '@analytics/tiering/parquet'
import { seededRandom } from '@analytics/tiering/testing'
import fc from 'fast-check'
import { afterAll, expect, it } from 'vitest'
import { bruteJourneys } from '../packages/node/test/support/brute-journeys.js'
import { describeStore } from '../packages/node/test/support/contract.js'
import { duckdbKind, memoryKind } from '../packages/node/test/support/stores.js'
import { limitMs, runs } from './support/soak.js'
import type { VectorCase } from './vectors/case.js'
import { runCase } from './vectors/run.js'

const START = Date.UTC(2026, 0, 10)
const MINUTE_MS = 60_000

const label = fc.constantFrom('/a', '/b', '/c/1', '/c/2', '/d/ü')
/** Steps of four people over three days, close enough for sessions that go over midnight. */
const history = fc.array(
  fc.record({
    person: fc.constantFrom('anna', 'ben', 'cem', 'dora'),
    minute: fc.integer({ min: 0, max: 3 * 144 }).map((ten) => ten * 10),
    label,
    hasSlash: fc.boolean(),
  }),
  { minLength: 1, maxLength: 80 },
)
const questions = fc.record(
  { start: label, end: label, exclude: fc.subarray(['/c/*', '/d*']), step_limit: fc.integer({ min: 2, max: 6 }) },
  { requiredKeys: ['step_limit'] },
)

const format = parquetFormat()
afterAll(() => format.close())

for (const kind of [memoryKind, duckdbKind]) {
  describeStore(kind, () => {
    it(
      'gives the journeys that a recount gives, whichever days have moved',
      async () => {
        await fc.assert(
          fc.asyncProperty(history, questions, fc.integer({ min: 1, max: 1e6 }), async (rows, query, seed) => {
            const { step_limit: maxSteps, ...rest } = query
            const steps = rows.map((row) => ({ ...row, time: START + row.minute * MINUTE_MS }))
            const { links } = bruteJourneys(steps, {
              ...rest,
              maxSteps,
              gapMs: 30 * MINUTE_MS,
              collapseRepeats: true,
              limit: 50,
            })
            const vector: VectorCase = {
              id: 'random',
              kind: 'paths',
              profile: 'posthog',
              semantics: '',
              events: steps.map(({ person, time, label: path, hasSlash }) => [
                person,
                '$pageview',
                new Date(time).toISOString(),
                { path: hasSlash ? `${path}/` : path } as never,
              ]),
              query: { type: 'paths', ...query },
              expected: {
                edges: links.map(({ averageSeconds, ...link }) => ({
                  ...link,
                  avg_ms: Math.round(averageSeconds * 1000 * link.value) / link.value,
                })),
              },
            }
            const { context, close } = await kind.open()
            try {
              const random = seededRandom(seed)
              expect(await runCase(vector, { store: context.store, tiers: 'split', format, random })).toBeUndefined()
            } finally {
              await close()
            }
          }),
          { seed: 20_267, numRuns: runs(kind === memoryKind ? 20 : 6) },
        )
      },
      limitMs(60_000),
    )
  })
}
