import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { startChild, stopChild } from '../lib/child.js'
import { fillStore } from '../lib/hot-rows.js'
import type { Settings } from '../lib/settings.js'
import { type Cell, median, printTable } from '../lib/table.js'
import { withFolder } from '../lib/work-folder.js'
import { DAY_START, type Moved } from './move-day.js'

const TIERED = [
  ['tiering.run, verified, dropped', 'tiering'],
  ['COPY TO parquet, sorted, zstd', 'copy'],
] as const
const JSON_ARRAY = ['one JSON array, gzip', 'json'] as const

/** Above so many events the array is longer than the longest text. */
const LARGEST_ARRAY = 500_000

/** One day from the hot store to object storage, each way in a process of its own. */
export async function move({ runs, events = 100_000 }: Settings): Promise<void> {
  const ways = events > LARGEST_ARRAY ? TIERED : [...TIERED, JSON_ARRAY]
  const measured: Record<string, Moved[]> = { tiering: [], copy: [], json: [] }
  await withFolder(async (folder) => {
    const filled = join(folder, 'filled.duckdb')
    await fillStore(filled, { rows: events, from: DAY_START, to: DAY_START + 86_400_000 })
    for (let run = 0; run < runs; run++) {
      for (const [, way] of ways) measured[way]!.push(await runWay(way, filled, join(folder, `${way}-${run}`)))
    }
  })
  const middle = (way: string, fact: keyof Moved) => median(measured[way]!.map((one) => one[fact]))
  const base = middle('copy', 'ms')
  const cells = ways.map(([name, way]): Cell[] => {
    const ms = middle(way, 'ms')
    return [name, ms, ms / base, middle(way, 'peakMb'), middle(way, 'bytes') / 1e6]
  })
  const title = `move: one day of ${events.toLocaleString('en-US')} events`
  printTable(title, ['way', 'ms', 'ratio', 'peak RSS MB', 'MB written'], cells)
}

async function runWay(way: string, filled: string, folder: string): Promise<Moved> {
  mkdirSync(folder)
  copyFileSync(filled, join(folder, 'events.duckdb'))
  const { child, message } = await startChild<Moved>(new URL('./move-ways.ts', import.meta.url), [way, folder])
  await stopChild(child)
  return message
}
