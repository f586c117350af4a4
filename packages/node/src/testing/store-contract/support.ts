import {
  dayStart,
  type EventBatch,
  type Filter,
  type NumberedEvent,
  type ScanRequest,
  type StoredEvent,
} from '@analytics/protocol'
import type { HotRead, HotStore } from '../../store.js'

/** What a store's test gives the contract: an empty store, set up, and its end. */
export interface StoreContext {
  store: HotStore
  /** Closes the store and opens the same data again; only for stores that are durable. */
  reopen?: () => Promise<HotStore>
}

/** All of time. */
export const ALWAYS: { from: number; to: number } = { from: 0, to: dayStart('2100-01-01') }

/** All items of a stream of batches. */
export async function collect<Item>(batches: AsyncIterable<readonly Item[]>): Promise<Item[]> {
  const items: Item[] = []
  for await (const batch of batches) items.push(...batch)
  return items
}

/** One row of a scan. */
export type ScannedRow = { time: number; person: number; matches: number; columns: Record<string, unknown> }

/** All rows of a scan; of everything, where the request says nothing else. */
export async function scanRows(store: HotStore, request: Partial<ScanRequest> & HotRead = {}): Promise<ScannedRow[]> {
  const rows: ScannedRow[] = []
  for await (const batch of store.scan({ ...ALWAYS, matches: [{}], ...request })) rows.push(...batchRows(batch))
  return rows
}

function batchRows({ length, time, person, matches, columns }: EventBatch): ScannedRow[] {
  return Array.from({ length }, (_, i) => ({
    time: time[i]!,
    person: person[i]!,
    matches: matches[i]!,
    columns: Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, values[i]])),
  }))
}

/** Sorts events by id. */
export const byId = (a: StoredEvent, b: StoredEvent): number => (a.eventId < b.eventId ? -1 : 1)
/** A sealed row as the event that was inserted. */
export const withoutPerson = ({ person: _person, ...event }: NumberedEvent): StoredEvent => event

/** Filters of every operator and type, over columns and properties. */
export const SAMPLE_FILTERS: readonly Filter[] = [
  { property: 'eventType', op: 'eq', value: 'click' },
  { property: 'eventType', op: 'neq', value: 'click' },
  { property: 'eventValue', op: 'gt', value: 10 },
  { property: 'eventValue', op: 'lte', value: 5.25 },
  { property: 'eventValue', op: 'notExists' },
  { property: 'eventValue', op: 'eq', value: '5' },
  { property: 'pageUrl', op: 'contains', value: '/p/' },
  { property: 'pageUrl', op: 'neq', value: 'x' },
  { property: 'userId', op: 'in', value: ['user-0', 'user-2', 7] },
  { property: 'userId', op: 'notIn', value: ['user-0'] },
  { property: 'eventTimestamp', op: 'gte', value: '2026-01-11T06:00:00.000Z' },
  { property: 'properties.plan', op: 'eq', value: 'pro' },
  { property: 'properties.plan', op: 'gt', value: 'g' },
  { property: 'properties.amount', op: 'gte', value: 25 },
  { property: 'properties.amount', op: 'eq', value: '4' },
  { property: 'properties.nested.deep', op: 'eq', value: true },
  { property: 'properties.nested', op: 'exists' },
  { property: 'properties.missing.deep', op: 'notExists' },
  { not: { property: 'properties.plan', op: 'eq', value: 'pro' } },
  { and: [] },
  { or: [] },
  {
    or: [
      { property: 'eventType', op: 'eq', value: 'signup' },
      { and: [{ property: 'properties.amount', op: 'lt', value: 10 }, { not: { property: 'userId', op: 'exists' } }] },
    ],
  },
]
