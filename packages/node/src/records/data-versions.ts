import {
  DAY_MS,
  type Day,
  dayOf,
  dayStart,
  type RecordKind,
  type RecordStore,
  type StoredEvent,
} from '@analytics/protocol'

/** Records that no query depends on, some of which change all the time. */
const UNREAD: ReadonlySet<RecordKind> = new Set(['lease', 'audit', 'rollup', 'job', 'dead-letter'])

/**
 * Versions of what queries depend on, for a store that this process alone changes: of each day its events, and of all days at once the
 * people, the catalog and the definitions. Each change is to be told of once it can be read: told before, a query that read what
 * was there before it would pass for one that read it.
 */
export interface DataVersions {
  /** These events were stored or are gone. */
  changed(events: Iterable<Pick<StoredEvent, 'eventTimestamp'>>): void
  /** Anything may have changed. */
  changedAll(): void
  /** Names the state of a range, `from` and `to` in UTC milliseconds: as long as it is the same, so are answers about the range. */
  of(range: { from: number; to: number }): string
  /** The records, changes of which count. */
  watched(records: RecordStore): RecordStore
}

/** Nothing has changed yet. */
export function dataVersions(): DataVersions {
  const days = new Map<Day, number>()
  let all = 0
  const changedAll = () => {
    all++
  }
  const watching = <Result>(kind: RecordKind, result: Result): Result => {
    if (!UNREAD.has(kind)) changedAll()
    return result
  }
  return {
    changed(events) {
      const changed = new Set<Day>()
      for (const { eventTimestamp } of events) changed.add(dayOf(eventTimestamp))
      for (const day of changed) days.set(day, (days.get(day) ?? 0) + 1)
    },
    changedAll,
    of({ from, to }) {
      let changes = 0
      for (const [day, count] of days) if (dayStart(day) < to && dayStart(day) + DAY_MS > from) changes += count
      return `${all}/${changes}`
    },
    watched: (records) => ({
      get: (kind, key) => records.get(kind, key),
      list: (kind, options) => records.list(kind, options),
      put: async (kind, key, value, expected) => watching(kind, await records.put(kind, key, value, expected)),
      delete: async (kind, key, expected) => watching(kind, await records.delete(kind, key, expected)),
    }),
  }
}
