import { copyFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { StoredEvent } from '@analytics/node'
import { duckdbStore } from '@analytics/node/duckdb'
import { withDuckDb } from '../lib/duckdb.js'
import { storedEvents } from '../lib/events.js'
import { fillStore } from '../lib/hot-rows.js'
import { fillNaive, openNaive } from '../lib/naive-table.js'
import type { Settings } from '../lib/settings.js'
import { median, printTable } from '../lib/table.js'
import { withFolder } from '../lib/work-folder.js'

const BATCH = 500
const BATCHES = 60
/** One event in so many was sent before. */
const DUPLICATE_EVERY = 50
const DAY_MS = 86_400_000
/** When the events that are inserted begin; those that are there lie in the 30 days before. */
const START = Date.parse('2026-11-01T00:00:00Z')

type Insert = (path: string, batches: readonly StoredEvent[][]) => Promise<{ ms: number; duplicates: number }>

/** Durable batches, one commit each, into an empty table and into one with rows. */
export async function insert({ runs, rows = 200_000 }: Settings): Promise<void> {
  const { batches, duplicates } = makeBatches()
  const cells = []
  for (const present of [0, rows]) {
    const { store, naive } = await withFolder((folder) => measure(folder, { present, runs, batches, duplicates }))
    const there = present.toLocaleString('en-US')
    cells.push([there, 'duckdbStore', store, store / naive], [there, 'PRIMARY KEY, INSERT OR IGNORE', naive, 1])
  }
  printTable('insert: 500 events a commit, 2 % duplicates', ['rows there', 'way', 'rows/s', 'ratio'], cells)
}

interface Work {
  present: number
  runs: number
  batches: readonly StoredEvent[][]
  duplicates: number
}

/** Rows a second of both ways, each run on a copy of a file that was filled once. */
async function measure(folder: string, { present, runs, batches, duplicates }: Work) {
  const fill = { rows: present, from: START - 30 * DAY_MS, to: START }
  await fillStore(join(folder, 'store'), fill)
  await fillNaive(join(folder, 'naive'), fill)
  const speeds = { store: [] as number[], naive: [] as number[] }
  // The first run of each warms up and does not count.
  for (let run = 0; run <= runs; run++) {
    for (const [name, work] of WAYS) {
      const path = join(folder, `${name}-${run}`)
      copyFileSync(join(folder, name), path)
      const done = await work(path, batches)
      if (done.duplicates !== duplicates) {
        throw new Error(`${name} found ${done.duplicates} duplicates instead of ${duplicates}`)
      }
      if (run > 0) speeds[name].push((BATCH * BATCHES * 1000) / done.ms)
      rmSync(path)
    }
  }
  return { store: median(speeds.store), naive: median(speeds.naive) }
}

/** Batches of which some events were sent in an earlier one. */
function makeBatches(): { batches: StoredEvent[][]; duplicates: number } {
  const events = storedEvents(BATCH * BATCHES, { seed: 5, from: START, stepMs: 50 })
  let duplicates = 0
  for (let i = BATCH; i < events.length; i += DUPLICATE_EVERY) {
    events[i] = events[i - BATCH + 1 + (duplicates % 40)]!
    duplicates++
  }
  return { batches: Array.from({ length: BATCHES }, (_, i) => events.slice(i * BATCH, (i + 1) * BATCH)), duplicates }
}

const intoStore: Insert = async (path, batches) => {
  const store = duckdbStore({ path })
  await store.setup('auto')
  let duplicates = 0
  const begin = performance.now()
  for (const batch of batches) {
    for (const outcome of await store.insertEvents(batch)) if (outcome === 'duplicate') duplicates++
  }
  const ms = performance.now() - begin
  await store.close()
  return { ms, duplicates }
}

const intoNaive: Insert = (path, batches) =>
  withDuckDb(path, async (connection) => {
    const table = await openNaive(connection)
    let duplicates = 0
    const begin = performance.now()
    for (const batch of batches) duplicates += batch.length - (await table.insert(batch))
    return { ms: performance.now() - begin, duplicates }
  })

const WAYS = [
  ['store', intoStore],
  ['naive', intoNaive],
] as const
