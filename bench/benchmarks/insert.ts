import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { startChild, stopChild } from '../lib/child.js'
import { fillStore, type RowsOptions } from '../lib/hot-rows.js'
import { withPostgres } from '../lib/postgres.js'
import { fillPostgres } from '../lib/postgres-rows.js'
import type { Settings } from '../lib/settings.js'
import { fillSqlite } from '../lib/sqlite-table.js'
import { type Cell, median, printTable } from '../lib/table.js'
import { withFolder } from '../lib/work-folder.js'
import { type Inserted, START } from './insert-batches.js'

const DAYS_MS = 30 * 86_400_000

/** A way to insert: makes a place with rows, and lends it. */
interface Way {
  name: string
  way: string
  withRows<Result>(rows: RowsOptions, work: (place: string) => Promise<Result>): Promise<Result | undefined>
}

const WAYS: readonly Way[] = [
  {
    name: 'duckdbStore',
    way: 'duckdb',
    withRows: (rows, work) => withFile(async (path) => fillStore(path, rows).then(() => work(path))),
  },
  {
    name: 'duckdbStore, 8 callers',
    way: 'queue',
    withRows: (rows, work) => withFile(async (path) => fillStore(path, rows).then(() => work(path))),
  },
  {
    name: 'better-sqlite3',
    way: 'sqlite',
    withRows: (rows, work) =>
      withFile((path) => {
        fillSqlite(path, rows)
        return work(path)
      }),
  },
  {
    name: 'postgresStore',
    way: 'postgres',
    withRows: (rows, work) => withPostgres(({ pool, url }) => fillPostgres(pool, rows).then(() => work(url))),
  },
]

/**
 * Durable batches into an empty table and into ones with rows, one commit each, and as callers of the handler share them; each
 * way in a process of its own.
 */
export async function insert({ runs, rows = 5_000_000 }: Settings): Promise<void> {
  const cells: Cell[][] = []
  const empty = new Map<string, number>()
  for (const present of [0, Math.round(rows / 5), rows]) {
    const measured: [string, Inserted][] = []
    for (const { name, way, withRows } of WAYS) {
      const options = { rows: present, from: START - DAYS_MS, to: START }
      const inserted = await withRows(options, (place) => runWay(way, place, runs))
      if (inserted) measured.push([name, inserted])
    }
    const sqlite = median(measured.find(([name]) => name === 'better-sqlite3')![1].speeds)
    for (const [name, { speeds, peakMb }] of measured) {
      const speed = median(speeds)
      if (present === 0) empty.set(name, speed)
      cells.push([present.toLocaleString('en-US'), name, speed, speed / sqlite, speed / empty.get(name)!, peakMb])
    }
  }
  const title = 'insert: batches of 500 events, 2 % duplicates'
  printTable(title, ['rows there', 'way', 'rows/s', 'ratio', 'of empty', 'peak RSS MB'], cells)
}

function withFile<Result>(work: (path: string) => Promise<Result>): Promise<Result> {
  return withFolder(async (folder) => {
    const path = join(folder, 'events')
    try {
      return await work(path)
    } finally {
      rmSync(path, { force: true })
    }
  })
}

async function runWay(way: string, place: string, runs: number): Promise<Inserted> {
  const script = new URL('./insert-ways.ts', import.meta.url)
  const { child, message } = await startChild<Inserted>(script, [way, place, String(runs)])
  await stopChild(child)
  return message
}
