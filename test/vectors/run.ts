import { isDeepStrictEqual } from 'node:util'
import { type Analytics, createAnalytics, type HotStore, type ImportEvent } from '@analytics/node'
import { DAY_MS, type Day, dayOf, dayStart } from '@analytics/protocol'
import { createTiering, type SegmentFormat } from '@analytics/tiering'
import { memoryObjectStore } from '@analytics/tiering/memory'
import { ACTIVITY, eventsOf } from './activity.js'
import type { Translation, VectorCase } from './case.js'
import { FUNNELS } from './funnels.js'
import { JOURNEYS } from './journeys.js'

/** Where the events of a case lie: in the hot store, in object storage, or in both, divided at a day. */
export type Tiers = 'hot' | 'cold' | 'split'

const TRANSLATIONS: Readonly<Record<string, Translation>> = { ...ACTIVITY, ...FUNNELS, ...JOURNEYS }

/** Whether there is a translation for its kind and profile. */
export function isTranslated({ kind, profile }: VectorCase): boolean {
  return Object.hasOwn(TRANSLATIONS, `${kind} ${profile}`)
}

/** Where events are stored. */
export interface Place {
  store: HotStore
  tiers: Tiers
  format: SegmentFormat
  random: () => number
}

/**
 * Stores a case's events and asks what it asks. Resolves to what was got; nothing where it is what is expected.
 * @throws UnknownCase where no query of ours has its meaning.
 */
export async function runCase(vector: VectorCase, place: Place): Promise<Record<string, unknown> | undefined> {
  const translate = TRANSLATIONS[`${vector.kind} ${vector.profile}`]
  if (!translate) throw new Error(`There is no translation for ${vector.kind} of ${vector.profile}.`)
  const rows = vector.events.length > 0 ? vector.events : eventsOf(vector)
  const events = rows.map(([userId, eventType, timestamp, properties]) => ({
    userId,
    eventType,
    timestamp: new Date(timestamp).toISOString(),
    properties,
  }))
  const got = await withEvents(events, place, (analytics) =>
    translate(vector, async (query) => (await analytics.query(query)).result),
  )
  return isDeepStrictEqual(got, vector.expected) ? undefined : got
}

/** Asks questions of events that lie in these tiers, long after the last of them. */
export async function withEvents<Result>(
  events: readonly ImportEvent[],
  { store, tiers, format, random }: Place,
  ask: (analytics: Analytics) => Promise<Result>,
): Promise<Result> {
  const times = events.map(({ timestamp }) => Date.parse(timestamp!))
  const days = [...new Set(times.map(dayOf))].sort()
  let now = Math.max(...times) + DAY_MS
  const cold = memoryObjectStore({ now: () => now })
  const tiering = createTiering({ hot: store, cold, format, policy: { dropAfter: '1d' }, now: () => now })
  const analytics = await createAnalytics({ store, tiering, jobs: false, now: () => now })
  try {
    await analytics.import([...events])
    await move(tiers, days, {
      random,
      async runAt(time) {
        now = time
        return tiering.run()
      },
    })
    now = Math.max(...times) + 1000 * DAY_MS
    return await ask(analytics)
  } finally {
    await tiering.close()
    await analytics.close()
  }
}

async function move(
  tiers: Tiers,
  days: readonly Day[],
  { random, runAt }: { random: () => number; runAt(time: number): Promise<{ failed: readonly unknown[] }> },
): Promise<void> {
  if (tiers === 'hot') return
  const first = tiers === 'cold' ? undefined : days[Math.floor(random() * days.length)]
  // A day is due a day after its end: those before the first that stays are.
  const { failed } = await runAt(first === undefined ? dayStart(days.at(-1)!) + 3 * DAY_MS : dayStart(first) + DAY_MS)
  if (failed.length > 0) throw new Error(`A move failed: ${JSON.stringify(failed)}`)
}
