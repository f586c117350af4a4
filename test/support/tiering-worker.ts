import { duckdbStore } from '@analytics/node/duckdb'
import { DAY_MS, dayOf, type StoredEvent } from '@analytics/protocol'
import { createTiering } from '@analytics/tiering'
import { ociObjectStore } from '@analytics/tiering/oci'
import { sampleEvents } from '@analytics/tiering/testing'

/** What a worker is started with. */
export interface WorkerSettings {
  path: string
  endpoint: string
  auth: { tenancy: string; user: string; fingerprint: string; privateKey: string }
  /** Where objects are archived by copies; missing where it is done in place. */
  archiveBucket?: string
  seed: number
  /** From when the days of the events count, UTC milliseconds: a test may run across midnight. */
  today: number
  /** People who were erased: the server refuses their events. */
  erased: readonly string[]
}

export const POLICY = { copyAfter: '8d', dropAfter: '10d', archiveAfter: '20d' } as const

/** Days that are due to be copied, moved and archived. */
const AGES = [30, 24, 14, 12, 9]

/** Opens the tier manager of a test. */
export async function openTiers({
  path,
  endpoint,
  auth,
  archiveBucket,
}: Pick<WorkerSettings, 'path' | 'endpoint' | 'auth' | 'archiveBucket'>) {
  const store = duckdbStore({ path })
  await store.setup('auto')
  // Short pauses: what is tested is being cut off.
  const archive = archiveBucket === undefined ? {} : { archiveBucket, region: 'eu-frankfurt-1' }
  const cold = ociObjectStore({ bucket: 'cold', ...archive, auth, endpoint, random: () => 0 })
  const encryption = { keys: { key: Buffer.alloc(32, 5).toString('base64') }, current: 'key' }
  const tiering = createTiering({ hot: store, cold, policy: POLICY, encryption })
  return { store, cold, tiering }
}

/** The events of a round. */
export function eventsOf({ seed, today, erased }: Pick<WorkerSettings, 'seed' | 'today' | 'erased'>): StoredEvent[] {
  return AGES.flatMap((age, i) =>
    sampleEvents({ day: dayOf(today - age * DAY_MS), count: 30, seed: seed * 10 + i, users: 8 }),
  ).filter(({ userId, anonymousId }) => !erased.includes(userId ?? anonymousId ?? ''))
}

/** Stores events and works on the tiers until it is killed; prints `ready` when what it stored is acknowledged. */
async function work(settings: WorkerSettings): Promise<void> {
  const { store, tiering } = await openTiers(settings)
  await store.insertEvents(eventsOf(settings))
  process.stdout.write('ready\n')
  const works = [
    () => tiering.run(),
    () => tiering.compact(),
    () => tiering.archive(),
    () => tiering.erase.run(),
    () => tiering.gc({ dryRun: false, olderThan: '3s' }),
    () => tiering.restore.request({ from: 0, to: Date.now() }, { hours: 2 }),
  ]
  for (let i = settings.seed; ; i++) {
    // What failed in an earlier process is not waited for.
    await tiering.retry()
    await works[i % works.length]!().catch(() => {})
  }
}

if (process.argv[2] === 'work') await work(JSON.parse(process.env.WORKER_SETTINGS!) as WorkerSettings)
