import type { EventBatch } from '@analytics/protocol'
import { compareText } from '@analytics/protocol/filter'
import { SERVER_SESSION } from '../../sessions/session.js'
import type { People } from '../../store.js'
import { columnNumbers } from '../column-numbers.js'
import { personSlots } from '../person-slots.js'

/** Says that there is none. */
export const NONE = -1

/** What the matches of the scan are: any event, then these. */
export const PAGE_VIEW = 2
export const DONE = 4
export const CONVERSION = 8

/** Sessions as columns, one place each. */
export interface Sessions {
  /** The person, a number from 0 on. */
  person: Int32Array
  /** Of the first event and the last, UTC milliseconds. */
  start: Float64Array
  end: Float64Array
  pageViews: Uint32Array
  /** Whether the person did anything. */
  isEngaged: Uint8Array
  /** Numbers of pages, or `NONE`. */
  entry: Int32Array
  exit: Int32Array
  exitAt: Float64Array
  entryAt: Float64Array
  conversions: Uint32Array
  value: Float64Array
  /** The next session with the same id, of another person, or `NONE`. */
  next: Int32Array
}

/** Consumes a scan in order of time, the columns `sessionId`, `pageUrl` and `eventValue` among it. */
export interface SessionTable {
  push(batch: EventBatch): void
  count(): number
  columns(): Sessions
  /** The text of a page's number. */
  page(number: number): string
}

const FIRST_CAPACITY = 1024

function emptySessions(capacity: number): Sessions {
  return {
    person: new Int32Array(capacity),
    start: new Float64Array(capacity),
    end: new Float64Array(capacity),
    pageViews: new Uint32Array(capacity),
    isEngaged: new Uint8Array(capacity),
    entry: new Int32Array(capacity),
    exit: new Int32Array(capacity),
    exitAt: new Float64Array(capacity),
    entryAt: new Float64Array(capacity),
    conversions: new Uint32Array(capacity),
    value: new Float64Array(capacity),
    next: new Int32Array(capacity),
  }
}

/**
 * No sessions yet. Memory: about 120 bytes for each, and each page's text once.
 * @param idNumber The number of an id, from 0 on.
 */
export function sessionTable(people: People, idNumber: (id: string) => number): SessionTable {
  const slots = personSlots(people)
  /** By the number of an id, one more than its first session; 0 where there is none. */
  let firsts = new Uint32Array(FIRST_CAPACITY)
  const pages = textNumbers()
  const idNumbers = columnNumbers((value) => (value === SERVER_SESSION ? NONE : idNumber(String(value))))
  const pageNumbers = columnNumbers((value) => (value === null ? NONE : pages.of(String(value))))
  let sessions = emptySessions(0)
  let count = 0

  function grow(): void {
    const larger = emptySessions(Math.max(FIRST_CAPACITY, Math.ceil(count * 1.5)))
    for (const [name, column] of Object.entries(sessions)) larger[name as keyof Sessions].set(column)
    sessions = larger
  }

  function begin(person: number, time: number): number {
    if (count === sessions.start.length) grow()
    sessions.person[count] = person
    sessions.start[count] = time
    sessions.entry[count] = NONE
    sessions.exit[count] = NONE
    sessions.next[count] = NONE
    return count++
  }

  /** The session of a person, which begins with the event where it is not there yet. */
  function sessionOf(id: number, person: number, time: number): number {
    if (id >= firsts.length) {
      const larger = new Uint32Array(id * 2)
      larger.set(firsts)
      firsts = larger
    }
    if (firsts[id] === 0) {
      const session = begin(person, time)
      firsts[id] = session + 1
      return session
    }
    // An id has one person, but for forged ones.
    for (let at = firsts[id]! - 1; ; at = sessions.next[at]!) {
      if (sessions.person[at] === person) return at
      if (sessions.next[at] !== NONE) continue
      const session = begin(person, time)
      sessions.next[at] = session
      return session
    }
  }

  const isBefore = (page: number, other: number): boolean => compareText(pages.text(page), pages.text(other)) < 0

  /** Of page views at one instant, the text decides which comes first: their order is unknown. */
  function view(session: number, page: number, time: number): void {
    const { entry, entryAt, exit, exitAt } = sessions
    const isFirst = entry[session] === NONE || (entryAt[session] === time && isBefore(page, entry[session]!))
    if (isFirst) {
      entry[session] = page
      entryAt[session] = time
    }
    const isTied = exit[session] !== NONE && exitAt[session] === time
    if (isTied && !isBefore(exit[session]!, page)) return
    exit[session] = page
    exitAt[session] = time
  }

  return {
    push({ length, time, person, matches, columns }) {
      idNumbers.open(columns.sessionId)
      pageNumbers.open(columns.pageUrl)
      for (let row = 0; row < length; row++) {
        const id = idNumbers.at(row)
        if (id === NONE) continue
        const slot = slots.find(person[row]!) ?? slots.add(person[row]!)
        const session = sessionOf(id, slot, time[row]!)
        const mask = matches[row]!
        sessions.end[session] = time[row]!
        if (mask & DONE) sessions.isEngaged[session] = 1
        if (mask & PAGE_VIEW) {
          sessions.pageViews[session]!++
          const page = pageNumbers.at(row)
          if (page !== NONE) view(session, page, time[row]!)
        }
        if ((mask & CONVERSION) === 0) continue
        sessions.conversions[session]!++
        const value = columns.eventValue?.at(row)
        if (typeof value === 'number') sessions.value[session]! += value
      }
    },
    count: () => count,
    columns: () => sessions,
    page: pages.text,
  }
}

/** Texts as numbers from 0 on. */
function textNumbers() {
  const numbers = new Map<string, number>()
  const texts: string[] = []
  return {
    of(text: string): number {
      const known = numbers.get(text)
      if (known !== undefined) return known
      numbers.set(text, texts.length)
      return texts.push(text) - 1
    },
    text: (number: number): string => texts[number]!,
  }
}
