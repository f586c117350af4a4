import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { duckdbStore } from '@analytics/node/duckdb'
import { createTiering } from '@analytics/tiering'
import { fileObjectStore } from '@analytics/tiering/file'
import { literal, withDuckDb } from '../lib/duckdb.js'
import { EVENTS_TABLE } from '../lib/hot-rows.js'
import { DAY_START, type Moved } from './move-day.js'

type Way = (folder: string) => Promise<Pick<Moved, 'ms' | 'bytes'>>

const WAYS: Record<string, Way> = { tiering: withTiering, copy: withCopy, json: withJson }

/** The process of one way: tells what it took. The file is open when time begins to count. */
const [way, folder] = process.argv.slice(2)
const took = await WAYS[way!]!(folder!)
process.send!({ ...took, peakMb: process.resourceUsage().maxRSS / 1024 } satisfies Moved)

async function withTiering(folder: string) {
  const store = duckdbStore({ path: join(folder, 'events.duckdb') })
  await store.setup('auto')
  const cold = fileObjectStore({ dir: join(folder, 'cold') })
  const now = () => DAY_START + 10 * 86_400_000
  const tiering = createTiering({ hot: store, cold, policy: { dropAfter: '1d' }, now })
  const begin = performance.now()
  const { moved, failed } = await tiering.run()
  const ms = performance.now() - begin
  if (moved.length !== 1) throw new Error(failed[0]?.message ?? `${moved.length} days moved`)
  await tiering.close()
  await store.close()
  return { ms, bytes: moved[0]!.bytes }
}

function withCopy(folder: string) {
  return withDuckDb(join(folder, 'events.duckdb'), async (connection) => {
    const path = join(folder, 'day.parquet')
    const begin = performance.now()
    await connection.run(
      `COPY (SELECT * FROM ${EVENTS_TABLE} ORDER BY coalesce(user_id, anonymous_id), event_timestamp, event_id)
       TO ${literal(path)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 8192)`,
    )
    return { ms: performance.now() - begin, bytes: statSync(path).size }
  })
}

/** What is written first: all rows as objects, one text, compressed. */
function withJson(folder: string) {
  return withDuckDb(join(folder, 'events.duckdb'), async (connection) => {
    const path = join(folder, 'day.json.gz')
    const begin = performance.now()
    const reader = await connection.runAndReadAll(`SELECT * FROM ${EVENTS_TABLE}`)
    writeFileSync(path, gzipSync(JSON.stringify(reader.getRowObjectsJson())))
    return { ms: performance.now() - begin, bytes: statSync(path).size }
  })
}
