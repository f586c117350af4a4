import { join } from 'node:path'
import { type Analytics, createAnalytics } from '@analytics/node'
import { duckdbStore } from '@analytics/node/duckdb'
import { withDuckDb } from '../lib/duckdb.js'
import { fillStore } from '../lib/hot-rows.js'
import type { Settings } from '../lib/settings.js'
import { type Cell, median, printTable } from '../lib/table.js'
import { withFolder } from '../lib/work-folder.js'
import { ANALYSES_SQL } from './analyses-sql.js'

const TO = Date.parse('2026-11-01T00:00:00Z')
const FROM = TO - 30 * 86_400_000
const USERS = 200_000
const range = { from: new Date(FROM).toISOString(), to: new Date(TO).toISOString() }
const STEPS = Array.from({ length: 16 }, (_, i) => ({
  event: ['product_view', 'add_to_cart', 'checkout', 'purchase'][i % 4]!,
}))

type Ask = (analytics: Analytics) => Promise<unknown>

/** Each question, with what both ways must agree on. */
const COMPARED: Readonly<Record<keyof typeof ANALYSES_SQL, (analytics: Analytics) => Promise<number[]>>> = {
  async retention(analytics) {
    const ever = { event: '*' }
    const { result } = await analytics.query({
      ...{ kind: 'retention', range, interval: 'week', startEvent: ever, returnEvent: ever },
    })
    return result.cohorts.flatMap(({ users }, i) => users.slice(0, result.cohorts.length - i))
  },
  async users(analytics) {
    const { result } = await analytics.query({ kind: 'trend', range, metrics: ['users'] })
    return result.series[0]!.points.map(({ value }) => value!)
  },
  async journeys(analytics) {
    const { result } = await analytics.query({ kind: 'journeys', range, by: 'eventType', timeoutMs: 300_000 })
    return result.links.map(({ value }) => value)
  },
}

const funnel = (steps: typeof STEPS, more: object): Ask => {
  return ({ query }) => query({ kind: 'funnel', range, steps, window: '7d', timeoutMs: 300_000, ...more })
}

/** Questions with nothing beside them but the first. */
const ALONE: readonly [string, Ask][] = [
  ['funnel, 4 steps', funnel(STEPS.slice(0, 4), {})],
  ['funnel, 16 steps', funnel(STEPS, {})],
  ['funnel, 16 steps, by a column', funnel(STEPS, { breakdown: { property: 'browser' } })],
  ['funnel, 16 steps, by a property', funnel(STEPS, { breakdown: { property: 'properties.plan' } })],
  ['one person, 7 days', personsEvents('2026-10-25')],
  ['one person, everything', personsEvents('2026-10-02')],
]

function personsEvents(from: string): Ask {
  return ({ query }) => query({ kind: 'events', range: { from, to: '2026-11-01' }, userId: 'user-777', limit: 1000 })
}

/** Analyses of 30 hot days, beside the best single statement for the same answer. */
export async function analyses({ runs, events = 1_000_000 }: Settings): Promise<void> {
  await withFolder(async (folder) => {
    const path = join(folder, 'events.duckdb')
    await fillStore(path, { rows: events, from: FROM, to: TO, users: USERS })
    const size = `${events.toLocaleString('en-US')} events, ${USERS.toLocaleString('en-US')} users`
    const compared: Cell[][] = []
    for (const name of Object.keys(COMPARED) as (keyof typeof COMPARED)[]) {
      const ours = await withAnalytics(path, (analytics) => timed(runs, () => COMPARED[name](analytics)))
      const sql = await withDuckDb(path, (connection) =>
        timed(runs, async () =>
          (await connection.runAndReadAll(ANALYSES_SQL[name])).getRows().map((row) => Number(row.at(-1))),
        ),
      )
      if (String(sql.answer) !== String(ours.answer))
        throw new Error(`${name}: ${ours.answer} differs from ${sql.answer}`)
      compared.push([name, 'analytics.query', ours.ms, ours.ms / sql.ms], [name, 'SQL', sql.ms, 1])
    }
    printTable(`analyses: ${size}`, ['question', 'way', 'ms', 'ratio'], compared)
    const alone: Cell[][] = []
    for (const [name, ask] of ALONE) {
      const { ms } = await withAnalytics(path, (analytics) => timed(runs, () => ask(analytics)))
      alone.push([name, ms, ms / Number(alone[0]?.[1] ?? ms)])
    }
    printTable(`analyses alone: ${size}`, ['question', 'ms', 'of the first'], alone)
  })
}

async function withAnalytics<Result>(path: string, work: (analytics: Analytics) => Promise<Result>): Promise<Result> {
  const store = duckdbStore({ path })
  const analytics = await createAnalytics({ store, now: () => TO, jobs: false, queries: { cacheCharacters: 0 } })
  try {
    return await work(analytics)
  } finally {
    await analytics.close()
  }
}

/** Once to warm up, then as often as asked: the median. */
async function timed<Answer>(runs: number, work: () => Promise<Answer>): Promise<{ answer: Answer; ms: number }> {
  const answer = await work()
  const times: number[] = []
  for (let run = 0; run < runs; run++) {
    const begin = performance.now()
    await work()
    times.push(performance.now() - begin)
  }
  return { answer, ms: median(times) }
}
