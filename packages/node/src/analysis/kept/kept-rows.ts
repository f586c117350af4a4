import { setImmediate } from 'node:timers/promises'
import { DAY_MS, type Day, dayOf, dayStart, type EventBatch, type ScanRequest } from '@analytics/protocol'
import { batchesOf, collectDays, type DayRead, type DayRows } from './day-rows.js'
import { bytesOfDay, joinDays, type KeptDay, keptDays, type LastChange } from './kept-days.js'
import { hashOf, keptParts } from './kept-parts.js'

/**
 * Instants and people of the events that scans have read lately, by day and by what was asked for: a question that is asked again, or
 * shares steps with one before, then reads only those days that have changed.
 */
export interface KeptRows {
  /** Of a scan; undefined where its rows can't be kept: those with columns, or with intervals that are longer than a day. */
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
  lastChange: LastChange
}

/** One scan over what is kept. */
export interface KeptScan {
  /** What sources are to be asked for, so that each row is of one day. */
  request: KeptRequest
  /** Whether all of a day is kept; it stays so for this scan. */
  has(day: Day): boolean
  /** The rows of days that are kept, within the range. */
  read(days: readonly Day[]): AsyncGenerator<EventBatch>
  /** Passes on the rows of some days, in order of time, and keeps those of whole days. */
  keep(days: readonly Day[], rows: AsyncIterable<EventBatch>): AsyncGenerator<EventBatch>
}

/** Keeps the rows of the days that were used last, up to so many bytes. */
export function keptRows(maxBytes: number): KeptRows {
  const days = keptDays(maxBytes)

  function scanOf(request: KeptRequest, { tiers, from, to, asOf, lastChange }: KeptScope): KeptScan {
    const { matches, where, intervals, signal } = request
    const parts = keptParts(matches)
    const keyOf = keysOfDays({ tiers, where, matches: parts.shared }, intervals)
    const isWhole = (day: Day): boolean => dayStart(day) >= from && dayStart(day) + DAY_MS <= to
    const found = new Map<Day, KeptDay>()
    // What comes first stays: a scan of more than there is room for would else push out what it needs next time.
    let room = maxBytes

    function keepDay(day: Day, rows: DayRows): boolean {
      const made = { ...rows, day, parts: parts.keys(), asOf }
      const before = days.find(keyOf(day), lastChange)
      const joined = before ? joinDays(made, before) : made
      const kept = bytesOfDay(joined) <= room ? joined : made
      room -= bytesOfDay(kept)
      if (room >= 0) days.add(keyOf(day), kept)
      return room >= 0
    }

    function* readsOf(asked: readonly Day[]): Generator<DayRead> {
      for (const day of asked) {
        const rows = found.get(day)!
        yield { day, rows, masks: Uint32Array.from(rows.parts, parts.matchesOf) }
      }
    }

    return {
      request,
      has(day) {
        // What stands for several events can't be divided.
        const kept = intervals && !isWhole(day) ? undefined : days.find(keyOf(day), lastChange)
        if (!kept || !parts.isWhole(kept.parts)) return false
        found.set(day, kept)
        room -= bytesOfDay(kept)
        return true
      },
      async *read(asked) {
        for (const batch of batchesOf(readsOf(asked), { from, to })) {
          yield batch
          // Nothing is waited for: others in the process have their turn.
          await setImmediate()
          signal?.throwIfAborted()
        }
      },
      async *keep(asked, rows) {
        const collected = collectDays(asked.filter(isWhole), parts.partOf, keepDay)
        for await (const batch of rows) {
          collected.add(batch)
          yield batch
        }
        collected.end()
      },
    }
  }

  return {
    of(request, scope) {
      days.forgetChanged(scope.lastChange)
      if (maxBytes === 0 || (request.columns ?? []).length > 0) return undefined
      if (!request.intervals) return scanOf(request, scope)
      const intervals = withinDays(request.intervals, scope)
      return intervals && scanOf({ ...request, intervals }, scope)
    },
  }
}

/** A day has up to 25 hours where clocks are put back. */
const LONGEST_DAY_MS = 25 * 3_600_000

/** The intervals of a range cut where UTC days begin; undefined where they are longer: there are far fewer rows then if days are joined. */
function withinDays(intervals: Float64Array, { from, to }: Pick<KeptScope, 'from' | 'to'>): Float64Array | undefined {
  const starts = [from, ...intervals.filter((start) => start > from && start < to), to]
  if (starts.some((start, i) => i > 0 && start - starts[i - 1]! > LONGEST_DAY_MS)) return undefined
  const days: number[] = []
  for (let start = dayStart(dayOf(from)) + DAY_MS; start < to; start += DAY_MS) days.push(start)
  return Float64Array.from(new Set([...intervals, ...days])).sort()
}

/** Names what is kept of each day for scans that differ in nothing else. */
function keysOfDays(asked: object, intervals: Float64Array | undefined): (day: Day) => string {
  const starts = new Map<Day, number[]>()
  for (const start of intervals ?? []) {
    const day = dayOf(start)
    const within = starts.get(day) ?? []
    starts.set(day, within)
    if (start > dayStart(day)) within.push(start - dayStart(day))
  }
  const shared = hashOf({ ...asked, hasIntervals: intervals !== undefined })
  return (day) => {
    const within = starts.get(day) ?? []
    return `${day} ${shared}${within.length > 0 ? hashOf(within) : ''}`
  }
}
