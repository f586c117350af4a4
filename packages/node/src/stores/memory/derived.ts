import type { NumberedEvent } from '@analytics/protocol'
import { ulid } from 'ulid'
import { type PersonMetrics, recount } from '../../rollups/recount.js'
import { bucketEnd, bucketOf, GRAINS, type Grain, type RollupBucket, type UserMetrics } from '../../rollups/rollup.js'
import { mergeSessions, type StoredSession, sessionKey, sessionsOf } from '../../sessions/session.js'
import type { ErasedRows, FirstSeenStore, RollupStore, SessionStore } from '../../store.js'
import type { MemoryPeople } from './people.js'

type Mark = { hour: number } | { person: number }

/** What follows from events, in memory: sessions, metrics, first times, and marks of what changed. */
export interface MemoryDerived {
  sessions: SessionStore
  rollups(rows: () => readonly NumberedEvent[]): RollupStore
  readFirstSeen: FirstSeenStore['read']
  mark(one: Mark): void
  /** Takes in what new events bring. */
  add(events: readonly NumberedEvent[]): void
  /** Numbers that a session or a row of metrics has. */
  people(): number[]
  erase(numbers: ReadonlySet<number>): Pick<ErasedRows, 'sessions' | 'metrics'>
  /** Forgets when these numbers first did what. */
  forgetFirstSeen(numbers: Iterable<number>): void
}

/** The derived tables of one store. */
export function memoryDerived(people: MemoryPeople): MemoryDerived {
  const sessions = new Map<string, StoredSession>()
  const metrics = new Map<string, PersonMetrics[]>()
  const marks = new Map<string, Mark>()
  /** By number, then by type of event. */
  const firstSeen = new Map<number, Map<string, number>>()
  const mark = (one: Mark) => marks.set(ulid(), one)
  const keyOf = ({ grain, start }: RollupBucket) => `${grain}/${start}`
  const bucketsOf = (grain: Grain): RollupBucket[] =>
    [...metrics.keys()]
      .filter((key) => key.startsWith(`${grain}/`))
      .map((key) => ({ grain, start: Number(key.slice(grain.length + 1)) }))
      .sort((a, b) => a.start - b.start)

  const sessionStore: SessionStore = {
    async *read({ from, to, people: wanted, signal }) {
      signal?.throwIfAborted()
      yield [...sessions.values()]
        .filter(({ startedAt, person }) => startedAt >= from && startedAt < to && (wanted?.includes(person) ?? true))
        .sort((a, b) => a.startedAt - b.startedAt || (sessionKey(a) < sessionKey(b) ? -1 : 1))
        .map((session) => structuredClone(session))
    },
    async expire(before) {
      const gone = [...sessions].filter(([, { endedAt }]) => endedAt < before)
      for (const [key] of gone) sessions.delete(key)
      return { rows: gone.length }
    },
  }

  const rollupStore = (rows: () => readonly NumberedEvent[]): RollupStore => ({
    async marks(limit) {
      const some = [...marks].slice(0, limit)
      return {
        hours: [...new Set(some.flatMap(([, one]) => ('hour' in one ? one.hour : [])))],
        people: [...new Set(some.flatMap(([, one]) => ('person' in one ? one.person : [])))],
        ids: some.map(([id]) => id),
      }
    },
    async clearMarks({ ids }) {
      for (const id of ids) marks.delete(id)
    },
    async compute(bucket) {
      const { canonical } = people.view()
      const counting = recount(bucket.start)
      for (const row of rows()) {
        if (row.eventTimestamp < bucket.start || row.eventTimestamp >= bucketEnd(bucket)) continue
        counting.add({ ...row, person: canonical[row.person]! })
      }
      metrics.set(keyOf(bucket), counting.rows())
      return { people: metrics.get(keyOf(bucket))!.length }
    },
    async replace(bucket, found) {
      metrics.set(keyOf(bucket), structuredClone([...found]))
    },
    async *read({ grain, from, to, people: wanted }) {
      for (const bucket of bucketsOf(grain)) {
        if (bucket.start < from || bucket.start >= to) continue
        yield metrics
          .get(keyOf(bucket))!
          .filter(({ person }) => wanted?.includes(person) ?? true)
          .map((row): UserMetrics => ({ ...structuredClone(row), ...people.idOf(row.person) }))
      }
    },
    bucketsOf: async (wanted) =>
      GRAINS.flatMap(bucketsOf).filter((bucket) =>
        metrics.get(keyOf(bucket))!.some((row) => wanted.includes(row.person)),
      ),
    async expire(grain, before) {
      const gone = bucketsOf(grain).filter((bucket) => bucketEnd(bucket) <= before)
      const count = gone.reduce((sum, bucket) => sum + metrics.get(keyOf(bucket))!.length, 0)
      for (const bucket of gone) metrics.delete(keyOf(bucket))
      return { rows: count }
    },
  })

  const forgetFirstSeen = (numbers: Iterable<number>) => {
    for (const number of numbers) firstSeen.delete(number)
  }

  return {
    sessions: sessionStore,
    rollups: rollupStore,
    mark,
    forgetFirstSeen,

    async *readFirstSeen({ eventTypes, signal } = {}) {
      signal?.throwIfAborted()
      const found = [...firstSeen].flatMap(([person, times]) => {
        const own = eventTypes ? eventTypes.flatMap((type) => times.get(type) ?? []) : [...times.values()]
        return own.length > 0 ? [{ person, time: Math.min(...own) }] : []
      })
      const person = Int32Array.from(found, (one) => one.person)
      yield { length: found.length, person, time: Float64Array.from(found, (one) => one.time) }
    },

    /** What new events bring. */
    add(events: readonly NumberedEvent[]) {
      for (const part of sessionsOf(
        events,
        Int32Array.from(events, ({ person }) => person),
      )) {
        const known = sessions.get(sessionKey(part))
        sessions.set(sessionKey(part), known ? mergeSessions(known, part) : part)
      }
      for (const hour of new Set(events.map(({ eventTimestamp }) => bucketOf('hour', eventTimestamp).start)))
        mark({ hour })
      for (const { person, eventType, eventTimestamp } of events) {
        const times = firstSeen.get(person) ?? new Map<string, number>()
        firstSeen.set(person, times.set(eventType, Math.min(times.get(eventType) ?? eventTimestamp, eventTimestamp)))
      }
    },

    /** Numbers that a session or a row of metrics has. */
    people: (): number[] => [
      ...[...sessions.values()].map(({ person }) => person),
      ...[...metrics.values()].flatMap((rows) => rows.map(({ person }) => person)),
    ],

    erase(numbers: ReadonlySet<number>): Pick<ErasedRows, 'sessions' | 'metrics'> {
      const before = { sessions: sessions.size, metrics: 0 }
      forgetFirstSeen(numbers)
      for (const [key, { person }] of sessions) if (numbers.has(person)) sessions.delete(key)
      for (const [key, rows] of metrics) {
        const kept = rows.filter(({ person }) => !numbers.has(person))
        before.metrics += rows.length - kept.length
        metrics.set(key, kept)
      }
      return { sessions: before.sessions - sessions.size, metrics: before.metrics }
    },
  }
}
