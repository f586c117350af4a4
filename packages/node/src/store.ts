import type {
  AuditEntry,
  Day,
  EventBatch,
  EventIdentity,
  EventsRequest,
  HotDay,
  Lease,
  NumberedEvent,
  RecordStore,
  ScanRequest,
  Seal,
  Signature,
  StoredEvent,
  Subject,
} from '@analytics/protocol'
import type { DuckDbRows } from '@analytics/protocol/duckdb'
import type { PersonMetrics } from './rollups/recount.js'
import type { Grain, RollupBucket, UserMetrics } from './rollups/rollup.js'
import type { StoredSession } from './sessions/session.js'

/** What a store can do; contract cases that need more than it has are skipped by name. */
export interface StoreCapabilities {
  /** Events outlive the process. */
  durable: boolean
  /** Several processes may use the same data at once. */
  shared: boolean
  /**
   * Takes whatever the limits allow: without it, text in columns is cut, at a character, where it has more than 4,000 bytes of
   * UTF-8, and numbers in properties beyond ±1e126 are not compared.
   */
  wideValues: boolean
}

/** What became of an event: it was new, or its id was there already. */
export type InsertOutcome = 'inserted' | 'duplicate'

/** A visitor who identified: the anonymous id now belongs to the user. */
export interface IdentityLink {
  anonymousId: string
  userId: string
}

/** How numbers of ids become numbers of people. */
export interface People {
  /** All numbers given so far are below this. */
  count: number
  /**
   * `canonical[n]` is the number of the person that id n belongs to: an anonymous visitor's becomes the user's. Chains are
   * resolved already. Not to be written to; numbers given after the call are missing and stand for themselves.
   */
  canonical: Int32Array
}

/** The ids of a person. */
export interface PersonIds {
  /** Null for a visitor who never identified. */
  userId: string | null
  /** A user's with the oldest link first; a visitor's own. Ids that were forgotten are missing. */
  anonymousIds: readonly string[]
}

/** What reads of the hot store leave out: sealed rows that a committed segment stands for. */
export interface HotRead {
  except?: readonly Seal[]
}

/** Which days are asked for. */
export interface DaysRead extends HotRead {
  /** Only days that lie in part at or after this instant, UTC milliseconds. */
  from?: number
  /** Only days that lie in part before this instant. */
  to?: number
}

export type { Subject } from '@analytics/protocol'

/** What an erasure deleted, as numbers of rows. */
export interface ErasedRows {
  events: number
  sessions: number
  /** Rows of the hourly, daily and weekly metrics. */
  metrics: number
  identities: number
  deadLetters: number
}

/**
 * What a rewrite of a database's file did: how many of the texts stood in the old file or its log, and how many stand in the new
 * file, as plain bytes of UTF-8; and the sizes of both in bytes.
 */
export interface FileRewrite {
  foundBefore: number
  foundAfter: number
  bytesBefore: number
  bytesAfter: number
}

/** Sessions, kept current by `insertEvents` in the transaction of the events. */
export interface SessionStore {
  /**
   * Sessions that began in `[from, to)`, UTC milliseconds, in order of their beginning, in bounded memory; of one person's
   * numbers only, where they are given.
   */
  read(request: {
    from: number
    to: number
    people?: readonly number[]
    signal?: AbortSignal
  }): AsyncIterable<readonly StoredSession[]>
  /** Deletes the sessions that ended before that instant. Lost answer: call again. */
  expire(before: number): Promise<{ rows: number }>
}

/** What changed since it was last asked for. */
export interface RollupMarks {
  /** First instants of the hours in which events were stored. */
  hours: readonly number[]
  /** Numbers of ids that were linked to a user. */
  people: readonly number[]
  /** Names the marks to the store; opaque to others. */
  ids: readonly string[]
}

/** Metrics by user and bucket: computed by the store in SQL from the rows that it has. */
export interface RollupStore {
  /**
   * Marks of what `insertEvents` and `linkIdentities` changed, at most so many. A mark becomes visible together with the rows
   * that it stands for, so that whoever reads it and then computes misses none of them.
   */
  marks(limit: number): Promise<RollupMarks>
  /** Forgets exactly these marks. Lost answer: call again. */
  clearMarks(marks: RollupMarks): Promise<void>
  /**
   * Replaces the bucket's rows by what the hot rows give, in one transaction. Resolves to the number of people in it.
   * Oracle, Postgres, DuckDB: one `INSERT … SELECT`. Lost answer: call again.
   */
  compute(bucket: RollupBucket): Promise<{ people: number }>
  /** Replaces the bucket's rows by these, in one transaction. Lost answer: call again. */
  replace(bucket: RollupBucket, rows: readonly PersonMetrics[]): Promise<void>
  /** Rows of the buckets that begin in `[from, to)`, in order of bucket, then of person. */
  read(request: {
    grain: Grain
    from: number
    to: number
    people?: readonly number[]
  }): AsyncIterable<readonly UserMetrics[]>
  /** The buckets that have rows of these numbers. */
  bucketsOf(people: readonly number[]): Promise<readonly RollupBucket[]>
  /** Deletes the buckets that ended before that instant. Lost answer: call again. */
  expire(grain: Grain, before: number): Promise<{ rows: number }>
}

/** When events first happened, as columns; valid until the next batch. */
export interface FirstSeenBatch {
  length: number
  /** Numbers of ids, people not resolved. */
  person: Int32Array
  /** UTC milliseconds. */
  time: Float64Array
}

/** When each id first did what, whatever became of the events since: moved, archived or expired. */
export interface FirstSeenStore {
  /**
   * The earliest instant of an event of any of these types, of each id that has one, in bounded memory; an id may come several
   * times. Every event counts that `insertEvents` stored. Oracle, Postgres: a cursor over the grouped rows.
   */
  read(request?: {
    /** @default any type */
    eventTypes?: readonly string[]
    signal?: AbortSignal
  }): AsyncIterable<FirstSeenBatch>
  /** Whether that covers all history: not where the tables are older than this one, or where segments were found again. */
  isWhole(): Promise<boolean>
}

/**
 * Where events live while they are hot. Everything that is kept in a database goes through this port: the event table, what
 * follows from it (people, sessions, rollups), and `records` for the small rows that are changed by compare-and-set.
 *
 * In the doc of each method, a *lost answer* means: the call may or may not have happened, and the caller knows neither. What
 * only reads changes nothing: after a lost answer it is called again.
 */
export interface HotStore {
  /** Shown in messages, such as `duckdb`. */
  readonly name: string
  readonly capabilities: StoreCapabilities

  /** The catalog, leases, the audit chain and the like, in the same database as the events. */
  readonly records: RecordStore
  readonly sessions: SessionStore
  readonly rollups: RollupStore
  /** Kept current by `insertEvents`, in the transaction of the events. */
  readonly firstSeen: FirstSeenStore

  /**
   * Makes or migrates the tables (`auto`), or checks that they fit (`check`); `off` trusts. Done twice, it changes nothing.
   * Oracle: one DDL for 19c and one for 23ai, ORA-00955 means that it is there. Postgres: one transaction a version.
   * Lost answer: call again.
   * @throws AnalyticsError `schema_mismatch`, `store_locked`, `store_unavailable`.
   */
  setup(mode: 'auto' | 'check' | 'off'): Promise<void>

  /**
   * Stores the events and resolves when they are durable, one outcome each, in order. An id that is there already, or earlier
   * in the same call, is a duplicate: the first is kept, whatever the others hold. Ids are looked for in the day of the event
   * and the days beside it; in the 8 days before, too, where the event's time was changed on receipt (`$flags` say so). Rows
   * of a standing seal count as there.
   * All or none of the new ones are stored; with them their sessions, the marks of their hours and when they first happened, and
   * before them the links between the ids of events that name both.
   * Oracle: `executeMany` with `batchErrors`, ORA-00001 is a duplicate, explicit commit. Postgres: `INSERT … SELECT FROM
   * unnest(…) ON CONFLICT DO NOTHING RETURNING event_id`. Lost answer: insert again; the ids make that harmless.
   */
  insertEvents(events: readonly StoredEvent[]): Promise<readonly InsertOutcome[]>

  /**
   * Remembers whose anonymous ids these are. An id that has an owner keeps it: the first link wins, so that two users of one
   * device stay two. Links go from anonymous ids to users only, hence no cycles.
   * Oracle, Postgres: `UPDATE … WHERE linked_person IS NULL`. Lost answer: link again.
   */
  linkIdentities(links: readonly IdentityLink[]): Promise<void>

  /** The user that an anonymous id belongs to. */
  ownerOf(anonymousId: string): Promise<string | undefined>

  /** The anonymous ids that belong to a user, oldest link first. Oracle, Postgres: an index on the user's number. */
  anonymousIdsOf(userId: string): Promise<readonly string[]>

  /**
   * The ids of people, in the order of their numbers, which are those that `people` resolves to; of a number that is no longer
   * given to anybody there are none. Oracle, Postgres: a look-up by the number and one by the index on the user's number.
   */
  identitiesOf(people: readonly number[]): Promise<readonly PersonIds[]>

  /**
   * How numbers become people, links included that were made before the call. Cheap when nothing changed.
   * Oracle, Postgres: links made since the last call, by a growing number, added to the array that the adapter keeps.
   */
  people(): Promise<People>

  /**
   * The numbers of these people; unknown ones are given a number. Oracle, Postgres: one array bind and a unique key on the id.
   * Lost answer: call again, numbers never change.
   */
  personNumbers(identities: readonly EventIdentity[]): Promise<Int32Array>

  /** The numbers that these people have already, in order; -1 for who has none. Oracle, Postgres: an index on the id. */
  knownNumbers(identities: readonly EventIdentity[]): Promise<Int32Array>

  /** Identity of the numbering of people: a rebuilt one has another. Oracle, Postgres: a row that `setup` writes once. */
  dictionaryId(): Promise<string>

  /**
   * The narrow read of analyses: day by day, each in order of time, in bounded memory.
   * Oracle: a result set of numbers with `fetchArraySize` 1,000; Postgres: a cursor. Both stop when `signal` aborts.
   */
  scan(request: ScanRequest & HotRead): AsyncIterable<EventBatch>

  /**
   * Whole events in the order asked for, day by day, in bounded memory.
   * Oracle: a result set, CLOBs fetched as text, a page by `FETCH FIRST`; Postgres: a cursor.
   */
  readEvents(request: EventsRequest & HotRead): AsyncIterable<readonly StoredEvent[]>

  /**
   * Names the state of what queries about a range read, `from` and `to` in UTC milliseconds: events, people, the catalog and
   * definitions. As long as it is the same, so are their answers. Only stores that no other process changes have it.
   */
  dataVersion?(range: { from: number; to: number }): string

  /**
   * The number of the last change, to one of events, the catalog or definitions, by which what a scan of the day gives may have come to
   * differ; without a day, of the last change of all. Only stores that no other process changes have it.
   */
  lastChange?(day?: Day): number

  /** Days with rows, oldest first, and how many, the rows of `except` not counted. Oracle, Postgres: counts every row. */
  listDays(read?: DaysRead): Promise<readonly HotDay[]>

  /** Days with rows, oldest first, those of `except` not counted. Oracle, Postgres: one step of an index a day. */
  daysWithRows(read?: DaysRead): Promise<readonly Day[]>

  /**
   * Freezes the rows that the day has now. They stay readable by every read until they are dropped. Asked again while a seal
   * stands, it returns that seal.
   * Oracle: `EXCHANGE PARTITION FOR (day)` with a table named for the seal. Postgres: `DETACH PARTITION` likewise.
   * DuckDB: the highest insert number of the day. Lost answer: call again.
   */
  sealDay(day: Day): Promise<Seal>

  /**
   * Streams exactly the rows of the seal, in no particular order, in bounded memory.
   * Oracle, Postgres: a cursor over the sealed table.
   */
  readSealed(seal: Seal, options?: { signal?: AbortSignal }): AsyncIterable<readonly NumberedEvent[]>

  /**
   * The same rows, for a reader that brings DuckDB itself. Only stores that keep rows in DuckDB have it.
   * Lost answer: ask again.
   */
  lendSealed?(seal: Seal): Promise<DuckDbRows>

  /**
   * Deletes exactly the rows of the seal; rows that arrived later stay. Done twice, it deletes nothing more.
   * Oracle, Postgres: `DROP TABLE` of the sealed table. Lost answer: call again.
   */
  dropSealed(seal: Seal): Promise<{ rows: number }>

  /**
   * Deletes everything that the hot store has of these ids: their events, sealed ones and dead letters too, their sessions and
   * metrics, when they first did what, and the ids themselves; their numbers are never given again. Done twice, it deletes nothing more.
   * Oracle, Postgres: one transaction. Lost answer: call again.
   */
  eraseSubject(subject: Subject): Promise<ErasedRows>

  /**
   * Rewrites the database's file from the rows that it has, so that the bytes of deleted ones are gone, and looks for these texts
   * in it before and after. Text may be compressed: one that is not found before may still have been there, but what a deleted
   * row held is never in the new file. Only stores whose file keeps the bytes of deleted rows have it.
   * Reads go on until the new file takes the old one's place, for which it waits until none is under way; writes wait until all
   * is done. Needs room for the rows a second time. Lost answer: call again.
   * @throws AnalyticsError `overloaded` where reads did not end in time, `store_unavailable` where the new file could not be
   *   written: nothing has changed then. `store_locked`, `store_unavailable` where it could not be opened: the next call tries to.
   */
  rewriteFile?(request: { texts: readonly string[]; signal?: AbortSignal }): Promise<FileRewrite>

  /**
   * Forgets the ids of people of whom there is nothing left: ids first seen before that instant without an event, a session or
   * a row of metrics; with them goes when they first did what. Their numbers are never given again. Lost answer: call again.
   */
  expireIdentities(before: number): Promise<{ rows: number }>

  /** Deletes the dead letters from before that instant. Lost answer: call again. */
  expireDeadLetters(before: number): Promise<{ rows: number }>

  /**
   * Takes the lease when it is free, expired, or already the owner's (which renews it); undefined when another holds it.
   * Oracle, Postgres: compare-and-set on a row, times from the database's clock. Lost answer: call again, same owner.
   */
  acquireLease(name: string, options: { owner: string; ttlMs: number }): Promise<Lease | undefined>

  /** Gives the lease up if it is still the owner's. Lost answer: it expires by itself. */
  releaseLease(lease: Lease): Promise<void>

  /** Appends to the hash-chained audit log. Lost answer: append again; the chain shows both. */
  audit(entry: AuditEntry): Promise<void>

  /** Signs a text with the key of the data set. Oracle, Postgres: a row of the meta table, written once. Lost answer: sign again. */
  sign(text: string): Promise<Signature>

  /**
   * Frees the database. Calls under way finish; done twice, it does nothing more. Oracle, Postgres: the pool is the host's and
   * stays open.
   */
  close(): Promise<void>
}
