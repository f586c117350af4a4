import type { EventBatch, EventsRequest, Filter, NumberedEvent, ScanRequest, StoredEvent } from '@analytics/protocol'
import type { DuckDbRows } from '@analytics/protocol/duckdb'
import type { ByteRange } from './read/byte-ranges.js'
import type { RowSummary } from './segments/row-hash.js'

/** What a format says about a segment that it has written. */
export interface SegmentStats {
  rows: number
  /** Bytes of the file. */
  size: number
  /** UTC milliseconds of the earliest and the latest event. */
  minTime: number
  maxTime: number
  /** Names the layout of the columns, so that every later release reads this one. */
  schemaId: string
  /** How the rows are ordered within the file, for people and other tools; it goes into the sidecar. */
  sortOrder: string
  /** Bytes at the end of the file that say where the rest is, where there are such. */
  footerSize?: number
}

/** The bytes of a segment, wherever they lie: the one seam between formats and object stores. */
export interface SegmentSource {
  /** Bytes. */
  size: number
  /** As `SegmentStats` said when the segment was written. */
  footerSize?: number
  /**
   * The segment as a local file, for engines that read files: whole, or at least these parts of it in their places, holes in
   * others. It stays valid until the source is released by whoever opened it.
   */
  file(parts?: readonly ByteRange[]): Promise<string>
}

/** What a segment's reader needs beside the request. */
export interface SegmentReadOptions {
  signal?: AbortSignal
}

/** The same for reads of the events of some people alone, or of all but theirs. */
export interface SegmentFilterOptions extends SegmentReadOptions {
  /** Only rows that it lets through. @default every row */
  where?: Filter
}

/**
 * How a day's events lie in a file. A segment holds every column of an event and the store's number of its person.
 *
 * Formats work on local files and through a source's ranges: there is no answer to lose, a call fails or succeeds.
 * Parquet, written and read by DuckDB, is what is stored; a segment's file is read by any tool that reads the format.
 */
export interface SegmentFormat {
  /** Recorded in the catalog, such as `parquet`. */
  readonly name: string
  /** With the dot. */
  readonly extension: string
  /** Recorded in the catalog, such as `zstd`. */
  readonly compression: string

  /**
   * Writes the rows to a new local file, sorted by user, time and id, in bounded memory; a large segment may be split by a
   * hash of the user first, each part sorted so. On failure no file is left.
   * @throws AnalyticsError `aborted`, `internal` where there are no rows, or what the source of the rows throws.
   */
  write(
    rows: AsyncIterable<readonly NumberedEvent[]>,
    path: string,
    options?: SegmentReadOptions,
  ): Promise<SegmentStats>

  /**
   * The same for rows that lie in DuckDB, and what they add up to as the table has them, both of one moment: for formats that
   * DuckDB writes, which read the table in place.
   */
  writeLent?(rows: DuckDbRows, path: string, options?: SegmentReadOptions): Promise<SegmentStats & RowSummary>

  /** Writes the rows of several files to a new one, as `write` does. */
  merge(sources: readonly SegmentSource[], path: string, options?: SegmentFilterOptions): Promise<SegmentStats>

  /** What the rows of the file add up to: every one is read. */
  summarize(source: SegmentSource, options?: SegmentFilterOptions): Promise<RowSummary>

  /**
   * What stands for whose events the file has, each once, see `idHash`: for the user id, or the anonymous id of an event without
   * one. Events with neither are left out.
   */
  personHashes(source: SegmentSource, options?: SegmentReadOptions): AsyncIterable<BigUint64Array>

  /** What stands for the id of each event of the file, ascending, see `idHash`. */
  idHashes(source: SegmentSource, options?: SegmentReadOptions): AsyncIterable<BigUint64Array>

  /** Asks the source for what a read with that filter will need, and reads nothing. */
  prefetch(source: SegmentSource, where: Filter | undefined): Promise<void>

  /**
   * The narrow read of analyses, in order of time; filters and projection are applied while reading. Where a filter leaves a few
   * people alone, only parts of the file need be asked for.
   */
  scan(source: SegmentSource, request: ScanRequest): AsyncIterable<EventBatch>

  /** Whole events in the order asked for. */
  readEvents(source: SegmentSource, request: EventsRequest): AsyncIterable<readonly StoredEvent[]>

  /** Every row as written, in no particular order. */
  readAll(source: SegmentSource, options?: SegmentReadOptions): AsyncIterable<readonly NumberedEvent[]>

  /** Frees the engine. Done twice, it does nothing more. */
  close(): Promise<void>
}
