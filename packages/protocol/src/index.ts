/**
 * The wire between the packages: events, batches, limits, error codes, queries and results.
 * @packageDocumentation
 */
export { isInstant, type ParsedBatch, type ParsedEvent, parseBatch, parseEvent, type RefusedEvent } from './batch.js'
export {
  completedErasure,
  type ErasureFacts,
  type ErasureProgress,
  erasureTimeMs,
  type Signature,
  type SignedReceipt,
  signedReceipt,
  withoutReceipt,
} from './erasure.js'
export {
  AnalyticsError,
  type AnalyticsErrorOptions,
  ERROR_CODES,
  type ErrorCode,
  type ErrorCodeInfo,
  errorCode,
} from './errors.js'
export {
  type ColumnType,
  columnName,
  DAY_MS,
  type Day,
  dayOf,
  dayStart,
  EVENT_COLUMNS,
  type EventColumn,
  type EventContext,
  type StoredEvent,
  type WireBatch,
  type WireEvent,
} from './event.js'
export {
  BUILT_IN_EVENTS,
  defineEvents,
  type EventDefinition,
  type EventDefinitions,
  type EventMap,
  type EventsOf,
  type Register,
  type RegisteredEvents,
  type SchemaOutcome,
  type StandardSchema,
} from './events.js'
export { type HashNumbers, hashNumbers } from './hash-numbers.js'
export { canonicalJson, isRecord, type Json, type JsonObject, PROTOTYPE_KEYS, type Scalar } from './json.js'
export { COLUMN_LENGTHS, LIMITS, type TextColumn } from './limits.js'
export type {
  ActiveUsersQuery,
  ActiveUsersResult,
  LifecycleQuery,
  LifecycleResult,
  LifecycleRow,
  Occurrences,
  StickinessQuery,
  StickinessResult,
} from './queries/activity.js'
export {
  type Age,
  ageYears,
  type Duration,
  durationMs,
  type Filter,
  type FilterOperator,
  type Interval,
  instantBefore,
  type PropertyFilter,
  type Range,
  type Step,
} from './queries/base.js'
export type { CohortQuery, CohortResult } from './queries/cohort.js'
export type { CohortDefinition, CohortEvents } from './queries/cohort-definition.js'
export type { ErrorCounts, ErrorGroup, ErrorsQuery, ErrorsResult } from './queries/errors.js'
export type { EventRow, EventsQuery, EventsResult } from './queries/events.js'
export type {
  Exclusion,
  FunnelBreakdown,
  FunnelGroup,
  FunnelHistogram,
  FunnelPoint,
  FunnelQuery,
  FunnelResult,
  FunnelStepResult,
} from './queries/funnel.js'
export type { JourneyGroup, JourneyLink, JourneyNode, JourneysQuery, JourneysResult } from './queries/journeys.js'
export type {
  ActiveUsersCell,
  CohortCell,
  CountedPerson,
  FunnelCell,
  JourneysCell,
  LifecycleCell,
  PeopleByKind,
  PeopleCell,
  PeopleQuery,
  PeopleQueryOf,
  PeopleResult,
  RetentionCell,
  StickinessCell,
} from './queries/people.js'
export type {
  PerformanceMetric,
  PerformanceQuery,
  PerformanceResult,
  PerformanceSummary,
} from './queries/performance.js'
export type { QueryBase } from './queries/query-base.js'
export type { RetentionCohort, RetentionQuery, RetentionResult } from './queries/retention.js'
export type { SessionNumbers, SessionsPoint, SessionsQuery, SessionsResult } from './queries/sessions.js'
export type {
  Aggregate,
  AggregateMetric,
  FormulaMetric,
  Metric,
  MetricDefinition,
  MetricName,
  TrendBreakdown,
  TrendPoint,
  TrendQuery,
  TrendResult,
  TrendSeries,
} from './queries/trend.js'
export type { Query, QueryAnswer, QueryMeta, ResultOf, ResultsByKind, UsedDefinition } from './query.js'
export {
  type DeadLetter,
  eachRecord,
  FIRST_SEEN_RECORD,
  madeOnce,
  type RecordKind,
  type RecordStore,
  removeRecord,
  type StoredRecord,
} from './records.js'
export type { BatchResult, ErrorBody, EventResult, EventStatus, RealtimeSummary } from './results.js'
export type { EventBatch, EventMatch, EventPosition, EventsRequest, ScanColumn, ScanRequest, Signal } from './scan.js'
export { parseStoredEvent } from './stored-event.js'
export {
  type AuditEntry,
  assertReadable,
  type ColdDay,
  type ColdReadStats,
  type ColdView,
  type EventIdentity,
  type HotDay,
  type Lease,
  type NumberedEvent,
  type RestoreProgress,
  restoringError,
  type Seal,
  type Subject,
} from './tiers.js'
