import { removeRecord } from '@analytics/protocol'
import type { CatalogDay } from '../../src/catalog.js'
import type { Simulated } from './world.js'

/** Forgets every day, as a lost database does, and finds them again: the same segments must be read. */
export async function assertRebuilt(world: Simulated, fail: (what: string) => void): Promise<void> {
  const { records } = world.hot
  const before = await segmentsIn(world)
  for (const { key, version } of await records.list<CatalogDay>('tier')) await records.delete('tier', key, version)
  for (const { key } of await records.list('meta', { prefix: 'sketch/' })) await removeRecord(records, key)
  const tiering = world.open()
  const { status, problems } = await tiering.rebuildCatalog({ dryRun: false, deep: true })
  await tiering.close()
  if (status !== 'done') fail(`the rebuild ended with ${status}`)
  // Objects that were given up have no description, or hold something else.
  const serious = problems.filter(({ problem }) => problem !== 'unverified' && problem !== 'size')
  if (serious.length > 0) fail(`the rebuild found ${JSON.stringify(serious)}`)
  const after = await segmentsIn(world)
  if (before.join() !== after.join()) fail(`the rebuild has ${after.join()} instead of ${before.join()}`)
}

async function segmentsIn({ hot }: Simulated): Promise<string[]> {
  const days = await hot.records.list<CatalogDay>('tier')
  return days.flatMap(({ value }) => value.segments.map(({ objectName, rows }) => `${objectName} ${rows}`)).sort()
}
