import { join } from 'node:path'
import type { Analytics } from '@analytics/node'
import { withDuckDb } from '../lib/duckdb.js'
import { ANEW, withAnalytics } from '../lib/hot-analytics.js'
import { fillStore } from '../lib/hot-rows.js'
import type { Settings } from '../lib/settings.js'
import { type Cell, median, printTable } from '../lib/table.js'
import { withFolder } from '../lib/work-folder.js'
import { ALONE, COMPARED } from './analyses-questions.js'
import { ANALYSES_SQL } from './analyses-sql.js'
import { FROM, TO, USERS } from './funnel-question.js'

/** Analyses of 30 hot days, beside the best single statement for the same answer. */
export async function analyses({ runs, events = 1_000_000 }: Settings): Promise<void> {
  await withFolder(async (folder) => {
    const path = join(folder, 'events.duckdb')
    await fillStore(path, { rows: events, from: FROM, to: TO, users: USERS })
    const size = `${events.toLocaleString('en-US')} events, ${USERS.toLocaleString('en-US')} users`
    /** Every row read anew each time, then with the rows that stay in memory. */
    const bothWays = async <Answer>(ask: (analytics: Analytics) => Promise<Answer>) => {
      const timedWith = (keepsRows: boolean) =>
        withAnalytics({ path, now: TO, keepsRows }, (analytics) => timed(runs, () => ask(analytics)))
      return [await timedWith(false), await timedWith(true)] as const
    }
    const compared: Cell[][] = []
    for (const name of Object.keys(COMPARED) as (keyof typeof COMPARED)[]) {
      const [ours, kept] = await bothWays(COMPARED[name])
      const sql = await withDuckDb(path, (connection) =>
        timed(runs, async () =>
          (await connection.runAndReadAll(ANALYSES_SQL[name])).getRows().map((row) => Number(row.at(-1))),
        ),
      )
      if (String(sql.answer) !== String(ours.answer))
        throw new Error(`${name}: ${ours.answer} differs from ${sql.answer}`)
      compared.push(
        [name, 'analytics.query', kept.ms, kept.ms / sql.ms],
        [name, ANEW, ours.ms, ours.ms / sql.ms],
        [name, 'SQL', sql.ms, 1],
      )
    }
    printTable(`analyses: ${size}`, ['question', 'way', 'ms', 'ratio'], compared)
    const alone: Cell[][] = []
    for (const [name, ask] of Object.entries(ALONE)) {
      const [{ ms }, kept] = await bothWays(ask)
      alone.push([name, kept.ms, ms, ms / Number(alone[0]?.[2] ?? ms)])
    }
    printTable(`analyses alone: ${size}`, ['question', 'ms', 'ms, every row read anew', 'of the first'], alone)
  })
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
