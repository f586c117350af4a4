import { join } from 'node:path'
import { duckdbStore } from '@analytics/node/duckdb'
import { createTiering } from '@analytics/tiering'
import { fileObjectStore } from '@analytics/tiering/file'
import { withDuckDb } from '../lib/duckdb.js'
import { ANEW, analyticsOver } from '../lib/hot-analytics.js'
import { fillStore } from '../lib/hot-rows.js'
import type { Settings } from '../lib/settings.js'
import { type Cell, median, printTable } from '../lib/table.js'
import { withFolder } from '../lib/work-folder.js'
import { askFunnel, DAYS, FROM, STEPS, TO, USERS, WINDOW_DAYS } from './funnel-question.js'
import { asofFunnel, type SqlFunnel } from './funnel-sql.js'

/** Where the events lie. */
interface Place {
  path: string
  cold: string
}

/** Counts of people and times of the runs. */
interface Answers {
  counts: number[]
  times: number[]
}

/** An ordered funnel over 30 days, hot, then with the older half in object storage. */
export async function funnel({ runs, events = 1_000_000 }: Settings): Promise<void> {
  const cells: Cell[][] = []
  await withFolder(async (folder) => {
    const place = { path: join(folder, 'events.duckdb'), cold: join(folder, 'cold') }
    await fillStore(place.path, { rows: events, from: FROM, to: TO, users: USERS })
    await compare('30 hot', place, false, runs, cells)
    await moveHalf(place)
    await compare('15 hot, 15 cold', place, true, runs, cells)
  })
  const title = `funnel: ${STEPS.length} steps in order within ${WINDOW_DAYS} days, ${events.toLocaleString('en-US')} events`
  const people = `${USERS.toLocaleString('en-US')} users`
  printTable(`${title}, ${people}`, ['days', 'way', 'ms', 'ratio'], cells)
}

async function compare(days: string, place: Place, isTiered: boolean, runs: number, cells: Cell[][]): Promise<void> {
  const query = await throughQuery(place, runs, true)
  const anew = await throughQuery(place, runs, false)
  const byUser = await throughSql(place, isTiered, 'user_id', runs)
  const byHash = await throughSql(place, isTiered, 'hash(user_id)', runs)
  const byNumber = await throughSql(place, isTiered, 'person', runs)
  for (const other of [anew, byUser, byHash, byNumber]) {
    if (String(other.counts) !== String(query.counts)) throw new Error(`${other.counts} differ from ${query.counts}`)
  }
  const base = median(byUser.times)
  const add = (way: string, { times }: Answers) => cells.push([days, way, median(times), median(times) / base])
  add('analytics.query', query)
  add(ANEW, anew)
  add('SQL, ASOF chain on user_id', byUser)
  add('SQL, ASOF chain on a hash of user_id', byHash)
  add('SQL, ASOF chain on the number of the person', byNumber)
}

async function throughQuery({ path, cold }: Place, runs: number, keepsRows: boolean): Promise<Answers> {
  const store = duckdbStore({ path })
  const objects = fileObjectStore({ dir: cold })
  const tiering = createTiering({ hot: store, cold: objects, policy: { dropAfter: '1y' } })
  const analytics = await analyticsOver(store, TO, { keepsRows, tiering })
  try {
    return await timed(runs, () => askFunnel(analytics))
  } finally {
    await tiering.close()
    await analytics.close()
    await objects.close()
  }
}

function throughSql({ path, cold }: Place, isTiered: boolean, key: SqlFunnel['key'], runs: number) {
  const sql = asofFunnel({ key, steps: STEPS, windowDays: WINDOW_DAYS, cold: isTiered ? cold : undefined })
  return withDuckDb(path, (connection) =>
    timed(runs, async () => {
      const rows = (await connection.runAndReadAll(sql)).getRows()
      return rows[0]!.map(Number)
    }),
  )
}

/** Once to warm up, then as often as asked. */
async function timed(runs: number, work: () => Promise<number[]>): Promise<Answers> {
  const counts = await work()
  const times: number[] = []
  for (let run = 0; run < runs; run++) {
    const begin = performance.now()
    await work()
    times.push(performance.now() - begin)
  }
  return { counts, times }
}

async function moveHalf({ path, cold }: Place): Promise<void> {
  const store = duckdbStore({ path })
  await store.setup('auto')
  const objects = fileObjectStore({ dir: cold })
  const policy = { dropAfter: `${DAYS / 2}d` } as const
  const tiering = createTiering({ hot: store, cold: objects, policy, now: () => TO })
  try {
    const { moved, failed } = await tiering.run()
    if (failed.length > 0) throw new Error(failed[0]!.message)
    if (Math.abs(moved.length - DAYS / 2) > 1) throw new Error(`${moved.length} days moved`)
  } finally {
    await tiering.close()
    await objects.close()
    await store.close()
  }
}
