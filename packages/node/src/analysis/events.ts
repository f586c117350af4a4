import {
  AnalyticsError,
  type EventPosition,
  type EventRow,
  type EventsQuery,
  type EventsResult,
  type Filter,
  LIMITS,
  type StoredEvent,
} from '@analytics/protocol'
import { z } from 'zod'
import type { HotStore } from '../store.js'
import type { Analysis } from './analysis.js'
import { kindSchema } from './kind-schema.js'
import { eventTypes, text } from './query-schema.js'
import type { TierReader } from './tiers.js'

/** Whole events, page by page. */
export const events: Analysis<EventsQuery> = {
  schema: kindSchema<EventsQuery>('events', {
    userId: text(LIMITS.userId).optional(),
    sessionId: text(LIMITS.sessionId).optional(),
    eventTypes: eventTypes.optional(),
    limit: z.number().int().min(1).max(1000).optional(),
    cursor: text(500).optional(),
    order: z.enum(['asc', 'desc']).optional(),
  }),

  isLight: true,
  namesPeople: true,

  run: (query, { store, reader, signal }) => listEvents(query, store, reader, signal),
}

/** Events of a page unless the query says otherwise. */
const DEFAULT_LIMIT = 100

/** A page of whole events; one more than the page is read, to know whether there is a next one. */
async function listEvents(
  query: EventsQuery,
  store: HotStore,
  reader: TierReader,
  signal: AbortSignal,
): Promise<EventsResult> {
  const { limit = DEFAULT_LIMIT, order = 'desc', cursor } = query
  const conditions = await eventConditions(query, store)
  const found: StoredEvent[] = []
  const batches = reader.readEvents({
    order,
    limit: limit + 1,
    signal,
    ...(conditions.length > 0 ? { where: { and: conditions } } : {}),
    ...(cursor === undefined ? {} : { after: readCursor(cursor) }),
  })
  for await (const batch of batches) found.push(...batch)
  const page = found.slice(0, limit)
  const last = page.at(-1)
  return {
    events: page.map(toRow),
    ...(found.length > limit && last
      ? { nextCursor: writeCursor({ time: last.eventTimestamp, eventId: last.eventId }) }
      : {}),
  }
}

async function eventConditions(query: EventsQuery, store: HotStore): Promise<Filter[]> {
  const { userId, sessionId, eventTypes, where } = query
  return [
    ...(userId === undefined ? [] : [await belongsTo(userId, store)]),
    ...(sessionId === undefined ? [] : [{ property: 'sessionId', op: 'eq', value: sessionId } as const]),
    ...(eventTypes === undefined ? [] : [{ property: 'eventType', op: 'in', value: eventTypes } as const]),
    ...(where === undefined ? [] : [where]),
  ]
}

/** A user's events: the user's own, and those of each anonymous visitor who turned out to be the user. */
async function belongsTo(userId: string, store: HotStore): Promise<Filter> {
  const anonymousIds = await store.anonymousIdsOf(userId)
  return {
    or: [
      { property: 'userId', op: 'eq', value: userId },
      {
        and: [
          { property: 'userId', op: 'notExists' },
          { property: 'anonymousId', op: 'in', value: anonymousIds },
        ],
      },
    ],
  }
}

function toRow(event: StoredEvent): EventRow {
  const text = (ms: number) => new Date(ms).toISOString()
  return {
    ...event,
    eventTimestamp: text(event.eventTimestamp),
    receivedTimestamp: text(event.receivedTimestamp),
    processingTimestamp: text(event.processingTimestamp),
  }
}

function writeCursor({ time, eventId }: EventPosition): string {
  return Buffer.from(JSON.stringify([time, eventId])).toString('base64url')
}

function readCursor(cursor: string): EventPosition {
  try {
    const [time, eventId] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[]
    if (typeof time === 'number' && Number.isFinite(time) && typeof eventId === 'string') return { time, eventId }
  } catch {
    // Refused below, like a cursor of another shape.
  }
  throw new AnalyticsError('invalid_query', 'cursor is not one that an answer gave.', { field: 'cursor' })
}
