import {
  BUILT_IN_EVENTS,
  type ErrorGroup,
  type ErrorsQuery,
  type ErrorsResult,
  type EventBatch,
} from '@analytics/protocol'
import { compareText } from '@analytics/protocol/filter'
import { z } from 'zod'
import type { People } from '../../store.js'
import { type Analysis, feed, stepMatch, whereOf } from '../analysis.js'
import { kindSchema } from '../kind-schema.js'
import { pairSet } from '../pair-set.js'
import { personOf } from '../person-slots.js'
import { zonedText } from '../time.js'

const DEFAULT_LIMIT = 50
/** Kinds of errors that are told apart: a storm of them must not fill the memory. */
const MAX_GROUPS = 10_000

const FINGERPRINT = 'properties.fingerprint'
const NAME = 'properties.name'
const MESSAGE = 'properties.message'
const SEVERITY = 'properties.severity'
const SESSION = 'sessionId'

/** What went wrong, how often and for how many. */
export const errors: Analysis<ErrorsQuery> = {
  schema: kindSchema<ErrorsQuery>('errors', { limit: z.number().int().min(1).max(1000).optional() }),

  async run(query, context) {
    const machine = errorsMachine(await context.store.people())
    await feed(machine, context, {
      matches: [stepMatch({ event: BUILT_IN_EVENTS.error })],
      columns: [FINGERPRINT, NAME, MESSAGE, SEVERITY, SESSION],
      ...whereOf(query),
    })
    return machine.result({ limit: query.limit ?? DEFAULT_LIMIT, timeZone: context.range.timeZone })
  },
}

/** Consumes a scan of errors in order of time. */
export interface ErrorsMachine {
  push(batch: EventBatch): void
  result(options: { limit: number; timeZone: string }): ErrorsResult
}

interface Group {
  shown: Pick<ErrorGroup, 'fingerprint' | 'name' | 'message' | 'severity'>
  events: number
  users: number
  sessions: number
  /** UTC milliseconds. */
  first: number
  last: number
}

/** The pair of everything. */
const ALL = 0

/** One pass; an error costs a look at a few texts, for there are few beside other events. */
export function errorsMachine(people: People): ErrorsMachine {
  const groups = new Map<string, Group & { number: number }>()
  const total = { events: 0, users: 0, sessions: 0 }
  const sessionNumbers = new Map<string, number>()
  const seenPeople = pairSet()
  const seenSessions = pairSet()

  const numberOf = (session: string): number => {
    const known = sessionNumbers.get(session)
    if (known !== undefined) return known
    sessionNumbers.set(session, sessionNumbers.size)
    return sessionNumbers.size - 1
  }

  return {
    push({ length, time, person, columns }) {
      const text = (column: string, row: number): string | null => {
        const value = columns[column]?.at(row) ?? null
        return value === null ? null : String(value)
      }
      for (let row = 0; row < length; row++) {
        const shown = {
          fingerprint: text(FINGERPRINT, row),
          name: text(NAME, row),
          message: text(MESSAGE, row),
          severity: text(SEVERITY, row),
        }
        const one = { who: personOf(people, person[row]!), session: numberOf(text(SESSION, row) ?? '') }
        total.events++
        if (seenPeople.add(ALL, one.who)) total.users++
        if (seenSessions.add(ALL, one.session)) total.sessions++
        const key = shown.fingerprint ?? JSON.stringify([shown.name, shown.message])
        const group = groups.get(key) ?? begin(groups, key, shown, time[row]!)
        if (!group) continue
        group.events++
        if (seenPeople.add(group.number, one.who)) group.users++
        if (seenSessions.add(group.number, one.session)) group.sessions++
        const isLast = time[row]! > group.last || compareText(shown.message ?? '', group.shown.message ?? '') < 0
        if (isLast) group.shown = shown
        group.last = time[row]!
      }
    },

    result({ limit, timeZone }) {
      const most = [...groups.entries()]
        .sort(([a, x], [b, y]) => y.events - x.events || y.last - x.last || compareText(a, b))
        .slice(0, limit)
      return {
        total,
        groups: most.map(([, { shown, events, users, sessions, first, last }]) => ({
          ...shown,
          events,
          users,
          sessions,
          firstSeen: zonedText(first, timeZone),
          lastSeen: zonedText(last, timeZone),
        })),
      }
    },
  }
}

function begin(
  groups: Map<string, Group & { number: number }>,
  key: string,
  shown: Group['shown'],
  time: number,
): (Group & { number: number }) | undefined {
  if (groups.size === MAX_GROUPS) return undefined
  const group = { number: groups.size + 1, shown, events: 0, users: 0, sessions: 0, first: time, last: time }
  groups.set(key, group)
  return group
}
