import {
  DAY_MS,
  type Day,
  type DeadLetter,
  dayOf,
  dayStart,
  type EventBatch,
  FIRST_SEEN_RECORD,
  type NumberedEvent,
  type Scalar,
  type Seal,
  type StoredEvent,
} from '@analytics/protocol'
import { compareText, matchesEvent, matchesFilter, propertyValue } from '@analytics/protocol/filter'
import { type FaultHook, memoryRecords, withFaults } from '@analytics/protocol/testing'
import { ulid } from 'ulid'
import { identityLinks } from '../people/identity-links.js'
import { appendAudit } from '../records/audit.js'
import { dataVersions } from '../records/data-versions.js'
import { recordLeases } from '../records/lease.js'
import { signText } from '../records/signature.js'
import type { DaysRead, HotRead, HotStore, IdentityLink, InsertOutcome } from '../store.js'
import { memoryDerived } from './memory/derived.js'
import { memoryPeople } from './memory/people.js'

/** Options of {@link memoryStore}. */
export interface MemoryStoreOptions {
  /** UTC milliseconds; leases and the audit chain go by it. @default Date.now */
  now?: () => number
  /** Called around each call: throws to make it fail before or after it takes effect. */
  faults?: FaultHook
}

type Row = NumberedEvent & { insertNumber: number }

/** Rows handed out at a time: small, so that tests meet batch boundaries. */
const BATCH_ROWS = 512

/** Keeps everything in memory: the reference that other stores are held to, and a store for tests. */
export function memoryStore(options: MemoryStoreOptions = {}): HotStore {
  const now = options.now ?? Date.now
  const rows = new Map<string, Row>()
  const people = memoryPeople(now)
  const seals = new Map<Day, Seal>()
  const memory = memoryRecords()
  const versions = dataVersions()
  const records = { ...memory, ...versions.watched(memory) }
  // It sees every event from the first on.
  void memory.put('meta', FIRST_SEEN_RECORD, {}, 0)
  const leases = recordLeases(records, now)
  const dictionary = ulid(now())
  let insertNumber = 0

  const derived = memoryDerived(people)

  const isSealed = (row: Row, seal: Seal) =>
    dayOf(row.eventTimestamp) === seal.day && row.insertNumber <= Number(seal.id)
  const visible = ({ except = [] }: HotRead = {}) =>
    [...rows.values()].filter((row) => !except.some((seal) => isSealed(row, seal)))
  const daysOf = ({ except = [], from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY }: DaysRead = {}) => {
    const counts = new Map<Day, number>()
    for (const row of visible({ except })) {
      const day = dayOf(row.eventTimestamp)
      if (dayStart(day) < to && dayStart(day) + DAY_MS > from) counts.set(day, (counts.get(day) ?? 0) + 1)
    }
    return [...counts].map(([day, count]) => ({ day, rows: count })).sort((a, b) => compareText(a.day, b.day))
  }
  const link = (links: readonly IdentityLink[]) => {
    for (const { anonymousId, userId } of links) {
      if (!people.link(anonymousId, userId)) continue
      derived.mark({ person: people.number({ userId: null, anonymousId }) })
      versions.changedPeople()
    }
  }

  const store: HotStore = {
    name: 'memory',
    capabilities: { durable: false, shared: false, wideValues: true },
    records,
    sessions: derived.sessions,
    rollups: derived.rollups(() => [...rows.values()]),
    firstSeen: {
      read: derived.readFirstSeen,
      isWhole: async () => (await records.get('meta', FIRST_SEEN_RECORD)) !== undefined,
    },

    async setup() {},

    async insertEvents(events) {
      // Copied before anything is changed: all of a batch is stored or nothing.
      const copies = structuredClone(events)
      insertNumber++
      const fresh: Row[] = []
      const outcomes = copies.map((event): InsertOutcome => {
        if (rows.has(event.eventId)) return 'duplicate'
        const row = { ...event, person: people.number(event), insertNumber }
        rows.set(event.eventId, row)
        fresh.push(row)
        return 'inserted'
      })
      link(identityLinks(fresh))
      derived.add(fresh)
      versions.changed(fresh)
      return outcomes
    },

    linkIdentities: async (links) => link(links),
    ownerOf: async (anonymousId) => people.ownerOf(anonymousId),
    anonymousIdsOf: async (userId) => people.anonymousIdsOf(userId),
    identitiesOf: async (numbers) => people.identitiesOf(numbers),
    people: async () => people.view(),
    personNumbers: async (identities) => Int32Array.from(identities, people.number),
    knownNumbers: async (identities) => Int32Array.from(identities, people.knownNumber),
    dictionaryId: async () => dictionary,

    async *scan(request) {
      const found: { row: Row; mask: number }[] = []
      for (const row of visible(request)) {
        if (row.eventTimestamp < request.from || row.eventTimestamp >= request.to) continue
        if (request.where && !matchesFilter(row, request.where)) continue
        let mask = 0
        request.matches.forEach((match, i) => {
          if (matchesEvent(row, match)) mask |= 1 << i
        })
        if (mask !== 0) found.push({ row, mask })
      }
      found.sort((a, b) => a.row.eventTimestamp - b.row.eventTimestamp || a.row.person - b.row.person)
      for (let i = 0; i < found.length; i += BATCH_ROWS) {
        request.signal?.throwIfAborted()
        yield toBatch(found.slice(i, i + BATCH_ROWS), request.columns ?? [])
      }
    },

    async *readEvents({
      from,
      to,
      where,
      order = 'asc',
      after,
      limit = Number.POSITIVE_INFINITY,
      signal,
      except = [],
    }) {
      const sign = order === 'asc' ? 1 : -1
      const found = visible({ except })
        .filter((row) => row.eventTimestamp >= from && row.eventTimestamp < to && (!where || matchesFilter(row, where)))
        .sort((a, b) => sign * comparePositions(a.eventTimestamp, a.eventId, b))
        .filter((row) => !after || sign * comparePositions(after.time, after.eventId, row) < 0)
        .slice(0, limit)
      for (let i = 0; i < found.length; i += BATCH_ROWS) {
        signal?.throwIfAborted()
        yield found.slice(i, i + BATCH_ROWS).map((row) => withoutNumbers(row))
      }
    },

    dataVersion: versions.of,
    lastChange: versions.lastChange,
    listDays: async (read) => daysOf(read),
    daysWithRows: async (read) => daysOf(read).map(({ day }) => day),

    async sealDay(day) {
      const standing = seals.get(day)
      if (standing) return standing
      // A number that no insert has, so that each seal has an id of its own.
      const draft = { day, id: String(++insertNumber), rows: 0 }
      const seal = { ...draft, rows: visible().filter((row) => isSealed(row, draft)).length }
      seals.set(day, seal)
      return seal
    },

    async *readSealed(seal, { signal } = {}) {
      const sealed = visible().filter((row) => isSealed(row, seal))
      for (let i = 0; i < sealed.length; i += BATCH_ROWS) {
        signal?.throwIfAborted()
        yield sealed.slice(i, i + BATCH_ROWS).map((row) => ({ ...withoutNumbers(row), person: row.person }))
      }
    },

    async dropSealed(seal) {
      if (seals.get(seal.day)?.id !== seal.id) return { rows: 0 }
      const sealed = visible().filter((row) => isSealed(row, seal))
      for (const row of sealed) rows.delete(row.eventId)
      seals.delete(seal.day)
      return { rows: sealed.length }
    },

    async eraseSubject(subject) {
      const numbers = new Set(people.numbersOf(subject))
      const gone = [...rows.values()].filter(({ person }) => numbers.has(person))
      for (const { eventId } of gone) rows.delete(eventId)
      versions.changedAll()
      for (const [day, seal] of seals)
        seals.set(day, { ...seal, rows: visible().filter((row) => isSealed(row, seal)).length })
      const { userIds, anonymousIds } = subject
      const deadLetters = records.deleteWhere<DeadLetter>('dead-letter', ({ userId, anonymousId }) =>
        userId === null ? anonymousId !== null && anonymousIds.includes(anonymousId) : userIds.includes(userId),
      )
      return { events: gone.length, ...derived.erase(numbers), identities: people.forget(numbers), deadLetters }
    },

    async expireIdentities(before) {
      const used = new Set(derived.people())
      const named = [...rows.values()].flatMap(({ anonymousId }) => anonymousId ?? [])
      for (const person of people.numbersOf({ userIds: [], anonymousIds: named })) used.add(person)
      for (const { person } of rows.values()) used.add(person)
      // A user stays as long as one of the user's visitors does: their events are told apart by it.
      const unused = people.seenBefore(before).filter((person) => !used.has(person) && !people.hasVisitors(person))
      derived.forgetFirstSeen(unused)
      versions.changedAll()
      return { rows: people.forget(unused) }
    },

    async expireDeadLetters(before) {
      return { rows: records.deleteWhere<DeadLetter>('dead-letter', ({ at }) => at < before) }
    },

    acquireLease: leases.acquire,
    releaseLease: leases.release,
    audit: (entry) => appendAudit(records, now, entry),
    sign: (text) => signText(records, text),
    async close() {},
  }
  return withFaults(store, options.faults, ['scan', 'readEvents', 'readSealed'])
}

function comparePositions(time: number, eventId: string, row: StoredEvent): number {
  return time - row.eventTimestamp || compareText(eventId, row.eventId)
}

function withoutNumbers({ person: _person, insertNumber: _insertNumber, ...event }: Row): StoredEvent {
  return structuredClone(event)
}

function toBatch(found: readonly { row: Row; mask: number }[], columns: readonly string[]): EventBatch {
  return {
    length: found.length,
    time: Float64Array.from(found, ({ row }) => row.eventTimestamp),
    person: Int32Array.from(found, ({ row }) => row.person),
    matches: Uint32Array.from(found, ({ mask }) => mask >>> 0),
    columns: Object.fromEntries(
      columns.map((column) => [column, found.map(({ row }): Scalar => propertyValue(row, column))]),
    ),
  }
}
