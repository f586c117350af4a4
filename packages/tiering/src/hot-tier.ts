import type {
  AuditEntry,
  Day,
  EventIdentity,
  EventsRequest,
  HotDay,
  Lease,
  NumberedEvent,
  RecordStore,
  Seal,
  Signature,
  StoredEvent,
  Subject,
} from '@analytics/protocol'
import type { DuckDbRows } from '@analytics/protocol/duckdb'

/**
 * The slice of a hot store that tiering needs. Every store of `@analytics/node` has it; neither package imports the other.
 *
 * A *lost answer* below means: the call may or may not have happened, the caller knows neither. Each method says what to
 * do then; none of the answers is ever to delete.
 */
export interface HotTier {
  /** Shown in messages, such as `duckdb`. */
  readonly name: string

  /** The catalog, leases and the audit chain, in the same database as the rows. */
  readonly records: RecordStore

  /**
   * Identity of the numbering of people, so that numbers kept in a segment are only believed by the store that gave them.
   * Oracle, Postgres: a row of the meta table, written once by `setup`.
   */
  dictionaryId(): Promise<string>

  /**
   * Days with rows, oldest first; the rows of `except`, which committed segments stand for, are not counted. With `from` and `to`, UTC
   * milliseconds, only days that lie in part at or after the one and before the other.
   * Oracle: the partitions of `pf_user_events` and sealed tables; Postgres: the same from its catalog; both with row counts.
   */
  listDays(read?: { except?: readonly Seal[]; from?: number; to?: number }): Promise<readonly HotDay[]>

  /** Whole events in the order asked for, without the rows of `except`, in bounded memory. Lost answer: read again. */
  readEvents(request: EventsRequest & { except?: readonly Seal[] }): AsyncIterable<readonly StoredEvent[]>

  /**
   * Freezes the rows that the day has now; asked again while a seal stands, it returns that seal. Sealed rows stay readable
   * by every scan until they are dropped.
   * Oracle: `EXCHANGE PARTITION FOR (day)` with a table named for the seal. Postgres: `DETACH PARTITION` into such a table.
   * DuckDB: the highest insert number of the day. Lost answer: call again.
   */
  sealDay(day: Day): Promise<Seal>

  /** Streams exactly the rows of the seal, in no particular order, in bounded memory. Lost answer: read again. */
  readSealed(seal: Seal, options?: { signal?: AbortSignal }): AsyncIterable<readonly NumberedEvent[]>

  /**
   * The same rows for a format that DuckDB writes, which then need not pass through JavaScript. Only stores that keep rows in
   * DuckDB have it. Lost answer: ask again.
   */
  lendSealed?(seal: Seal): Promise<DuckDbRows>

  /**
   * Deletes exactly the rows of the seal; rows that arrived later stay. Done twice, it deletes nothing more.
   * Oracle: `DROP TABLE` of the exchanged table (a DDL commits by itself). Postgres: the same in a transaction.
   * Lost answer: call again; it is idempotent. Called only when a verified segment is committed.
   */
  dropSealed(seal: Seal): Promise<{ rows: number }>

  /**
   * The store's numbers of people, in the order asked; unknown ones are given a number. For segments whose numbers came
   * from another dictionary. Oracle, Postgres: one array bind. Lost answer: call again, numbers never change.
   */
  personNumbers(identities: readonly EventIdentity[]): Promise<Int32Array>

  /**
   * Takes the lease when it is free, expired, or already the owner's (which renews it); undefined when another holds it.
   * Oracle, Postgres: compare-and-set on a row, times from the database's clock. Lost answer: call again, same owner.
   */
  acquireLease(name: string, options: { owner: string; ttlMs: number }): Promise<Lease | undefined>

  /** Gives the lease up if it is still the owner's. Lost answer: it expires by itself. */
  releaseLease(lease: Lease): Promise<void>

  /**
   * Deletes everything that the hot store has of these ids: their events, sealed ones too, of which a standing seal then has fewer.
   * Resolves to numbers of rows, whatever kinds the store has. Done twice, it deletes nothing more. Oracle, Postgres: one transaction. Lost answer: call again.
   */
  eraseSubject(subject: Subject): Promise<{ events: number }>

  /** Appends to the hash-chained audit log. Lost answer: append again; the chain shows both. */
  audit(entry: AuditEntry): Promise<void>

  /** Signs a text with the key of the data set. Oracle, Postgres: a row of the meta table, written once. Lost answer: sign again. */
  sign(text: string): Promise<Signature>
}
