import type { StoredEvent } from '@analytics/node'
import { duckdbStore } from '@analytics/node/duckdb'
import { memoryQueue } from '@analytics/node/memory-queue'
import { postgresStore } from '@analytics/node/postgres'
import pg from 'pg'
import { storedEvents } from '../lib/events.js'
import { openSqlite } from '../lib/sqlite-table.js'
import { BATCH, BATCHES, DUPLICATE_EVERY, type Inserted, START, STEP_MS } from './insert-batches.js'

/** Where batches go; resolves to how many events were new. */
interface Target {
  /** Batches that are on their way at the same time. */
  callers: number
  insert(batch: readonly StoredEvent[]): Promise<number> | number
  /** Waits for everything that inserting has left to do. */
  settle(): Promise<void>
  close(): Promise<void>
}

const WAYS: Record<string, (place: string) => Promise<Target>> = { duckdb, queue, sqlite, postgres }

/** The process of one way: runs after each other in one file, the first to warm up, each with new events of a later time. */
const [way, place, runs] = process.argv.slice(2)
const target = await WAYS[way!]!(place!)
const speeds: number[] = []
for (let run = 0; run <= Number(runs); run++) speeds.push(await measure(target, run))
await target.close()
process.send!({ speeds: speeds.slice(1), peakMb: process.resourceUsage().maxRSS / 1024 } satisfies Inserted)

/**
 * Rows a second. The events of a run are made before its clock starts, and what making them left behind is collected: neither
 * is the work of a store.
 */
async function measure({ callers, insert, settle }: Target, run: number): Promise<number> {
  const batches = batchesOf(run)
  globalThis.gc?.()
  let fresh = 0
  const begin = performance.now()
  const waiting = batches.values()
  const call = async () => {
    for (const batch of waiting) {
      const stored = await insert(batch)
      fresh += stored
    }
  }
  await Promise.all(Array.from({ length: callers }, call))
  await settle()
  const ms = performance.now() - begin
  const expected = BATCHES * BATCH - (BATCHES - 1) * (BATCH / DUPLICATE_EVERY)
  if (fresh !== expected) throw new Error(`${way} stored ${fresh} events instead of ${expected}`)
  return (BATCHES * BATCH * 1000) / ms
}

/** The batches of a run; of each some events were in the one before it. */
function batchesOf(run: number): StoredEvent[][] {
  const batches: StoredEvent[][] = []
  for (let number = run * BATCHES; batches.length < BATCHES; number++) {
    const events = storedEvents(BATCH, { seed: 5 + number, from: START + number * BATCH * STEP_MS, stepMs: STEP_MS })
    const sent = batches.at(-1)
    batches.push(sent ? events.map((event, i) => (i % DUPLICATE_EVERY === 0 ? sent[i + 1]! : event)) : events)
  }
  return batches
}

async function duckdb(path: string): Promise<Target> {
  const store = duckdbStore({ path })
  await store.setup('auto')
  return {
    callers: 1,
    insert: async (batch) => newOnes(await store.insertEvents(batch)),
    // Whoever reads sessions waits for what is written behind.
    settle: async () => void (await store.sessions.read({ from: 0, to: 1 })[Symbol.asyncIterator]().next()),
    close: () => store.close(),
  }
}

/** As the handler stores what requests bring: what comes while a commit is under way shares the next one. */
async function queue(path: string): Promise<Target> {
  const store = duckdbStore({ path })
  await store.setup('auto')
  const events = memoryQueue()
  events.consume((group) => store.insertEvents(group))
  return {
    callers: 8,
    insert: async (batch) => newOnes(await events.publish(batch)),
    settle: async () => void (await store.sessions.read({ from: 0, to: 1 })[Symbol.asyncIterator]().next()),
    close: () => store.close(),
  }
}

function newOnes(outcomes: readonly string[]): number {
  return outcomes.filter((outcome) => outcome === 'inserted').length
}

async function sqlite(path: string): Promise<Target> {
  const { insert, close } = openSqlite(path)
  return { callers: 1, insert, settle: async () => {}, close: async () => void close() }
}

async function postgres(url: string): Promise<Target> {
  const pool = new pg.Pool({ connectionString: url })
  const store = postgresStore({ pool })
  await store.setup('check')
  return {
    callers: 1,
    insert: async (batch) => newOnes(await store.insertEvents(batch)),
    settle: async () => {},
    async close() {
      await store.close()
      await pool.end()
    },
  }
}
