import { on } from 'node:events'
import { join } from 'node:path'
import { duckdbStore } from '@analytics/node/duckdb'
import { ANEW, analyticsOver } from '../lib/hot-analytics.js'
import { chdbWay } from './funnel-chdb.js'
import { postgresWay } from './funnel-postgres.js'
import { askFunnel, TO } from './funnel-question.js'
import { type Questions, STORE, type Way } from './funnel-way.js'

/** The first message of a process that serves: what may be asked, or why nothing may. */
export interface Opened {
  names: string[]
  missing?: string
}

/** The answer to one question. */
export interface Answered {
  counts: number[]
  ms: number
  /** The most memory that the process has taken so far, in megabytes. */
  peakMb: number
}

const analyticsWay: Way = {
  async lend(folder, serve) {
    const store = duckdbStore({ path: join(folder, STORE) })
    const keeping = await analyticsOver(store, TO, { keepsRows: true })
    const reading = await analyticsOver(store, TO)
    try {
      await serve({
        'analytics.query': () => askFunnel(keeping),
        [ANEW]: () => askFunnel(reading),
      })
    } finally {
      await store.close()
    }
    return undefined
  },
}

const WAYS: Readonly<Record<string, Way>> = { analytics: analyticsWay, chdb: chdbWay, postgres: postgresWay }

const [task, name, folder] = process.argv.slice(2)
const way = WAYS[name!]!
if (task === 'fill') {
  await way.fill?.(folder!)
  tell({ names: [] })
} else {
  const missing = await way.lend(folder!, serve)
  if (missing !== undefined) tell({ names: [], missing })
}

function tell(message: Opened | Answered): void {
  process.send!(message)
}

/** Answers the questions that the benchmark names, until it hangs up. */
async function serve(questions: Questions): Promise<void> {
  tell({ names: Object.keys(questions) })
  for await (const [asked] of on(process, 'message', { close: ['disconnect'] })) {
    const begin = performance.now()
    const counts = await questions[asked as string]!()
    tell({ counts, ms: performance.now() - begin, peakMb: process.resourceUsage().maxRSS / 1024 })
  }
}
