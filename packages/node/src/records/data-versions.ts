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
 * Counts the changes of what queries depend on, for a store that this process alone changes. Each change is to be told of once it can be
 * read: told before, a query that read what was there before it would pass for one that read it.
 */
export interface DataVersions {
  /** These events were stored or are gone. */
  changed(events: Iterable<Pick<StoredEvent, 'eventTimestamp'>>): void
  /** Ids were linked: the people behind events may be others. */
  changedPeople(): void
  /** Anything may have changed. */
  changedAll(): void
  /** Names the state of a range, `from` and `to` in UTC milliseconds: as long as it is the same, so are answers about the range. */
  of(range: { from: number; to: number }): string
  /** The number of the last change that the rows of a day may have come to differ by; without a day, of the last change of all. */
  lastChange(day?: Day): number
  /** The records, changes of which count. */
  watched(records: RecordStore): RecordStore
}

/** Nothing has changed yet. */
export function dataVersions(): DataVersions {
  let last = 0
  let ofPeople = 0
  let ofAll = 0
  const ofDays = new Map<Day, number>()
  const changedAll = () => {
    ofAll = ++last
  }
  const watching = <Result>(kind: RecordKind, result: Result): Result => {
    if (!UNREAD.has(kind)) changedAll()
    return result
  }
  return {
    changed(events) {
      last++
      for (const { eventTimestamp } of events) ofDays.set(dayOf(eventTimestamp), last)
    },
    changedPeople() {
      ofPeople = ++last
    },
    changedAll,
    of({ from, to }) {
      let newest = Math.max(ofAll, ofPeople)
      for (const [day, number] of ofDays)
        if (number > newest && dayStart(day) < to && dayStart(day) + DAY_MS > from) newest = number
      return String(newest)
    },
    lastChange: (day) => (day === undefined ? last : Math.max(ofAll, ofDays.get(day) ?? 0)),
    watched: (records) => ({
      get: (kind, key) => records.get(kind, key),
      list: (kind, options) => records.list(kind, options),
      put: async (kind, key, value, expected) => watching(kind, await records.put(kind, key, value, expected)),
      delete: async (kind, key, expected) => watching(kind, await records.delete(kind, key, expected)),
    }),
  }
}
