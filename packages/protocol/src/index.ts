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
export { canonicalJson, isRecord, type Json, type JsonObject, PROTOTYPE_KEYS, type Scalar } from './json.js'
export { COLUMN_LENGTHS, LIMITS, type TextColumn } from './limits.js'
export {
  type ActiveUsersQuery,
  type Age,
  type Aggregate,
  ageYears,
  type Duration,
  durationMs,
  type EventsQuery,
  type Exclusion,
  type Filter,
  type FilterOperator,
  type FunnelQuery,
  type Interval,
  instantBefore,
  type LifecycleQuery,
  type MetricDefinition,
  type MetricName,
  type Occurrences,
  type PropertyFilter,
  type Query,
  type QueryBase,
  type Range,
  type RetentionQuery,
  type Step,
  type StickinessQuery,
  type TrendQuery,
} from './query.js'
export {
  type DeadLetter,
  eachRecord,
  madeOnce,
  type RecordKind,
  type RecordStore,
  removeRecord,
  type StoredRecord,
} from './records.js'
export type {
  ActiveUsersResult,
  BatchResult,
  ErrorBody,
  EventResult,
  EventRow,
  EventStatus,
  EventsResult,
  FunnelHistogram,
  FunnelResult,
  FunnelStepResult,
  LifecycleResult,
  LifecycleRow,
  QueryAnswer,
  QueryMeta,
  RealtimeSummary,
  ResultOf,
  ResultsByKind,
  RetentionCohort,
  RetentionResult,
  StickinessResult,
  TrendPoint,
  TrendResult,
} from './results.js'
export type { EventBatch, EventMatch, EventPosition, EventsRequest, ScanRequest, Signal } from './scan.js'
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
