import type { Day } from '@analytics/protocol'
import { bytesOfRows, type DayRows, joinRows } from './day-rows.js'
import { MOST_PARTS } from './kept-parts.js'

/** About what a day takes beside its rows. */
const DAY_BYTES = 1000

/** What is kept of a day. */
export interface KeptDay extends DayRows {
  day: Day
  /** The keys of its parts, by their numbers. */
  parts: readonly string[]
  /** Number of the last change that was there to be read. */
  asOf: number
}

/** Number of the last change of a day. */
export type LastChange = (day: Day) => number

/** Days that were used lately. */
export interface KeptDays {
  /** The day, unless it has changed. */
  find(key: string, lastChange: LastChange): KeptDay | undefined
  add(key: string, day: KeptDay): void
  /** Forgets days that have changed: nobody asks for them any more, and what they hold may have been erased. */
  forgetChanged(lastChange: LastChange): void
}

/** Keeps the days that were used last, up to so many bytes. */
export function keptDays(maxBytes: number): KeptDays {
  const days = new Map<string, KeptDay>()
  let size = 0

  function remove(key: string): KeptDay | undefined {
    const day = days.get(key)
    if (day) size -= bytesOfDay(day)
    days.delete(key)
    return day
  }

  function add(key: string, day: KeptDay): void {
    remove(key)
    // The newest is last.
    days.set(key, day)
    size += bytesOfDay(day)
    for (const oldest of days.keys()) {
      if (size <= maxBytes) return
      remove(oldest)
    }
  }

  return {
    add,
    find(key, lastChange) {
      const day = remove(key)
      if (!day || day.asOf < lastChange(day.day)) return undefined
      add(key, day)
      return day
    },
    forgetChanged(lastChange) {
      for (const [key, { day, asOf }] of days) if (asOf < lastChange(day)) remove(key)
    },
  }
}

/** What a day takes. */
export const bytesOfDay = (day: KeptDay): number => bytesOfRows(day) + DAY_BYTES

/** A day with the parts that it lacks of an earlier one, since when nothing has changed. */
export function joinDays(day: KeptDay, before: KeptDay): KeptDay {
  const others = before.parts.filter((key) => !day.parts.includes(key))
  if (others.length === 0 || day.parts.length + others.length > MOST_PARTS) return day
  const numbers = Int16Array.from(before.parts, (key) =>
    others.includes(key) ? day.parts.length + others.indexOf(key) : -1,
  )
  return { ...day, ...joinRows(day, before, numbers), parts: [...day.parts, ...others] }
}
