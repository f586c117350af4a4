import { AnalyticsError } from '@analytics/protocol'
import { ulid } from 'ulid'
import { encryptedStore } from './encryption/encrypted-store.js'
import { type EncryptionOptions, type ObjectKeys, objectKeys } from './encryption/keys.js'
import { parquetFormat } from './formats/parquet.js'
import type { HotTier } from './hot-tier.js'
import type { ObjectStore } from './object-store.js'
import type { RestoreStatus } from './operations/restore-status.js'
import { resolvePolicy, type TieringPolicy } from './policy.js'
import type { SegmentFormat } from './segment-format.js'
import { isSegment } from './segments/names.js'
import type { Meter } from './usage/metrics.js'
import { checkedPrices, type Prices } from './usage/prices.js'

/** Where messages go. */
export interface Logger {
  /** For whoever looks for a fault. */
  debug(object: object, message: string): void
  /** What happened, and was meant to. */
  info(object: object, message: string): void
  /** What works, but not as it should. */
  warn(object: object, message: string): void
  /** What failed. */
  error(object: object, message: string): void
}

/** Limits of time of a run, in ms. */
export interface TieringTimes {
  /**
   * How long the lease of a worker that stopped keeps others from going on. It is renewed at a third of it.
   * @default 60000
   */
  leaseMs?: number
  /**
   * How long a run waits for readers of this process that began before a segment was committed. A day that they hold longer
   * keeps its hot rows until the next run.
   * @default 60000
   */
  readerWaitMs?: number
  /**
   * How long hot rows stay after their segment is committed, for readers in *other* processes: set it to the longest
   * time that a query may take wherever several processes share the hot store.
   * @default 0
   */
  readerGraceMs?: number
}

/** Options of {@link createTiering}. */
export interface TieringOptions {
  /** Where events lie while they are hot: a store of `@analytics/node`. It stays open when tiering is closed. */
  hot: HotTier
  /** Where they move. It stays open when tiering is closed. */
  cold: ObjectStore
  policy: TieringPolicy
  /**
   * How segments are stored. One given here stays open when tiering is closed.
   * @default parquetFormat()
   */
  format?: SegmentFormat
  times?: TieringTimes
  /**
   * Encrypts segments before they leave the process: AES-256-GCM, a key of its own for each, which lies wrapped beside the catalog.
   * Segments that are there stay as they are. Who loses the keys or the database loses the segments.
   * @default none
   */
  encryption?: EncryptionOptions
  /**
   * UTC milliseconds.
   * @default Date.now
   */
  now?: () => number
  /**
   * How many bytes a second moves, compactions and erasures may send and fetch together, besides what queries read.
   * @default no limit
   */
  bytesPerSecond?: number
  /** What the object store costs: plans then estimate costs, and `costs` tells them. @default none */
  prices?: Prices
  /**
   * Called when a restore can be read, at least once, by the process that finds it so: see `restore.refresh`. Where it fails, it is called
   * again. @default none
   */
  onRestored?: (restore: RestoreStatus) => void | Promise<void>
  /** A meter of OpenTelemetry, `metrics.getMeter('analytics')`, for the metrics that docs/object-storage.md lists. @default none */
  meter?: Meter
  /** @default Math.random */
  random?: () => number
  /** @default none */
  logger?: Logger
  /**
   * Where segments lie while they are written and read.
   * @default the folder of the system
   */
  tempDir?: string
  /**
   * Bytes of segments, whole or in parts, that stay in `tempDir` after they were read; 0 keeps none. They go when tiering is
   * closed. Object stores on the local disk have no use for it.
   * @default 2 GiB
   */
  cacheBytes?: number
}

/** Options with every default filled in. */
export interface ResolvedTieringOptions {
  hot: HotTier
  cold: ObjectStore
  policy: TieringPolicy
  format: SegmentFormat
  ownsFormat: boolean
  times: Required<TieringTimes>
  /** Where segments are encrypted; `cold` does it. */
  keys: ObjectKeys | undefined
  now: () => number
  random: () => number
  newId: () => string
  logger: Logger
  tempDir: string | undefined
  cacheBytes: number
  bytesPerSecond: number | undefined
  prices: Prices | undefined
  meter: Meter | undefined
  onRestored: TieringOptions['onRestored']
}

const DEFAULT_CACHE_BYTES = 2 * 1024 ** 3

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} }

/** @throws AnalyticsError `invalid_options`, with the field at fault. */
export function resolveTieringOptions(options: TieringOptions): ResolvedTieringOptions {
  for (const field of ['hot', 'cold'] as const) {
    if (typeof options?.[field] !== 'object' || options[field] === null) {
      throw new AnalyticsError('invalid_options', `${field} is missing.`, { field })
    }
  }
  const { hot, encryption, format, now = Date.now, random = Math.random, logger = silent, tempDir } = options
  const { cacheBytes = DEFAULT_CACHE_BYTES, bytesPerSecond, prices, meter, onRestored } = options
  const policy = resolvePolicy(options.policy)
  const keys = encryption && objectKeys(hot.records, encryption)
  const cold = keys ? encryptedStore(options.cold, keys, isSegment) : options.cold
  if (policy.archiveAfter !== undefined && !cold.capabilities.archive) {
    throw new AnalyticsError('invalid_options', `The object store ${cold.name} has no archive tier.`, {
      field: 'policy.archiveAfter',
    })
  }
  if (!Number.isSafeInteger(cacheBytes) || cacheBytes < 0) {
    throw new AnalyticsError('invalid_options', 'cacheBytes is no number of bytes.', { field: 'cacheBytes' })
  }
  if (bytesPerSecond !== undefined && !(Number.isFinite(bytesPerSecond) && bytesPerSecond > 0)) {
    throw new AnalyticsError('invalid_options', 'bytesPerSecond is no number above zero.', { field: 'bytesPerSecond' })
  }
  return {
    hot,
    cold,
    policy,
    format: format ?? parquetFormat(tempDir === undefined ? {} : { tempDir }),
    ownsFormat: format === undefined,
    times: resolveTimes(options.times ?? {}),
    keys,
    now,
    random,
    newId: () => ulid(now(), random),
    logger,
    tempDir,
    cacheBytes,
    bytesPerSecond,
    prices: prices && checkedPrices(prices),
    meter,
    onRestored,
  }
}

function resolveTimes({
  leaseMs = 60_000,
  readerWaitMs = 60_000,
  readerGraceMs = 0,
}: TieringTimes): Required<TieringTimes> {
  const times = { leaseMs, readerWaitMs, readerGraceMs }
  for (const [name, ms] of Object.entries(times)) {
    if (!Number.isFinite(ms) || ms < (name === 'leaseMs' ? 1000 : 0)) {
      throw new AnalyticsError('invalid_options', `times.${name} is no time in ms.`, { field: `times.${name}` })
    }
  }
  return times
}
