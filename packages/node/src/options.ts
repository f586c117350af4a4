import { AnalyticsError, type EventDefinitions, LIMITS, type MetricDefinition } from '@analytics/protocol'
import { type QueriesOptions, type QueryLimits, resolveQueries } from './analysis/query-limits.js'
import type { ColdTier } from './cold-tier.js'
import type { Authorize, KeyOptions } from './http/auth.js'
import type { Identify } from './http/handler.js'
import type { IpPrivacy } from './ingest/client.js'
import { type EventTimeLimits, type EventTimeOptions, resolveEventTimes } from './ingest/event-time.js'
import type { EventListener } from './ingest/pipeline.js'
import type { JobsOptions } from './jobs/options.js'
import { consoleLogger, type Logger } from './logger.js'
import type { EventQueue } from './queue.js'
import { memoryQueue } from './queues/memory-queue.js'
import { memoryRealtime } from './realtime/memory-realtime.js'
import type { Realtime } from './realtime/realtime.js'
import { type Retention, type RetentionOptions, resolveRetention } from './retention.js'
import type { HotStore } from './store.js'

/** Options of `createAnalytics`. */
export interface AnalyticsOptions {
  /** Where events live, such as `duckdbStore({ path })`. */
  store: HotStore
  /** What `createTiering` of `@analytics/tiering` returns; without it every day stays hot. */
  tiering?: ColdTier
  /** Between the handler and the store. @default memoryQueue() */
  queue?: EventQueue
  /** The app's own event types, from `defineEvents`; types that are not named are stored as they come. @default {} */
  events?: EventDefinitions
  /** The app's own metrics: trends ask them by name. One that is stored under the same name is not used. @default [] */
  metrics?: readonly MetricDefinition[]
  /** Keys of trackers and readers. @default [] */
  keys?: readonly KeyOptions[]
  /** The host's own login instead of a read or admin key. */
  authorize?: Authorize
  /** The host's session: who the user is, whatever the client claims. */
  identify?: Identify
  /** Told about events after they are stored, imported ones too, at least once each; errors in it are logged and harm nothing. */
  onEvents?: EventListener
  /** What is going on now. Kept in this process's memory unless several processes share one. */
  realtime?: Realtime
  /**
   * Whether missing or older tables are made or migrated (`auto`), only checked (`check`), or trusted (`off`).
   * @default 'auto'; 'check' where several processes share the database, as with Oracle and Postgres
   */
  schema?: 'auto' | 'check' | 'off'
  /** Which times of clients are believed. */
  eventTimes?: EventTimeOptions
  /** How many proxies in front of the server to believe for a client's address. @default 0 */
  trustProxy?: number
  privacy?: PrivacyOptions
  /** What queries may take. */
  queries?: QueriesOptions
  /** How long metrics, sessions and identities are kept. */
  retention?: RetentionOptions
  /** When jobs run: aggregation, tiering, expiry. `false` leaves them to other processes, BullMQ or `analytics.jobs.run`. */
  jobs?: JobsOptions | false
  logger?: Logger
  /** UTC milliseconds. @default Date.now */
  now?: () => number
}

/** What is kept of people. */
export interface PrivacyOptions {
  /** How much of a client's address is stored: none, its network (/24, /48), or all of it. @default 'truncated' */
  ipAddress?: IpPrivacy
  /**
   * Key of the hashes that stand for people in the list of those who are not stored any more and in the audit chain, at least 16
   * characters. Keep it outside the database. @default a random key, kept in the database
   */
  hashKey?: string
}

/** Options with every default filled in. */
export interface ResolvedAnalyticsOptions {
  store: HotStore
  cold: ColdTier | undefined
  queue: EventQueue
  events: EventDefinitions
  metrics: readonly MetricDefinition[]
  keys: readonly KeyOptions[]
  authorize: Authorize | undefined
  identify: Identify | undefined
  listeners: readonly EventListener[]
  realtime: Realtime
  schema: 'auto' | 'check' | 'off'
  eventTimes: EventTimeLimits
  trustProxy: number
  ipPrivacy: IpPrivacy
  hashKey: string | undefined
  queries: QueryLimits
  retention: Retention
  jobs: JobsOptions | false
  logger: Logger
  now: () => number
}

/** Keys shorter than this are guessed too easily. */
const MIN_KEY_LENGTH = 8

/** Ids are guessed one by one where the key of their hashes is. */
const MIN_HASH_KEY_LENGTH = 16

/** The one place that checks options and fills in defaults. @throws AnalyticsError `invalid_options` with the field at fault. */
export function resolveAnalyticsOptions(options: AnalyticsOptions): ResolvedAnalyticsOptions {
  const { store, tiering, keys = [], events = {}, trustProxy = 0, privacy = {}, now = Date.now } = options
  if (!store) throw invalid('store', 'store is missing: pass one, such as duckdbStore({ path }).')
  if (!Number.isInteger(trustProxy) || trustProxy < 0)
    throw invalid('trustProxy', 'trustProxy is not a number of proxies.')
  keys.forEach(({ key, scope }, i) => {
    if (typeof key !== 'string' || key.length < MIN_KEY_LENGTH) {
      throw invalid(`keys[${i}].key`, `keys[${i}].key has fewer than ${MIN_KEY_LENGTH} characters.`)
    }
    if (!['write', 'read', 'admin'].includes(scope)) throw invalid(`keys[${i}].scope`, `keys[${i}].scope is unknown.`)
  })
  if (privacy.hashKey !== undefined && String(privacy.hashKey).length < MIN_HASH_KEY_LENGTH)
    throw invalid('privacy.hashKey', `privacy.hashKey has fewer than ${MIN_HASH_KEY_LENGTH} characters.`)
  for (const type of Object.keys(events)) {
    if (type.length > LIMITS.eventType)
      throw invalid(`events.${type}`, `An event type has more than ${LIMITS.eventType} characters.`)
  }
  return {
    store,
    cold: tiering,
    queue: options.queue ?? memoryQueue({ now }),
    events,
    metrics: options.metrics ?? [],
    keys,
    authorize: options.authorize,
    identify: options.identify,
    listeners: options.onEvents ? [options.onEvents] : [],
    realtime: options.realtime ?? memoryRealtime(now),
    schema: options.schema ?? (store.capabilities.shared ? 'check' : 'auto'),
    eventTimes: resolveEventTimes(options.eventTimes),
    trustProxy,
    ipPrivacy: privacy.ipAddress ?? 'truncated',
    hashKey: privacy.hashKey,
    queries: resolveQueries(options.queries),
    retention: resolveRetention(options.retention),
    jobs: options.jobs ?? {},
    logger: options.logger ?? consoleLogger,
    now,
  }
}

function invalid(field: string, message: string): AnalyticsError {
  return new AnalyticsError('invalid_options', message, { field })
}
