import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import {
  type AuditEntry,
  DAY_MS,
  type Day,
  dayOf,
  dayStart,
  type EventIdentity,
  type EventPosition,
  type HotDay,
  type Lease,
  type NumberedEvent,
  type Seal,
  type StoredEvent,
} from '@analytics/protocol'
import { compareText, matchesFilter } from '@analytics/protocol/filter'
import { type FaultHook, memoryRecords, withFaults } from '@analytics/protocol/testing'
import type { HotTier } from '../hot-tier.js'

/** Options of {@link memoryHotTier}. */
export interface MemoryHotTierOptions {
  /** Makes calls of the port fail before or after they take effect. */
  faults?: FaultHook
  /** @default Date.now */
  now?: () => number
  /** @default 'memory' */
  dictionaryId?: string
}

/** A hot tier in memory with what tests need beside the port; `insert` and `read` never fail. */
export interface MemoryHotTier extends HotTier {
  /** Stores events; one whose id is there is ignored. */
  insert(events: readonly StoredEvent[]): Promise<void>
  /** Every row outside the seals. */
  read(options?: { except?: readonly Seal[] }): Promise<readonly StoredEvent[]>
  /** What was audited, oldest first. */
  auditLog(): readonly AuditEntry[]
}

interface Row {
  day: Day
  number: number
  event: StoredEvent
}

const BATCH_ROWS = 1000

/** Events in arrays: small, slow and correct, for testing what moves them. */
export function memoryHotTier({
  faults,
  now = Date.now,
  dictionaryId = 'memory',
}: MemoryHotTierOptions = {}): MemoryHotTier {
  const rows: Row[] = []
  const seals = new Map<Day, Seal>()
  const audited: AuditEntry[] = []
  const people = createPeople()
  const { privateKey } = generateKeyPairSync('ed25519')
  let inserted = 0

  const isOf = (row: Row, seal: Seal): boolean => row.day === seal.day && row.number <= Number(seal.id)
  const rowsOutside = (except: readonly Seal[] = []): Row[] =>
    rows.filter((row) => !except.some((seal) => isOf(row, seal)))

  const tier: HotTier = {
    name: 'memory',
    records: memoryRecords(),
    dictionaryId: async () => dictionaryId,
    async listDays({ except, from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY } = {}) {
      const counts = new Map<Day, number>()
      for (const { day } of rowsOutside(except))
        if (dayStart(day) + DAY_MS > from && dayStart(day) < to) counts.set(day, (counts.get(day) ?? 0) + 1)
      return [...counts].map(([day, count]): HotDay => ({ day, rows: count })).sort((a, b) => (a.day < b.day ? -1 : 1))
    },
    async *readEvents({ from, to, where, order = 'asc', after, limit, except }) {
      const sign = order === 'desc' ? -1 : 1
      const place = ({ eventTimestamp, eventId }: StoredEvent) => ({ time: eventTimestamp, eventId })
      const compare = (a: EventPosition, b: EventPosition) =>
        sign * (a.time - b.time || compareText(a.eventId, b.eventId))
      const found = rowsOutside(except)
        .map(({ event }) => event)
        .filter(({ eventTimestamp }) => eventTimestamp >= from && eventTimestamp < to)
        .filter((event) => !where || matchesFilter(event, where))
        .filter((event) => !after || compare(place(event), after) > 0)
        .sort((a, b) => compare(place(a), place(b)))
        .slice(0, limit)
      for (let start = 0; start < found.length; start += BATCH_ROWS) yield found.slice(start, start + BATCH_ROWS)
    },
    async sealDay(day) {
      const standing = seals.get(day)
      if (standing) return standing
      const ofDay = rows.filter((row) => row.day === day)
      const seal = { day, id: String(ofDay.at(-1)?.number ?? 0), rows: ofDay.length }
      if (seal.rows > 0) seals.set(day, seal)
      return seal
    },
    async *readSealed(seal) {
      const sealed = rows.filter((row) => isOf(row, seal))
      for (let start = 0; start < sealed.length; start += BATCH_ROWS) {
        yield sealed
          .slice(start, start + BATCH_ROWS)
          .map(({ event }): NumberedEvent => ({ ...event, person: people.numberOf(event) }))
      }
    },
    async dropSealed(seal) {
      const kept = rows.filter((row) => !isOf(row, seal))
      const dropped = rows.length - kept.length
      rows.splice(0, rows.length, ...kept)
      if (seals.get(seal.day)?.id === seal.id) seals.delete(seal.day)
      return { rows: dropped }
    },
    personNumbers: async (identities) => Int32Array.from(identities, people.numberOf),
    async eraseSubject({ userIds, anonymousIds }) {
      const isTheirs = ({ event: { userId, anonymousId } }: Row): boolean =>
        userId === null ? anonymousId !== null && anonymousIds.includes(anonymousId) : userIds.includes(userId)
      const kept = rows.filter((row) => !isTheirs(row))
      const events = rows.length - kept.length
      rows.splice(0, rows.length, ...kept)
      for (const [day, seal] of seals) seals.set(day, { ...seal, rows: rows.filter((row) => isOf(row, seal)).length })
      return { events }
    },
    ...memoryLeases(now),
    async audit(entry) {
      audited.push(structuredClone(entry))
    },
    async sign(text) {
      const publicKey = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).toString('base64')
      return { algorithm: 'Ed25519', publicKey, value: sign(null, Buffer.from(text), privateKey).toString('base64') }
    },
  }
  return {
    ...withFaults(tier, faults, ['readSealed', 'readEvents']),
    async insert(events) {
      const ids = new Set(rows.map(({ event }) => event.eventId))
      for (const event of events) {
        if (ids.has(event.eventId)) continue
        ids.add(event.eventId)
        rows.push({ day: dayOf(event.eventTimestamp), number: ++inserted, event })
      }
    },
    read: async ({ except } = {}) => rowsOutside(except).map(({ event }) => event),
    auditLog: () => audited,
  }
}

function createPeople(): { numberOf(identity: EventIdentity): number } {
  const numbers = new Map<string, number>()
  return {
    numberOf({ userId, anonymousId }) {
      const key = userId === null ? `a ${anonymousId}` : `u ${userId}`
      const number = numbers.get(key) ?? numbers.size
      numbers.set(key, number)
      return number
    },
  }
}

function memoryLeases(now: () => number): Pick<HotTier, 'acquireLease' | 'releaseLease'> {
  const leases = new Map<string, Lease & { until: number }>()
  return {
    async acquireLease(name, { owner, ttlMs }) {
      const held = leases.get(name)
      const isOwn = held?.owner === owner && held.until > now()
      if (held && held.until > now() && !isOwn) return undefined
      const epoch = isOwn ? held.epoch : (held?.epoch ?? 0) + 1
      leases.set(name, { name, owner, epoch, until: now() + ttlMs })
      return { name, owner, epoch }
    },
    async releaseLease({ name, owner, epoch }) {
      const held = leases.get(name)
      if (held?.owner === owner && held.epoch === epoch) held.until = now()
    },
  }
}
