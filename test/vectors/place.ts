import {
  type Analytics,
  createAnalytics,
  type EventTimeOptions,
  type HotStore,
  type ImportEvent,
  type KeyOptions,
} from '@analytics/node'
import { DAY_MS, type Day, dayOf, dayStart } from '@analytics/protocol'
import { createTiering, type SegmentFormat } from '@analytics/tiering'
import { memoryObjectStore } from '@analytics/tiering/memory'

/** Where the events of a case lie: in the hot store, in object storage, or in both, divided at a day. */
export type Tiers = 'hot' | 'cold' | 'split'

/** Where events are stored. */
export interface Place {
  store: HotStore
  tiers: Tiers
  format: SegmentFormat
  random: () => number
}

/** Asks questions of events that lie in these tiers, long after the last of them. */
export function withEvents<Result>(
  events: readonly ImportEvent[],
  place: Place,
  ask: (analytics: Analytics) => Promise<Result>,
): Promise<Result> {
  const times = events.map(({ timestamp }) => Date.parse(timestamp!))
  const fill = async (analytics: Analytics, setNow: (time: number) => void) => {
    setNow(Math.max(...times) + DAY_MS)
    await analytics.import([...events])
    return times
  }
  return withFilled(place, { fill, ask })
}

/** What is done with a place. */
interface Filling<Result> {
  keys?: readonly KeyOptions[]
  eventTimes?: EventTimeOptions
  /** Stores events, and tells their times, UTC milliseconds. */
  fill(analytics: Analytics, setNow: (time: number) => void): Promise<readonly number[]>
  ask(analytics: Analytics): Promise<Result>
}

/** Asks questions of events that were stored and then moved to the tiers, long after the last of them. */
export async function withFilled<Result>(
  { store, tiers, format, random }: Place,
  { keys = [], eventTimes = {}, fill, ask }: Filling<Result>,
): Promise<Result> {
  let now = 0
  const setNow = (time: number): void => {
    now = time
  }
  const cold = memoryObjectStore({ now: () => now })
  const tiering = createTiering({ hot: store, cold, format, policy: { dropAfter: '1d' }, now: () => now })
  // Some cases ask about each node or user, all at once.
  const queries = { maxWaiting: 1000 }
  const analytics = await createAnalytics({ store, tiering, jobs: false, queries, keys, eventTimes, now: () => now })
  try {
    const times = await fill(analytics, setNow)
    await move(tiers, [...new Set(times.map(dayOf))].sort(), {
      random,
      async runAt(time) {
        setNow(time)
        return tiering.run()
      },
    })
    setNow(Math.max(...times) + 1000 * DAY_MS)
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
