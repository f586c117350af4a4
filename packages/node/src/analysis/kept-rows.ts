import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { canonicalJson, DAY_MS, type Day, dayStart, type EventBatch, type ScanRequest } from '@analytics/protocol'
import { batchesOf, collectDays, type DayRead, type DayRows, joinRows, MOST_PARTS, ROW_BYTES } from './day-rows.js'

/** About what a day takes beside its rows. */
const DAY_BYTES = 1000

/** What is kept of a day. */
interface KeptDay extends DayRows {
  day: Day
  /** The keys of its parts, by their numbers. */
  parts: readonly string[]
  /** Number of the last change that was there to be read. */
  asOf: number
}

/**
 * Instants and people of the events that scans have read lately, by day and by what was asked for: a question that is asked again, or
 * shares steps with one before, then reads only those days that have changed.
 */
export interface KeptRows {
  /** Of a scan; undefined where its rows can't be kept. `scope` names what else decides which rows it gives. */
  of(request: KeptRequest, scope: KeptScope): KeptScan | undefined
}

type KeptRequest = Omit<ScanRequest, 'from' | 'to'>

/** What decides what a day's rows are. */
export interface KeptScope {
  /** Tiers that are read. */
  tiers: string
  /** Instants that are read, UTC milliseconds; of days that lie in them in part, rows are not kept. */
  from: number
  to: number
  /** Number of the last change before reading began. */
  asOf: number
  /** Number of the last change of a day. */
  lastChange(day: Day): number
}

/** One scan over what is kept. */
export interface KeptScan {
  /** Whether all of a day is kept; it stays so for this scan. */
  has(day: Day): boolean
  /** The rows of days that are kept, within the range. */
  read(days: readonly Day[]): AsyncGenerator<EventBatch>
  /** Passes on the rows of some days, in order of time, and keeps those of whole days. */
  keep(days: readonly Day[], rows: AsyncIterable<EventBatch>): AsyncGenerator<EventBatch>
}

/** Keeps the days that were used last, up to so many bytes. */
export function keptRows(maxBytes: number): KeptRows {
  const days = new Map<string, KeptDay>()
  let size = 0

  function remove(key: string): KeptDay | undefined {
    const day = days.get(key)
    if (day) size -= bytesOf(day)
    days.delete(key)
    return day
  }

  function add(key: string, day: KeptDay): void {
    remove(key)
    // The newest is last.
    days.set(key, day)
    size += bytesOf(day)
    for (const oldest of days.keys()) {
      if (size <= maxBytes) return
      remove(oldest)
    }
  }

  /** Days that have changed are not asked for any more; what they hold may have been erased. */
  function forgetChanged(lastChange: (day: Day) => number): void {
    for (const [key, { day, asOf }] of days) if (asOf < lastChange(day)) remove(key)
  }

  /** The day, unless it has changed. */
  function find(key: string, lastChange: number): KeptDay | undefined {
    const day = remove(key)
    if (!day || day.asOf < lastChange) return undefined
    add(key, day)
    return day
  }

  return {
    of(request, scope) {
      forgetChanged(scope.lastChange)
      const parts = partsOf(request)
      if (maxBytes === 0 || !parts) return undefined
      const keys = parts.map(({ key }) => key)
      const maskOf = new Map(parts.map(({ key, mask }) => [key, mask]))
      const same = hashOf({ tiers: scope.tiers, where: request.where })
      const keyOfDay = (day: Day): string => `${day} ${same}`
      const found = new Map<Day, KeptDay>()
      // What comes first stays: a scan of more than there is room for would else push out what it needs next time.
      let room = maxBytes
      const isWhole = (day: Day): boolean => dayStart(day) >= scope.from && dayStart(day) + DAY_MS <= scope.to

      function keepDay(day: Day, rows: DayRows): boolean {
        const made = { ...rows, day, parts: keys, asOf: scope.asOf }
        const before = find(keyOfDay(day), scope.lastChange(day))
        const joined = before ? joinDays(made, before) : made
        const kept = bytesOf(joined) <= room ? joined : made
        room -= bytesOf(kept)
        if (room >= 0) add(keyOfDay(day), kept)
        return room >= 0
      }

      function* kept(asked: readonly Day[]): Generator<DayRead> {
        for (const day of asked) {
          const rows = found.get(day)!
          yield { day, rows, masks: Uint32Array.from(rows.parts, (key) => maskOf.get(key) ?? 0) }
        }
      }

      return {
        has(day) {
          const rows = find(keyOfDay(day), scope.lastChange(day))
          if (!rows || !keys.every((key) => rows.parts.includes(key))) return false
          found.set(day, rows)
          room -= bytesOf(rows)
          return true
        },
        async *read(asked) {
          for (const batch of batchesOf(kept(asked), scope)) {
            yield batch
            // Nothing is waited for: others in the process have their turn.
            await setImmediate()
            request.signal?.throwIfAborted()
          }
        },
        async *keep(asked, rows) {
          const masks = parts.map(({ mask }) => mask)
          const collected = collectDays(asked.filter(isWhole), masks, keepDay)
          for await (const batch of rows) {
            collected.add(batch)
            yield batch
          }
          collected.end()
        },
      }
    },
  }
}

const bytesOf = ({ time }: DayRows): number => time.length * ROW_BYTES + DAY_BYTES

/** A day with the parts that it lacks of an earlier one, since when nothing has changed. */
function joinDays(day: KeptDay, before: KeptDay): KeptDay {
  const others = before.parts.filter((key) => !day.parts.includes(key))
  if (others.length === 0 || day.parts.length + others.length > MOST_PARTS) return day
  const numbers = Int16Array.from(before.parts, (key) =>
    others.includes(key) ? day.parts.length + others.indexOf(key) : -1,
  )
  return { ...joinRows(day, before, numbers), day: day.day, parts: [...day.parts, ...others], asOf: day.asOf }
}

/** What is kept by itself of a scan: the rows of a match, which all have its bit and those of matches that are the same. */
interface Part {
  key: string
  mask: number
}

/**
 * The parts of a scan, if each of its rows is of one alone: if types tell them apart. Rows with columns, or that may stand for several
 * events, are not kept.
 */
function partsOf({ matches, columns = [], intervals }: KeptRequest): Part[] | undefined {
  if (columns.length > 0 || intervals) return undefined
  const parts = new Map<string, Part & { types: readonly string[] | undefined }>()
  for (const [i, match] of matches.entries()) {
    const key = hashOf(match)
    const { mask = 0 } = parts.get(key) ?? {}
    parts.set(key, { key, mask: mask | (1 << i), types: match.eventTypes })
  }
  const different = [...parts.values()]
  if (different.length === 1) return different
  const types = different.flatMap((part) => (part.types ? [...new Set(part.types)] : undefined))
  const areApart = !types.includes(undefined) && new Set(types).size === types.length
  return areApart ? different : undefined
}

/** Short, however long the condition is. */
const hashOf = (asked: unknown): string => createHash('sha256').update(canonicalJson(asked)).digest('base64')
