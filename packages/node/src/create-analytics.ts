import {
  AnalyticsError,
  type EventStatus,
  parseEvent,
  type Query,
  type QueryAnswer,
  type RealtimeSummary,
  type WireEvent,
} from '@analytics/protocol'
import { parseQuery } from './analysis/parse-query.js'
import { type QueryOptions, queryEngine } from './analysis/query.js'
import { realtime } from './analysis/realtime.js'
import { gatekeeper } from './http/auth.js'
import { createHandler, type Handler } from './http/handler.js'
import { idFactory } from './ids.js'
import { type ImportEvent, type ImportOptions, type ImportResult, importEvents } from './import.js'
import { clientReader, NO_CLIENT } from './ingest/client.js'
import { ingestPipeline } from './ingest/pipeline.js'
import { schemaRegistry } from './ingest/schema-registry.js'
import { type AnalyticsOptions, resolveAnalyticsOptions } from './options.js'

/** An event that the server tracks itself. */
export type ServerEvent = Omit<WireEvent, 'eventId' | 'sessionId' | 'timestamp'> & {
  /** Given again, the event is stored once. @default a new ULID */
  eventId?: string
  /** @default 'server' */
  sessionId?: string
  /** @default now */
  timestamp?: string
}

/** One data set: handler, queries and imports over one store. */
export interface Analytics {
  /** Answers requests below the mount point; `@analytics/node/express` and `/fastify` mount it. */
  handler: Handler
  /**
   * Stores an event of the server's own; resolves when it is durable.
   * @throws AnalyticsError with the code of what is wrong with it, or `overloaded` or `store_unavailable`.
   */
  track(event: ServerEvent): Promise<{ eventId: string; status: EventStatus }>
  /** Asks a question over every tier. @throws AnalyticsError `invalid_query`, `archived`, `query_timeout`, `aborted`. */
  query<const Q extends Query>(query: Q, options?: QueryOptions): Promise<QueryAnswer<Q>>
  /** What is going on now, from what this process stored. */
  realtime(): RealtimeSummary
  /**
   * Stores trusted events, keeping their times, however old: for backfill and tests. An id that the hot store has is a
   * duplicate; one whose day has moved to object storage already is not known there any more.
   */
  import(events: Iterable<ImportEvent> | AsyncIterable<ImportEvent>, options?: ImportOptions): Promise<ImportResult>
  /** Takes nothing more, stores what was taken, and closes the queue and the store. Done twice, it does nothing more. */
  close(): Promise<void>
}

/**
 * Opens a data set: makes or checks the tables, and resolves when events can be stored. It installs no signal handler and
 * keeps no process alive.
 * @throws AnalyticsError `invalid_options`, `store_locked`, `schema_mismatch`, `store_unavailable`.
 * @example
 * const analytics = await createAnalytics({ store: duckdbStore({ path: './analytics.duckdb' }), keys: [{ key: 'wk_…', scope: 'write' }] })
 * app.use('/analytics', expressHandler(analytics))
 */
export async function createAnalytics(options: AnalyticsOptions): Promise<Analytics> {
  const {
    store,
    cold,
    queue,
    events,
    keys,
    authorize,
    identify,
    listeners,
    schema,
    trustProxy,
    ipPrivacy,
    logger,
    now,
  } = resolveAnalyticsOptions(options)
  await store.setup(schema)
  const live = realtime(now)
  const newId = idFactory()
  const registry = schemaRegistry(events)
  const pipeline = ingestPipeline({ store, queue, registry, listeners: [live.record, ...listeners], logger, now })
  const engine = queryEngine({ store, cold, now })
  const handler = createHandler({
    pipeline,
    engine,
    store,
    queue,
    cold,
    gatekeeper: gatekeeper(keys, authorize),
    identify,
    clientFacts: clientReader(ipPrivacy),
    trustProxy,
    realtime: live.summary,
    logger,
    now,
  })
  let closing: Promise<void> | undefined

  return {
    handler,
    query: (query, queryOptions) => engine.run(parseQuery(query) as typeof query, queryOptions),
    realtime: live.summary,
    import: (source, importOptions) => importEvents({ pipeline, now, newId }, source, importOptions),

    async track(event) {
      const receivedAt = now()
      const timestamp = event.timestamp ?? new Date(receivedAt).toISOString()
      const parsed = parseEvent({
        sessionId: 'server',
        ...event,
        timestamp,
        eventId: event.eventId ?? newId(receivedAt),
      })
      const { results, duplicates } = await pipeline.accept(
        { sentAt: undefined, events: [parsed] },
        { receivedAt, sentAt: undefined, client: NO_CLIENT },
      )
      const refused = results?.[0]
      if (refused?.code)
        throw new AnalyticsError(
          refused.code,
          refused.message,
          refused.field === undefined ? {} : { field: refused.field },
        )
      return { eventId: parsed.ok ? parsed.event.eventId : '', status: duplicates > 0 ? 'duplicate' : 'accepted' }
    },

    close() {
      closing ??= queue.close().then(() => store.close())
      return closing
    },
  }
}
