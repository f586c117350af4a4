import { duckdbStore } from '@analytics/node/duckdb'
import { storedEvents } from '../lib/events.js'
import { BATCH, START, STEP_MS } from './insert-batches.js'

/** What the process that opens the file after the kill took. */
export interface Recovered {
  /** Milliseconds until `setup` had resolved. */
  openMs: number
  /** Milliseconds until the first insert was answered, the opening included. */
  insertMs: number
  /** Events of the killed process that were acknowledged and are not there. */
  lost: number
}

const [role, path, acknowledged = '0'] = process.argv.slice(2)
if (role === 'write') await write(path!)
else process.send!(await recover(path!, Number(acknowledged)))

function batchOf(number: number) {
  return storedEvents(BATCH, { seed: 5 + number, from: START + number * BATCH * STEP_MS, stepMs: STEP_MS })
}

/** Inserts batch after batch and tells how many were acknowledged, until it is killed. */
async function write(file: string): Promise<void> {
  const store = duckdbStore({ path: file })
  await store.setup('auto')
  for (let number = 0; ; number++) {
    await store.insertEvents(batchOf(number))
    process.send!(number + 1)
  }
}

async function recover(file: string, batches: number): Promise<Recovered> {
  const next = batchOf(1_000_000)
  const begin = performance.now()
  const store = duckdbStore({ path: file })
  await store.setup('auto')
  const openMs = performance.now() - begin
  await store.insertEvents(next)
  const insertMs = performance.now() - begin
  let lost = 0
  for (let number = 0; number < batches; number++) {
    const outcomes = await store.insertEvents(batchOf(number))
    lost += outcomes.filter((outcome) => outcome !== 'duplicate').length
  }
  await store.close()
  return { openMs, insertMs, lost }
}
