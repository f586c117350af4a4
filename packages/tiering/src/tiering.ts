import type { ColdView, Day, EventColumn, StoredEvent } from '@analytics/protocol'
import type { ExportOptions } from './export/write.js'
import type { CostOptions, CostReport } from './operations/costs.js'
import type { DoctorOptions, DoctorResult } from './operations/doctor.js'
import type { Erasures } from './operations/erasures.js'
import type { GcOptions, GcResult } from './operations/gc.js'
import type { Holds } from './operations/hold.js'
import type { KeyRotation } from './operations/keys.js'
import type { MoveProgress } from './operations/move-context.js'
import type { TieringPlan } from './operations/plan.js'
import type { RebuildOptions, RebuildResult } from './operations/rebuild.js'
import type { Restores } from './operations/restore.js'
import type { ArchiveOptions, ExpireOptions, TieringRunOptions, TieringRunResult } from './operations/run.js'
import type { DayExplanation, TieringStatus } from './operations/status.js'
import type { VerifyOptions, VerifyResult } from './operations/verify.js'
import type { ScanOptions } from './read/scan.js'

/** Moves days of events to object storage and reads them back. */
export interface Tiering {
  /** What a run would do now, and when the other days become due. */
  plan(): Promise<TieringPlan>
  /**
   * Moves what is due, oldest day first, after what an earlier run left unfinished. Any number of processes may call it:
   * one works at a time. A run that was cut off anywhere is taken up by the next, without losing or doubling an event.
   */
  run(options?: TieringRunOptions): Promise<TieringRunResult>
  /**
   * Brings days of the age `policy.archiveAfter` to the archive tier; they are told as moved. It can't be undone: an archived day can
   * be restored for a while, not brought back. Done again, it goes on where it was cut off, and where the object store was still copying.
   */
  archive(options?: ArchiveOptions): Promise<TieringRunResult>
  /**
   * Makes one segment of the several that late events have left of a day, where they are many or large; the days are told as moved. Done
   * again, it goes on where it was cut off.
   */
  compact(options?: TieringRunOptions): Promise<TieringRunResult>
  /** Leaves a day alone: it is neither moved nor archived, made one or deleted until `retry`. What readers see of it stays. */
  park(day: Day): Promise<void>
  /**
   * Works on a day again, at the next run, that is parked, by hand or since it failed eight times, or that waits after a failure; without
   * a day, on every such day. Resolves to the days.
   * @throws AnalyticsError `invalid_options` where the day is none of them.
   */
  retry(day?: Day): Promise<readonly Day[]>
  /** Makes archived days readable for a while. */
  readonly restore: Restores
  /**
   * Deletes segments of the age `policy.expireAfter` for good, with all their versions; the days are told as moved. Only with
   * `dryRun: false`; what a hold covers is kept. Done again, it goes on where it was cut off.
   */
  expire(options?: ExpireOptions): Promise<TieringRunResult>
  /** Takes people out of the hot store and of segments in every tier, and proves it. */
  readonly erase: Erasures
  /** Keeps days from expiring, and from being rewritten without a person who is erased. */
  readonly hold: Holds
  /**
   * Finds objects in the bucket that a worker left which was cut off, and that the catalog doesn't know. Only with `dryRun: false` those
   * that are old enough are deleted.
   * @throws AnalyticsError `verification_failed` where there are suspiciously many, unless `force` says so.
   */
  gc(options?: GcOptions): Promise<GcResult>
  /**
   * Finds segments that the catalog doesn't know by what lies beside them, for a database that was lost, or restored from a backup that
   * is older than the bucket. Only with `dryRun: false` they are written down, and read from then on. What the catalog knows stays; no
   * object is changed.
   */
  rebuildCatalog(options?: RebuildOptions): Promise<RebuildResult>
  /** Every day by tier. */
  status(): Promise<TieringStatus>
  /** Why a day is where it is, and what comes next. */
  explain(day: Day): Promise<DayExplanation>
  /** A consistent view of the segments, for reading them together with the hot store. */
  openView(range: { from: number; to: number }): Promise<ColdView>
  /**
   * Events of both tiers, each once, by time, then by id.
   * @throws AnalyticsError `archived` where days of the range must be restored first, unless `onArchived` says otherwise; `restoring`.
   */
  scan<Column extends EventColumn = EventColumn>(options: ScanOptions<Column>): AsyncIterable<Pick<StoredEvent, Column>>
  /**
   * The same events as NDJSON in gzip members, which any gzip tool reads: one event a line, as `StoredEvent` has it. `readExport`
   * reads it again. Memory is bounded by a member.
   * @throws as `scan` does, before there is a byte.
   * @example
   * await pipeline(tiering.export({ from, to }), createWriteStream('events.ndjson.gz'))
   */
  export(options: ExportOptions): AsyncIterable<Uint8Array>
  /** What the object store was asked for, by day, and holds now; with `prices`, what that costs. */
  costs(options?: CostOptions): Promise<CostReport>
  /**
   * Wraps the keys of all segments by `encryption.current`; segments themselves are not touched. Once it has resolved, and no process
   * runs with older options, the other keys are not needed any more.
   * @throws AnalyticsError `invalid_options` where there are no keys, or one of them is missing.
   */
  rotateKeys(): Promise<KeyRotation>
  /**
   * Tries whether the database and the object store do what tiering counts on, with a small object of its own, and looks for settings of
   * the bucket that are against it. Run it once before you rely on a store.
   */
  doctor(options?: DoctorOptions): Promise<DoctorResult>
  /** Compares the catalog with the objects, and changes nothing. */
  verify(options?: VerifyOptions): Promise<VerifyResult>
  /**
   * Does one of the operations by its name, such as `run` or `hold add`, for whoever has it as text: the HTTP routes do. `input` has the
   * fields that the method of the name takes, in one object, and is checked as what comes from outside.
   * @throws AnalyticsError `not_found` for a name that there is not; `invalid_options`, whose `field` names what is wrong with the
   *   input; what the method itself throws.
   */
  perform(operation: string, input?: unknown, options?: PerformOptions): Promise<unknown>
  /** Frees the engine and temporary files, not the stores. Done twice, it does nothing more. */
  close(): Promise<void>
}

/** What can be done by hand, whether the tier manager runs in this process or in a server. */
export interface TieringOperations extends Omit<Tiering, 'openView' | 'scan' | 'export' | 'perform' | 'close'> {
  /** Events of every tier as NDJSON in gzip members, see {@link Tiering}. */
  export(options: RemoteExportOptions): AsyncIterable<Uint8Array>
}

/** Which events to export, as far as it can be asked of a server, which does not call `onDay`. */
export type RemoteExportOptions = Omit<ExportOptions, 'where'>

/** Options of an operation that is called by its name. */
export interface PerformOptions {
  signal?: AbortSignal
  /** Told before each step of each day, where the operation works on days. */
  onProgress?: (progress: MoveProgress) => void
}
