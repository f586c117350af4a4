import type { CohortDefinition, EventsRequest, StoredEvent } from '@analytics/protocol'
import type { HotStore, People } from '../../store.js'
import { keepRows } from '../batch-rows.js'
import { isIn, type PeopleSet } from '../people-set.js'
import { personOf } from '../person-slots.js'
import type { TierReader } from '../tiers.js'
import { type CohortOptions, openCohort } from './open-cohort.js'

/** Whose events are read. */
interface CohortReaderOptions {
  cohort: PeopleSet
  people: People
  store: Pick<HotStore, 'knownNumbers'>
}

/** What reads of a query, and whom. */
export interface QueryReader {
  reader: TierReader
  cohort: PeopleSet | undefined
}

/**
 * Opens what must be read beside `reader` to know who is in the cohort of a query, if it has one, and resolves to what reads it.
 * @throws AnalyticsError `invalid_query` where there is no such cohort; what opening throws.
 */
export async function readerOf(
  cohort: string | CohortDefinition | undefined,
  { reader, ...options }: Omit<CohortOptions, 'people'> & { reader: TierReader },
): Promise<() => Promise<QueryReader>> {
  if (cohort === undefined) return async () => ({ reader, cohort: undefined })
  const { store } = options
  const people = await store.people()
  const read = await openCohort(cohort, { ...options, people })
  return async () => {
    const found = await read()
    return { reader: cohortReader(reader, { cohort: found, people, store }), cohort: found }
  }
}

/** By how much each page of whole events is larger than the one before: nobody knows how many of its events are of the cohort. */
const GROWTH = 4

/** Reads events of the people of a cohort alone. */
function cohortReader(reader: TierReader, { cohort, people, store }: CohortReaderOptions): TierReader {
  const isKept = (id: number): boolean => (id < 0 ? cohort.isRest : isIn(cohort, personOf(people, id)))

  const theirs = async (events: readonly StoredEvent[]): Promise<readonly StoredEvent[]> => {
    const numbers = await store.knownNumbers(events)
    return events.filter((_, i) => isKept(numbers[i]!))
  }

  return {
    ...reader,

    async *scan(request) {
      for await (const batch of reader.scan(request)) {
        const kept = keepRows(batch, (row) => isKept(batch.person[row]!))
        if (kept.length > 0) yield kept
      }
    },

    async *readEvents({ limit = Number.POSITIVE_INFINITY, ...request }) {
      let left = limit
      for await (const events of pages(reader, request, limit)) {
        const kept = (await theirs(events)).slice(0, left)
        if (kept.length > 0) yield kept
        left -= kept.length
        if (left <= 0) return
      }
    },
  }
}

/** All events that are asked for, in pages, the first of which is as long as the whole would be without a cohort. */
async function* pages(
  reader: TierReader,
  request: Omit<EventsRequest, 'from' | 'to' | 'limit'>,
  firstLimit: number,
): AsyncGenerator<readonly StoredEvent[]> {
  let { after } = request
  for (let limit = firstLimit; ; limit *= GROWTH) {
    let read = 0
    const page = { ...request, ...(after ? { after } : {}), ...(Number.isFinite(limit) ? { limit } : {}) }
    for await (const events of reader.readEvents(page)) {
      read += events.length
      yield events
      const last = events.at(-1)
      if (last) after = { time: last.eventTimestamp, eventId: last.eventId }
    }
    if (read < limit) return
  }
}
