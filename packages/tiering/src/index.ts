/**
 * Moves days of events from a hot store to object storage, and reads them back.
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
  Subject,
} from '@analytics/protocol'
export { remoteTiering } from './admin/remote.js'
export type { RemoteTieringOptions } from './admin/remote-server.js'
export type {
  CatalogDay,
  CatalogSegment,
  DayState,
  ErasedRows,
  ExpiredSegment,
  MoveFailure,
  MoveIntent,
  ReplacedObject,
  SegmentArchive,
  SegmentFacts,
  SegmentRewrite,
} from './catalog.js'
export { createTiering } from './create-tiering.js'
export type { EncryptionOptions } from './encryption/keys.js'
export type {
  ErasedObject,
  ErasurePart,
  ErasureReceipt,
  ErasureWaiting,
  SearchedObject,
} from './erasure/records.js'
export { type ExportedEvent, readExport } from './export/read.js'
export type { ExportOptions } from './export/write.js'
export type { HotTier } from './hot-tier.js'
export type {
  ArchivalState,
  ArchiveResult,
  CallOptions,
  ObjectBody,
  ObjectInfo,
  ObjectStore,
  PutResult,
  StorageTier,
  StoreConcern,
} from './object-store.js'
export type { CostDay, CostOptions, CostReport } from './operations/costs.js'
export type { DoctorCheck, DoctorOptions, DoctorResult } from './operations/doctor.js'
export type { ErasureRunResult } from './operations/erase.js'
export type { ErasureEstimate, ErasureRequestOptions, ErasureStatus, Erasures } from './operations/erasures.js'
export type { WorkEstimate } from './operations/estimate.js'
export type { GcOptions, GcResult, Orphan } from './operations/gc.js'
export type { Hold, Holds } from './operations/hold.js'
export type { RebuildProblem } from './operations/inspect-found.js'
export type { KeyRotation } from './operations/keys.js'
export type { MoveProgress } from './operations/move-context.js'
export type { DueDay, HeldDay, TieringPlan, WaitingDay } from './operations/plan.js'
export type { RebuildOptions, RebuildResult, RebuiltDay } from './operations/rebuild.js'
export type {
  RestoreEstimate,
  RestoreOptions,
  Restores,
} from './operations/restore.js'
export type { RestoreRange, RestoreStatus } from './operations/restore-status.js'
export type {
  ArchiveOptions,
  ExpireOptions,
  SkippedDay,
  TieringRunOptions,
  TieringRunResult,
} from './operations/run.js'
export type { DayExplanation, TierDay, TieringStatus } from './operations/status.js'
export type { DayAction } from './operations/survey.js'
export type { VerifyOptions, VerifyProblem, VerifyResult } from './operations/verify.js'
export type { Logger, TieringOptions, TieringTimes } from './options.js'
export type { TieringPolicy } from './policy.js'
export type { ScanOptions } from './read/scan.js'
export type {
  SegmentFilterOptions,
  SegmentFormat,
  SegmentReadOptions,
  SegmentSource,
  SegmentStats,
} from './segment-format.js'
export type { PerformOptions, RemoteExportOptions, Tiering, TieringOperations } from './tiering.js'
export type { Counter, InstrumentOptions, Meter, MetricResult, ObservableGauge } from './usage/metrics.js'
export type { Prices, TierPrices } from './usage/prices.js'
export type { UsageCounts, Verb } from './usage/usage.js'
