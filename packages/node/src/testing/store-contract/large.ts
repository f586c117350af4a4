import assert from 'node:assert/strict'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { ContractCase } from '@analytics/protocol/testing'
import { sampleEvents } from '../sample-events.js'
import { ALWAYS, type StoreContext } from './support.js'

const ROWS = 100_000

/** No store hands out more rows at a time. */
const MOST_BATCH_ROWS = 20_000

/** What a read may hold on to, however much it reads; all rows at once are several times that. */
const MOST_HEAP_BYTES = 24 * 1024 * 1024

/** Bytes that are in use, without what is waiting to be collected. */
function usedBytes(): number {
  setFlagsFromString('--expose-gc')
  ;(runInNewContext('gc') as () => void)()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** Reads a stream to its end; resolves to the number of its rows. Asserts that neither a batch nor what it keeps is large. */
async function readBounded<Batch extends { length: number }>(batches: AsyncIterable<Batch>): Promise<number> {
  const before = usedBytes()
  let rows = 0
  let measured = 0
  for await (const batch of batches) {
    assert.ok(batch.length <= MOST_BATCH_ROWS, `a batch of ${batch.length} rows`)
    rows += batch.length
    if (rows - measured < 30_000) continue
    measured = rows
    const grown = usedBytes() - before
    assert.ok(grown < MOST_HEAP_BYTES, `${Math.round(grown / 1024)} KiB more after ${rows} rows`)
  }
  return rows
}

/** What a store does with many rows. */
export const largeCases: ContractCase<StoreContext>[] = [
  {
    name: 'takes 100,000 events in one call and reads them back in bounded memory',
    async run({ store }) {
      const events = sampleEvents({ count: ROWS, days: 4, people: 700 })
      const outcomes = await store.insertEvents(events)
      assert.equal(outcomes.length, ROWS)
      assert.ok(outcomes.every((outcome) => outcome === 'inserted'))
      const columns = ['eventId', 'pageUrl', 'properties.plan']
      assert.equal(await readBounded(store.scan({ ...ALWAYS, matches: [{}], columns })), ROWS)
      assert.equal(await readBounded(store.readEvents(ALWAYS)), ROWS)
      const seal = await store.sealDay('2026-01-11')
      assert.equal(await readBounded(store.readSealed(seal)), seal.rows)
      assert.deepEqual(await store.insertEvents(events.slice(-3)), Array(3).fill('duplicate'))
    },
  },
]
