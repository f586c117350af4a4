import { join } from 'node:path'
import { startChild, stopChild } from '../lib/child.js'
import { fillStore } from '../lib/hot-rows.js'
import type { Settings } from '../lib/settings.js'
import { type Cell, printTable } from '../lib/table.js'
import { withFolder } from '../lib/work-folder.js'
import { ALONE, COMPARED } from './analyses-questions.js'
import { FROM, TO, USERS } from './funnel-question.js'
import type { Taken } from './memory-child.js'

const SCRIPT = new URL('./memory-child.ts', import.meta.url)

/** The memory that each question takes, asked `runs` times in a process of its own. */
export async function memory({ runs, events = 1_000_000 }: Settings): Promise<void> {
  await withFolder(async (folder) => {
    const path = join(folder, 'events.duckdb')
    await fillStore(path, { rows: events, from: FROM, to: TO, users: USERS })
    const rows: Cell[][] = []
    for (const name of Object.keys({ ...COMPARED, ...ALONE })) {
      const { child, message } = await startChild<Taken>(SCRIPT, [path, name, String(runs)])
      await stopChild(child)
      rows.push([name, message.ms, message.openedMb, message.peakMb])
    }
    const title = `memory: ${events.toLocaleString('en-US')} events, ${USERS.toLocaleString('en-US')} users`
    printTable(title, ['question', 'ms, the last', 'RSS MB before', 'peak RSS MB'], rows)
  })
}
