import assert from 'node:assert/strict'
import { join } from 'node:path'
import type { HotStore } from '@analytics/node'
import { duckdbStore } from '@analytics/node/duckdb'
import { postgresStore } from '@analytics/node/postgres'
import type { DuckDBConnection } from '@duckdb/node-api'
import { withDuckDb } from '../lib/duckdb.js'
import { fillStore } from '../lib/hot-rows.js'
import { withPostgres } from '../lib/postgres.js'
import { fillPostgres } from '../lib/postgres-rows.js'
import type { Settings } from '../lib/settings.js'
import { type Cell, median, printTable } from '../lib/table.js'
import { withFolder } from '../lib/work-folder.js'
import { DAY_START, dayRows } from './rollup-rows.js'
import { dailyMetricsSql } from './rollup-sql.js'

const METRICS = 'pf_user_metrics_daily'
const DAY = new Date(DAY_START).toISOString().slice(0, 10)

/** One day's metrics of each person, counted by the store and by one statement. */
export async function rollup({ runs, events = 330_000 }: Settings): Promise<void> {
  const rows = dayRows(events)
  const { store, sql, people } = await withFolder(async (folder) => {
    const path = join(folder, 'day.duckdb')
    await fillStore(path, rows)
    const took = { store: [] as number[], sql: [] as number[], people: 0 }
    for (let run = 0; run < runs; run++) {
      took.store.push(await computeInDuckDb(path))
      took.sql.push(await withDuckDb(path, runStatement))
    }
    took.people = await withDuckDb(path, assertSame)
    return took
  })
  const postgres = await withPostgres(async ({ pool }) => {
    await fillPostgres(pool, rows)
    return computeTimes(postgresStore({ pool }), runs)
  })
  const ways: [string, readonly number[]][] = [
    ['duckdbStore, rollups.compute', store],
    ['one statement, DuckDB only', sql],
    ...(postgres ? [['postgresStore, rollups.compute', postgres] as [string, number[]]] : []),
  ]
  const cells = ways.map(([name, times]): Cell[] => [name, median(times), median(times) / median(sql)])
  const title = `rollup: one day of ${events.toLocaleString('en-US')} events and ${people.toLocaleString('en-US')} people`
  printTable(title, ['way', 'ms', 'ratio'], cells)
}

/** Milliseconds of each computation but the first, which fills caches. */
async function computeTimes(store: HotStore, runs: number): Promise<number[]> {
  const times = []
  for (let run = 0; run <= runs; run++) {
    const begin = performance.now()
    await store.rollups.compute({ grain: 'day', start: DAY_START })
    times.push(performance.now() - begin)
  }
  return times.slice(1)
}

async function computeInDuckDb(path: string): Promise<number> {
  const store = duckdbStore({ path })
  await store.setup('auto')
  const [ms] = await computeTimes(store, 1)
  await store.close()
  return ms!
}

/** Milliseconds of the statement, the second time. Like the store, it deletes the day and writes it in one commit. */
async function runStatement(connection: DuckDBConnection): Promise<number> {
  await connection.run(`CREATE TABLE IF NOT EXISTS best AS FROM ${METRICS} LIMIT 0`)
  let begin = 0
  for (let i = 0; i < 2; i++) {
    begin = performance.now()
    await connection.run('BEGIN')
    await connection.run('DELETE FROM best')
    await connection.run(`INSERT INTO best BY NAME ${dailyMetricsSql(DAY)}`)
    await connection.run('COMMIT')
  }
  return performance.now() - begin
}

/** Both ways must count the same. Resolves to the number of people. */
async function assertSame(connection: DuckDBConnection): Promise<number> {
  const read = async (table: string) => {
    const columns = `* EXCLUDE (actions_performed, features_used, avg_page_load_time, created_at),
      coalesce(actions_performed, '{}') AS actions, coalesce(features_used, '[]') AS features,
      round(avg_page_load_time, 6) AS load_time`
    const reader = await connection.runAndReadAll(`SELECT ${columns} FROM ${table} ORDER BY person`)
    return reader.getRowObjectsJson().map(({ actions, features, ...row }) => ({
      ...row,
      actions: JSON.parse(String(actions)) as unknown,
      features: JSON.parse(String(features)) as unknown,
    }))
  }
  const counted = await read(METRICS)
  assert.deepEqual(counted, await read('best'))
  return counted.length
}
