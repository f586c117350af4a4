/**
 * Ingest, storage and analysis inside the team's own server.
 * @packageDocumentation
 */

export type {
  AuditEntry,
  ColdDay,
  ColdReadStats,
  ColdView,
  EventIdentity,
  HotDay,
  Lease,
  NumberedEvent,
  Seal,
} from '@analytics/protocol'
export {
  AnalyticsError,
  defineEvents,
  ERROR_CODES,
  type ErrorCode,
  type EventDefinition,
  type EventDefinitions,
  type EventsOf,
  errorCode,
  type Filter,
  type MetricDefinition,
  type Query,
  type QueryAnswer,
  type RealtimeSummary,
  type StoredEvent,
  type WireEvent,
} from '@analytics/protocol'
export type { QueryOptions } from './analysis/query.js'
export type { ColdTier, TieringRunOptions } from './cold-tier.js'
export { type Analytics, createAnalytics, type ServerEvent } from './create-analytics.js'
export type { Authorize, KeyOptions, Scope } from './http/auth.js'
export type { Handler, Identify, RequestContext } from './http/handler.js'
export type { ImportEvent, ImportOptions, ImportProgress, ImportResult } from './import.js'
export type { IpPrivacy } from './ingest/client.js'
export type { EventListener } from './ingest/pipeline.js'
export { consoleLogger, type Logger } from './logger.js'
export type { AnalyticsOptions, PrivacyOptions } from './options.js'
export type { EventConsumer, EventQueue, PublishOutcome, QueueDepth } from './queue.js'
export type { DaysRead, HotRead, HotStore, IdentityLink, InsertOutcome, People, StoreCapabilities } from './store.js'
