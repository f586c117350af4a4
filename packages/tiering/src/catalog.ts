import type { Day, Seal } from '@analytics/protocol'
import { idsName, sidecarName } from './segments/names.js'

/**
 * Where a day is on its way: `hot` has no committed segment, `copied` has one whose hot rows are still there, `cold` has its
 * events in segments (and what arrived late in the hot store). `archiving`: a segment may lie in the archive tier; `archived`: one
 * does, and must be restored to be read; `restored`: it can be read for a while. `expired`: its segments are gone, or go.
 */
export type DayState = 'hot' | 'copied' | 'cold' | 'archiving' | 'archived' | 'restored' | 'expired'

/** A segment in the archive tier. */
export interface SegmentArchive {
  /** `archiving`: the object may have moved or not. */
  step: 'archiving' | 'archived'
  /** When that was written down, UTC milliseconds. */
  at: number
  /** While the store copies it, what the store knows the copy by. */
  ticket?: string
  /** The last restore that was asked for. */
  restore?: {
    /** UTC milliseconds. */
    requestedAt: number
    hours: number
    /** Until when the object can be read, UTC milliseconds; missing while it is restored. */
    readableUntil?: number
  }
}

/** An object as it was put. */
export interface ObjectFacts {
  objectName: string
  /** Bytes. */
  size: number
  /** Of the bytes, lower-case hex. */
  sha256: string
}

/** What is known of a segment, before and after it is committed. */
export interface SegmentFacts extends ObjectFacts {
  /** The list of the ids of its events, by which one that comes again is known. */
  ids: ObjectFacts
  /** Rows of its seal that an earlier segment of the day has, and which it was written without. */
  doubles?: number
  rows: number
  /** Of the rows in any order, see `RowSummary`. */
  rowHash: string
  /** UTC milliseconds of the earliest and the latest event. */
  minTime: number
  maxTime: number
  format: string
  compression: string
  schemaId: string
  sortOrder: string
  /** Bytes at the end that say where the rest is. */
  footerSize?: number
  /** Whose numbers of people the segment carries. */
  dictionaryId: string
  /** UTC milliseconds. */
  createdAt: number
}

/** A committed segment: readers take these events from it, and no longer from the rows of its seal. */
export interface CatalogSegment extends SegmentFacts {
  seal: Seal
  committedAt: number
  /** Whether the hot rows of the seal are gone. */
  drop: 'pending' | 'done'
  /** Missing while it can be read at any time. */
  archive?: SegmentArchive
  /** Missing while it is kept. `announced`: nobody reads it any more. `deleting`: its object may be gone. */
  expiry?: { step: 'announced' | 'deleting'; at: number }
}

/** What is remembered of a segment that expired. */
export interface ExpiredSegment {
  objectName: string
  rows: number
  size: number
  sha256: string
  /** UTC milliseconds. */
  expiredAt: number
}

/** A move that is under way: what it will write is written here first. */
export interface MoveIntent {
  /**
   * `sealed`: no byte was put. `copying`: the object may be there, whole, in part of a put, or not. `doubles`: earlier segments have
   * every row, which go without a copy.
   */
  step: 'sealed' | 'copying' | 'doubles'
  seal: Seal
  segment?: SegmentFacts
  /** How often the object that is there turned out to hold something else. */
  failedChecks?: number
}

/** A segment that is written to take the place of others. */
export interface SegmentRewrite {
  segment: SegmentFacts
  /** Names of the objects that it replaces. */
  replaces: readonly string[]
  /** Ids of the erasures whose events it is written without. */
  erasures?: readonly string[]
}

/** What an erasure left out of an object. */
export interface ErasedRows {
  /** By the id of the erasure. */
  removed: Readonly<Record<string, number>>
  /** What the object was. */
  rows: number
  sha256: string
  /** The object that has the other events; missing where there were none. */
  replacedBy?: string
}

/** An object that nobody reads any more, since another one has its events, or those of them that are kept. */
export interface ReplacedObject {
  objectName: string
  /** Since when readers take the other one, UTC milliseconds. */
  at: number
  erased?: ErasedRows
}

/** Why the last attempt failed. */
export interface MoveFailure {
  code: string
  message: string
  /** UTC milliseconds. */
  at: number
}

/**
 * One day of the catalog: a record of kind `tier`, its key the day. The first fields are the columns of the table of
 * storage tiers, for stores that project them.
 */
export interface CatalogDay {
  tierName: 'hot' | 'cold' | 'archive'
  /** First and last day, both the record's own. */
  dateRangeStart: Day
  dateRangeEnd: Day
  storageLocation: string
  filePrefix: string
  compressionType: string
  /** Whether this library encrypts the segments; the store may encrypt all that it holds. */
  encryptionEnabled: boolean
  recordsCount: number
  sizeBytes: number
  /** UTC milliseconds. */
  createdAt: number
  /** When its segments were read last, give or take an hour, UTC milliseconds. */
  lastAccessed: number | null
  state: DayState
  segments: readonly CatalogSegment[]
  expired?: readonly ExpiredSegment[]
  move?: MoveIntent
  /** A compaction or an erasure that is under way: what it will put is written here first. */
  rewrite?: SegmentRewrite
  /** Objects that go as soon as nobody reads them any more. */
  replaced?: readonly ReplacedObject[]
  /** Objects that were given up because they hold something else than they should; none is ever deleted here. */
  retiredObjects: readonly string[]
  /** Attempts since the last success. */
  attempts: number
  lastError?: MoveFailure
  /** UTC milliseconds. */
  nextTryAt?: number
  /** Left alone until `retry`: by a person, or since it failed too often. */
  parked?: { by: 'hand' | 'failures'; at: number }
}

/** A day with the version that compare-and-set goes by; 0 for a day that is not in the catalog yet. */
export interface CatalogEntry {
  day: Day
  version: number
  value: CatalogDay
}

/** What a change of a day sets; what follows from the segments is worked out. */
export type CatalogChange = Partial<
  Pick<CatalogDay, 'segments' | 'expired' | 'retiredObjects' | 'attempts'> & {
    move: MoveIntent | undefined
    rewrite: SegmentRewrite | undefined
    replaced: readonly ReplacedObject[] | undefined
    lastError: MoveFailure | undefined
    nextTryAt: number | undefined
    parked: CatalogDay['parked']
  }
>

/** What a day's entry says once its work has succeeded. */
export const SUCCEEDED: CatalogChange = { attempts: 0, lastError: undefined, nextTryAt: undefined }

/** A restored object is not counted on any more so long before it closes: a read takes its time. */
const CLOSING_MS = 10 * 60_000

/** Whether a segment can be read now, as far as the catalog knows. */
export function isReadable({ archive }: CatalogSegment, now: number): boolean {
  const until = archive ? (archive.restore?.readableUntil ?? 0) : Number.POSITIVE_INFINITY
  return now < until - CLOSING_MS
}

/** The segments that are kept. */
export function liveSegments({ segments }: Pick<CatalogDay, 'segments'>): readonly CatalogSegment[] {
  return segments.some(({ expiry }) => expiry) ? segments.filter(({ expiry }) => !expiry) : segments
}

/** Where a day is at that time. */
export function dayState(day: Pick<CatalogDay, 'segments' | 'expired'>, now: number): DayState {
  const segments = liveSegments(day)
  if (segments.length === 0) return day.segments.length > 0 || day.expired ? 'expired' : 'hot'
  if (segments.some(({ drop }) => drop === 'pending')) return 'copied'
  if (segments.some(({ archive }) => archive?.step === 'archiving')) return 'archiving'
  if (!segments.every((segment) => isReadable(segment, now))) return 'archived'
  return segments.some(({ archive }) => archive) ? 'restored' : 'cold'
}

/** Every object that these days know, in whatever state, with what lies beside it. */
export function objectNames(days: readonly CatalogDay[]): Set<string> {
  const names = days.flatMap(({ segments, retiredObjects, rewrite, replaced = [], move }) => [
    ...[...segments, ...replaced].map(({ objectName }) => objectName),
    ...retiredObjects,
    ...[rewrite?.segment, move?.segment].flatMap((segment) => segment?.objectName ?? []),
  ])
  return new Set(names.flatMap((name) => [name, idsName(name), sidecarName(name)]))
}
