import { once } from 'node:events'
import { copyFileSync, existsSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { startChild, stopChild } from '../lib/child.js'
import { withDuckDb } from '../lib/duckdb.js'
import { differingSessions, fillStore } from '../lib/hot-rows.js'
import type { Settings } from '../lib/settings.js'
import { type Cell, median, printTable } from '../lib/table.js'
import { withFolder } from '../lib/work-folder.js'
import { START } from './insert-batches.js'
import type { Recovered } from './recover-child.js'

const SCRIPT = new URL('./recover-child.ts', import.meta.url)

/** Batches after which the process is killed: at another place between two checkpoints in each run. */
const batchesOf = (run: number): number => 85 * (1 + (run % 3))

/** A process is killed while it inserts; how long the next one takes to answer, and whether all is there. */
export async function recover({ runs, rows = 5_000_000 }: Settings): Promise<void> {
  const cells: Cell[][] = []
  const all: (Recovered & { walMb: number })[] = []
  await withFolder(async (folder) => {
    const filled = join(folder, 'filled')
    await fillStore(filled, { rows, from: START - 30 * 86_400_000, to: START })
    for (let run = 0; run < runs; run++) {
      const path = join(folder, 'killed')
      copyFileSync(filled, path)
      const acknowledged = await writeAndKill(path, batchesOf(run))
      const walMb = existsSync(`${path}.wal`) ? statSync(`${path}.wal`).size / 1e6 : 0
      const { child, message } = await startChild<Recovered>(SCRIPT, ['recover', path, String(acknowledged)])
      await stopChild(child)
      const differing = await withDuckDb(path, differingSessions)
      all.push({ ...message, walMb })
      cells.push([String(acknowledged), walMb, message.openMs, message.insertMs, message.lost, differing])
      rmSync(path)
      if (message.lost > 0 || differing > 0)
        throw new Error(`${message.lost} events lost, ${differing} sessions differ`)
    }
  })
  const middle = (fact: 'walMb' | 'openMs' | 'insertMs') => median(all.map((one) => one[fact]))
  cells.push(['median', middle('walMb'), middle('openMs'), middle('insertMs'), 0, 0])
  const title = `recover: ${rows.toLocaleString('en-US')} rows, killed while it inserts`
  printTable(title, ['batches', 'log MB', 'open ms', 'first answer ms', 'events lost', 'sessions that differ'], cells)
}

/** Resolves to the number of batches that were acknowledged before the process was gone. */
async function writeAndKill(path: string, batches: number): Promise<number> {
  const { child, message } = await startChild<number>(SCRIPT, ['write', path])
  let acknowledged = message
  const gone = once(child, 'exit')
  child.on('message', (number: number) => {
    acknowledged = number
    if (number >= batches) child.kill('SIGKILL')
  })
  await gone
  return acknowledged
}
