import { join } from 'node:path'
import { duckdbStore } from '@analytics/node/duckdb'
import { createTiering, type ObjectStore, type Tiering } from '@analytics/tiering'
import { fileObjectStore } from '@analytics/tiering/file'
import { withDuckDb } from '../lib/duckdb.js'
import { addEvents, fillStore } from '../lib/hot-rows.js'
import type { Settings } from '../lib/settings.js'
import { type Cell, printTable } from '../lib/table.js'
import { withFolder } from '../lib/work-folder.js'

type Where = NonNullable<Parameters<Tiering['scan']>[0]['where']>

const DAY_MS = 86_400_000
const START = Date.parse('2025-01-01T00:00:00Z')

/** Days that are moved at once. */
const ROUND = 10

/** People who have events on most days, on some, and on none. */
const PEOPLE = [
  ['on most days', 'user-3'],
  ['on few days', 'user-20000'],
  ['unknown', 'nobody'],
] as const

/** The events of one person over many cold days, as they come from a store that is not on this machine. */
export async function person({ days = 30, events = 100_000 }: Settings): Promise<void> {
  await withFolder(async (folder) => {
    await moveDays(folder, days, events)
    const cells: Cell[][] = []
    for (const [who, userId] of PEOPLE) {
      cells.push([who, ...(await measure(folder, { property: 'userId', op: 'eq', value: userId }))])
    }
    // A question that names nobody: every day comes whole.
    const whole = { and: [{ property: 'userId', op: 'contains', value: PEOPLE[0][1] }] } as const
    cells.push(['every day whole', ...(await measure(folder, whole))])
    const title = `person: one person over ${days} cold days of ${events.toLocaleString('en-US')} events`
    const header = ['person', 'events', 'days touched', 'requests a day', 'KiB a day', 'ms', 'ms again']
    printTable(title, header, cells)
  })
}

async function measure(folder: string, where: Where): Promise<Cell[]> {
  return withTiering(folder, async (tiering) => {
    const first = await read(tiering, where)
    const again = await read(tiering, where)
    const { segments, requests, bytes } = first.stats
    const perDay = (amount: number) => (segments === 0 ? 0 : amount / segments)
    return [first.events, segments, perDay(requests), perDay(bytes / 1024), first.ms, again.ms]
  })
}

async function moveDays(folder: string, days: number, events: number): Promise<void> {
  const path = join(folder, 'events.duckdb')
  await fillStore(path, { rows: events, from: START, to: START + DAY_MS })
  for (let first = 1; first < days; first += ROUND) {
    const last = Math.min(days, first + ROUND)
    await withDuckDb(path, async (connection) => {
      for (let day = first; day < last; day++) {
        const from = START + day * DAY_MS
        await addEvents(connection, { rows: events, from, to: from + DAY_MS })
      }
    })
    await withTiering(folder, async (tiering) => {
      const { failed } = await tiering.run()
      if (failed.length > 0) throw new Error(failed[0]!.message)
    })
  }
}

async function withTiering<Result>(folder: string, work: (tiering: Tiering) => Promise<Result>): Promise<Result> {
  const hot = duckdbStore({ path: join(folder, 'events.duckdb') })
  await hot.setup('auto')
  const { localFile: _, ...cold } = fileObjectStore({ dir: join(folder, 'cold') })
  const now = () => START + 1000 * DAY_MS
  const tiering = createTiering({ hot, cold: cold as ObjectStore, policy: { dropAfter: '1d' }, now })
  try {
    return await work(tiering)
  } finally {
    await tiering.close()
    await hot.close()
  }
}

async function read(tiering: Tiering, where: Where) {
  const range = { from: START, to: START + 400 * DAY_MS }
  const begin = performance.now()
  const view = await tiering.openView(range)
  let events = 0
  for (const { day } of view.days) {
    for await (const batch of view.readEvents(day, { ...range, where })) events += batch.length
  }
  const ms = performance.now() - begin
  view.release()
  return { events, ms, stats: view.stats() }
}
