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
  Signature,
  SignedReceipt,
} from '@analytics/protocol'
export {
  AnalyticsError,
  type CohortDefinition,
  defineEvents,
  ERROR_CODES,
  type ErrorCode,
  type EventDefinition,
  type EventDefinitions,
  type EventsOf,
  errorCode,
  type Filter,
  type Metric,
  type MetricDefinition,
  type Query,
  type QueryAnswer,
  type RealtimeSummary,
  type StoredEvent,
  type WireEvent,
} from '@analytics/protocol'
export type { QueryOptions } from './analysis/query.js'
export type { QueriesOptions } from './analysis/query-limits.js'
export type { ColdTier, TieringRunOptions } from './cold-tier.js'
export { type Analytics, createAnalytics, type ServerEvent } from './create-analytics.js'
export type { Definitions, StoredDefinition } from './definitions/definitions.js'
export type { Authorize, KeyOptions, Scope } from './http/auth.js'
export type { Handler, Identify, RequestContext } from './http/handler.js'
export type { ImportEvent, ImportOptions, ImportProgress, ImportResult, ImportSource } from './import.js'
export type { IpPrivacy } from './ingest/client.js'
export type { EventTimeOptions } from './ingest/event-time.js'
export type { EventListener } from './ingest/pipeline.js'
export type { JobFacts, JobName, JobOutcome, JobProgress, JobRun } from './jobs/job.js'
export type { JobRunOptions, JobStatus, Jobs } from './jobs/jobs.js'
export type { JobsOptions } from './jobs/options.js'
export { consoleLogger, type Logger } from './logger.js'
export type { AnalyticsOptions, PrivacyOptions } from './options.js'
export { type PersonId, subjectOf } from './people/subject.js'
export type { ErasureReceipt, ErasureStatus } from './privacy/erasures.js'
export type { Privacy } from './privacy/privacy.js'
export type { EventConsumer, EventQueue, PublishOutcome, QueueDepth } from './queue.js'
export type { Realtime } from './realtime/realtime.js'
export { verifyReceipt } from './records/signature.js'
export type { RetentionOptions } from './retention.js'
export type { PersonMetrics } from './rollups/recount.js'
export type { Grain, RollupBucket, UserMetrics } from './rollups/rollup.js'
export type { StoredSession } from './sessions/session.js'
export type {
  DaysRead,
  ErasedRows,
  FileRewrite,
  HotRead,
  HotStore,
  IdentityLink,
  InsertOutcome,
  People,
  PersonIds,
  RollupMarks,
  RollupStore,
  SessionStore,
  StoreCapabilities,
  Subject,
} from './store.js'
