import assert from 'node:assert/strict'
import {
  dayStart,
  type EventBatch,
  type NumberedEvent,
  type Scalar,
  type ScanRequest,
  type StoredEvent,
} from '@analytics/protocol'
import type { Grain, UserMetrics } from '../../rollups/rollup.js'
import type { StoredSession } from '../../sessions/session.js'
import type { HotRead, HotStore } from '../../store.js'

/** What a store's test gives the contract: an empty store, set up, and its end. */
export interface StoreContext {
  store: HotStore
  /** Closes the store and opens the same data again; only for stores that are durable. */
  reopen?: () => Promise<HotStore>
  /** Opens a second store over the same data, as another process would; only for stores that are shared. */
  another?: () => Promise<HotStore>
}

/** All of time since 1970. */
export const ALWAYS: { from: number; to: number } = { from: 0, to: dayStart('2100-01-01') }

/** All items of a stream of batches. */
export async function collect<Item>(batches: AsyncIterable<readonly Item[]>): Promise<Item[]> {
  const items: Item[] = []
  for await (const batch of batches) items.push(...batch)
  return items
}

/** One row of a scan. */
export type ScannedRow = { time: number; person: number; matches: number; columns: Record<string, Scalar> }

/** All rows of a scan; of everything, where the request says nothing else. */
export async function scanRows(store: HotStore, request: Partial<ScanRequest> & HotRead = {}): Promise<ScannedRow[]> {
  const rows: ScannedRow[] = []
  for await (const batch of store.scan({ ...ALWAYS, matches: [{}], ...request })) rows.push(...batchRows(batch))
  return rows
}

/** The rows of a batch, which is valid only until the next one. */
function batchRows({ length, time, person, matches, columns }: EventBatch): ScannedRow[] {
  return Array.from({ length }, (_, i) => ({
    time: time[i]!,
    person: person[i]!,
    matches: matches[i]!,
    columns: Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, values.at(i) ?? null])),
  }))
}

/** Every event of a store, oldest first. */
export const allEvents = (store: HotStore, read: HotRead = {}): Promise<StoredEvent[]> =>
  collect(store.readEvents({ ...ALWAYS, ...read }))

/** Every session of a store that began since 1970, in the order of their keys. */
export async function allSessions(store: HotStore): Promise<StoredSession[]> {
  const sessions = await collect(store.sessions.read(ALWAYS))
  return sessions.sort((a, b) => (a.sessionId < b.sessionId ? -1 : a.sessionId > b.sessionId ? 1 : a.person - b.person))
}

/** Every row of metrics of a grain. */
export const allMetrics = (store: HotStore, grain: Grain): Promise<UserMetrics[]> =>
  collect(store.rollups.read({ grain, ...ALWAYS }))

/** The numbers of users, named `u:…`, and of anonymous ids, named `a:…`. */
export async function numbersOf(store: HotStore, ...ids: string[]): Promise<number[]> {
  const identities = ids.map((id) =>
    id.startsWith('u:') ? { userId: id.slice(2), anonymousId: null } : { userId: null, anonymousId: id.slice(2) },
  )
  return [...(await store.personNumbers(identities))]
}

/** Sorts events by id. */
export const byId = (a: StoredEvent, b: StoredEvent): number => (a.eventId < b.eventId ? -1 : 1)

/** A sealed row as the event that was inserted. */
export const withoutPerson = ({ person: _person, ...event }: NumberedEvent): StoredEvent => event

/** Asserts that two lists hold the same events, in whatever order. */
export function assertSameEvents(actual: readonly StoredEvent[], expected: readonly StoredEvent[]): void {
  // Ids first: where events are missing or doubled, they say so in fewer lines.
  assert.deepEqual(actual.map(({ eventId }) => eventId).sort(), expected.map(({ eventId }) => eventId).sort())
  assert.deepEqual([...actual].sort(byId), [...expected].sort(byId))
}

/** Waits so many milliseconds. */
export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Names a capability that a case's runner promised. */
export function given<Opener>(opener: Opener | undefined, name: string): Opener {
  if (opener === undefined) throw new TypeError(`a store with this capability needs ${name} in its context`)
  return opener
}
