import type { CohortDefinition, CohortEvents, Filter, StoredEvent } from '@analytics/protocol'
import { durationMs } from '@analytics/protocol'
import { compareText, matchesFilter } from '@analytics/protocol/filter'

/** What is known of everybody, by the name that each person is told apart by. */
export interface CohortHistory {
  events: readonly (StoredEvent & { person: string })[]
  /** The instant of the cohort, UTC milliseconds. */
  at: number
  named: Readonly<Record<string, CohortDefinition>>
}

type Event = CohortHistory['events'][number]

/** Whether a person is in a cohort, by looking at each event for each condition. */
export function isInCohort(person: string, definition: CohortDefinition, history: CohortHistory): boolean {
  const { events, at, named } = history
  const own = events.filter((event) => event.person === person && event.eventTimestamp < at)
  const since = (within: string | undefined) =>
    own.filter(({ eventTimestamp }) => within === undefined || eventTimestamp >= at - durationMs(within)!)
  const again = (part: CohortDefinition) => isInCohort(person, part, history)
  if ('performed' in definition) return isPerformed(definition.performed, since(definition.performed.within))
  if ('notPerformed' in definition) return !isPerformed(definition.notPerformed, since(definition.notPerformed.within))
  if ('firstTime' in definition) {
    const { within, ...events } = definition.firstTime
    const times = own.filter((event) => isOne(events, event)).map(({ eventTimestamp }) => eventTimestamp)
    return times.length > 0 && Math.min(...times) >= at - durationMs(within)!
  }
  if ('sequence' in definition) {
    const { steps, within, window } = definition.sequence
    const windowMs = window === undefined ? Number.POSITIVE_INFINITY : durationMs(window)!
    return isDone(steps, since(within), windowMs)
  }
  if ('traits' in definition) return hasTraits(definition.traits, own)
  if ('people' in definition) return definition.people.includes(person)
  if ('cohort' in definition) return again(named[definition.cohort]!)
  if ('and' in definition) return definition.and.every(again)
  if ('or' in definition) return definition.or.some(again)
  return !again(definition.not)
}

/** Who has an event before the instant. */
export function everybody({ events, at }: CohortHistory): string[] {
  return [...new Set(events.filter(({ eventTimestamp }) => eventTimestamp < at).map(({ person }) => person))]
}

function isOne({ event, where }: Pick<CohortEvents, 'event' | 'where'>, one: Event): boolean {
  const isType = event === '*' || (typeof event === 'string' ? [event] : event).includes(one.eventType)
  return isType && (where === undefined || matchesFilter(one, where))
}

function isPerformed(wanted: CohortEvents, events: readonly Event[]): boolean {
  const { min = 1, max = Number.POSITIVE_INFINITY } = wanted.times ?? {}
  const count = events.filter((event) => isOne(wanted, event)).length
  return count >= min && count <= max
}

/** Whether there are events, one for each step, none before another, within the window: tried from each first one. */
function isDone(
  steps: readonly Pick<CohortEvents, 'event' | 'where'>[],
  events: readonly Event[],
  windowMs: number,
): boolean {
  const isFollowed = (first: Event, from: Event, step: number): boolean =>
    step === steps.length ||
    events.some(
      (next) =>
        isOne(steps[step]!, next) &&
        next.eventTimestamp >= from.eventTimestamp &&
        next.eventTimestamp - first.eventTimestamp <= windowMs &&
        isFollowed(first, next, step + 1),
    )
  return events.some((first) => isOne(steps[0]!, first) && isFollowed(first, first, 1))
}

function hasTraits(filter: Filter, own: readonly Event[]): boolean {
  if ('and' in filter) return filter.and.every((part) => hasTraits(part, own))
  if ('or' in filter) return filter.or.some((part) => hasTraits(part, own))
  if ('not' in filter) return !hasTraits(filter.not, own)
  const known = own
    .filter(({ eventType }) => eventType === 'identify')
    .filter((event) => matchesFilter(event, { property: filter.property, op: 'exists' }))
    .sort((a, b) => a.eventTimestamp - b.eventTimestamp || compareText(a.eventId, b.eventId))
  const latest = known.at(-1)
  return matchesFilter(latest ?? ({ properties: null } as StoredEvent), filter)
}
