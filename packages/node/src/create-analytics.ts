import {
  AnalyticsError,
  type CohortDefinition,
  type EventStatus,
  type Metric,
  parseEvent,
  type Query,
  type QueryAnswer,
  type RealtimeSummary,
  type WireEvent,
} from '@analytics/protocol'
import { parseQuery } from './analysis/parse-query.js'
import { type QueryOptions, queryEngine } from './analysis/query.js'
import { cohortsOf } from './definitions/cohorts.js'
import type { Definitions } from './definitions/definitions.js'
import { metricsOf } from './definitions/metrics.js'
import { gatekeeper } from './http/auth.js'
import { createHandler, type Handler } from './http/handler.js'
import { idFactory } from './ids.js'
import { type ImportOptions, type ImportResult, type ImportSource, importEvents } from './import.js'
import { clientReader, NO_CLIENT } from './ingest/client.js'
import { ingestPipeline } from './ingest/pipeline.js'
import { schemaRegistry } from './ingest/schema-registry.js'
import { jobDefinitions } from './jobs/definitions.js'
import { createJobs, type Jobs } from './jobs/jobs.js'
import { type AnalyticsOptions, resolveAnalyticsOptions } from './options.js'
import { createErasures } from './privacy/erasures.js'
import { type Privacy, privacyOf } from './privacy/privacy.js'
import { suppressionList } from './privacy/suppression.js'
import { SERVER_SESSION } from './sessions/session.js'

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
  /** Asks a question over every tier. @throws AnalyticsError `invalid_query`, `archived`, `restoring`, `query_timeout`, `aborted`. */
  query<const Q extends Query>(query: Q, options?: QueryOptions): Promise<QueryAnswer<Q>>
  /** What is going on now: with the default, from what this process stored. */
  realtime(): Promise<RealtimeSummary>
  /**
   * Stores trusted events, keeping their times, however old: for backfill and tests. An id that the hot store has is a
   * duplicate; one whose day has moved to object storage already is stored, and counts once all the same.
   */
  import(events: ImportSource, options?: ImportOptions): Promise<ImportResult>
  /** Metrics that are stored under a name, each change as a version; trends ask them by it. */
  readonly metrics: Definitions<Metric>
  /** Cohorts that are stored under a name, each change as a version; queries ask for their people by it. */
  readonly cohorts: Definitions<CohortDefinition>
  /** Aggregation, tiering and expiry: run by hand, listed, with their history. */
  readonly jobs: Pick<Jobs, 'run' | 'runDue' | 'list' | 'history'>
  /** What people may ask for. */
  readonly privacy: Privacy
  /** Takes nothing more, stores what was taken, ends jobs, and closes the queue and the store. Done twice, it does nothing more. */
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
    metrics: ownMetrics,
    keys,
    authorize,
    identify,
    listeners,
    realtime,
    schema,
    eventTimes,
    trustProxy,
    ipPrivacy,
    hashKey,
    queries,
    retention,
    jobs: jobsOptions,
    logger,
    now,
  } = resolveAnalyticsOptions(options)
  const newId = idFactory()
  const metrics = await metricsOf({ store, defined: ownMetrics, now })
  const suppression = suppressionList({ records: store.records, hashKey, now })
  const cohorts = cohortsOf({ store, suppression, now })
  const erasures = createErasures({ store, cold, suppression, newId, now })
  const definitions = jobDefinitions({ store, cold, retention, erasures })
  const jobs = createJobs({ store, definitions, options: jobsOptions, logger, now })
  await store.setup(schema)
  const registry = schemaRegistry(events)
  const pipeline = ingestPipeline({
    store,
    queue,
    registry,
    suppression,
    eventTimes,
    listeners: [(events) => realtime.record(events), ...listeners],
    logger,
    now,
  })
  const engine = queryEngine({ store, cold, findMetric: metrics.find, findCohort: cohorts.find, limits: queries, now })
  const privacy = privacyOf(store, suppression, erasures)
  const importAll: Analytics['import'] = (source, importOptions) =>
    importEvents({ pipeline, now, newId }, source, importOptions)
  const handler = createHandler({
    pipeline,
    importEvents: importAll,
    engine,
    store,
    queue,
    cold,
    privacy,
    metrics,
    cohorts,
    gatekeeper: gatekeeper(keys, authorize),
    identify,
    clientFacts: clientReader(ipPrivacy),
    trustProxy,
    realtime,
    logger,
    now,
  })
  let closing: Promise<void> | undefined
  jobs.start()

  return {
    handler,
    jobs,
    privacy,
    metrics,
    cohorts,
    query: (query, queryOptions) => engine.run(parseQuery(query) as typeof query, queryOptions),
    realtime: async () => realtime.summary(),
    import: importAll,

    async track(event) {
      const receivedAt = now()
      const timestamp = event.timestamp ?? new Date(receivedAt).toISOString()
      const parsed = parseEvent({
        sessionId: SERVER_SESSION,
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
      closing ??= Promise.all([jobs.close(), queue.close()]).then(() => store.close())
      return closing
    },
  }
}
