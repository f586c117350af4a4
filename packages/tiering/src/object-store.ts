/** Where an object lies. `archive` must be restored before it can be read. */
export type StorageTier = 'cold' | 'archive'

/** Whether the bytes of an object can be read now. */
export type ArchivalState = 'available' | 'archived' | 'restoring' | 'restored'

/** What is known of an object without reading it. */
export interface ObjectInfo {
  name: string
  /** Bytes. */
  size: number
  /** Changes whenever the bytes do. */
  etag: string
  tier: StorageTier
  archivalState: ArchivalState
  /** UTC milliseconds. */
  modifiedAt: number
  /** Until when a restored object stays readable, UTC milliseconds. */
  readableUntil?: number
}

/** Bytes to store. `open` may be called again for a retry and yields the same bytes each time. */
export interface ObjectBody {
  /** Bytes. */
  size: number
  /** Lower-case hex SHA-256 of all bytes: the store refuses others. */
  sha256: string
  /** The bytes from the first on. */
  open(): AsyncIterable<Uint8Array>
}

/** What a put did. `exists` means that nothing was written. */
export type PutResult = { status: 'created'; etag: string } | { status: 'exists' }

/**
 * How far an object is on its way to the archive tier. `pending`: the service is at it; the ticket is for the next call. `failed`: it gave
 * up, for its reason, and nothing was deleted; the next call begins anew, without the ticket.
 */
export type ArchiveResult =
  | { status: 'archived' }
  | { status: 'pending'; ticket: string }
  | { status: 'failed'; reason: string }

/** Something in the settings of a store that is against what tiering does. */
export interface StoreConcern {
  /** `warning`: it works, and may cost something. */
  severity: 'warning' | 'error'
  message: string
}

/** Options that every call takes. */
export interface CallOptions {
  signal?: AbortSignal
}

/**
 * Object storage as tiering uses it. Names are made of `A-Z a-z 0-9 = _ . / -`.
 *
 * A failed call rejects with an `AnalyticsError`; `outcome_unknown` says that it may have happened: `head` tells, and
 * nothing is deleted on such an answer. Adapters set a deadline on every request.
 */
export interface ObjectStore {
  /** Shown in messages and in the catalog, such as `file`. */
  readonly name: string
  /** Where objects lie, for people: a bucket, a folder. */
  readonly location: string
  readonly capabilities: {
    /** Whether objects can be moved to the archive tier and restored. */
    archive: boolean
    /** Whether objects outlive the process. */
    durable: boolean
    /** Days for which an object of a tier is paid at least, where there are such. */
    minStayDays?: Readonly<Partial<Record<StorageTier, number>>>
  }

  /**
   * Stores an object that must not exist yet; it is either there whole or not at all.
   * OCI: `PUT` with `if-none-match: *` and `opc-content-sha256`, a 412 is `exists`. Lost answer: `head`, and adopt the
   * object only if size and checksum are those sent.
   * @throws AnalyticsError `checksum_mismatch` where the bytes are not those announced; nothing is stored then.
   */
  put(name: string, body: ObjectBody, options?: CallOptions & { tier?: StorageTier }): Promise<PutResult>

  /**
   * Streams the bytes from `start` (inclusive, default 0) to `end` (exclusive, default the size).
   * OCI: `GET` with a `range` header. Lost answer: get again.
   * @throws AnalyticsError `object_not_found`, or `object_archived` where it must be restored first.
   */
  get(name: string, options?: CallOptions & { start?: number; end?: number }): AsyncIterable<Uint8Array>

  /**
   * The object as a local file that may be read but neither changed nor kept, for engines that read files. Only stores that
   * have their objects on a local disk offer it; every other object is fetched with `get`.
   * @throws AnalyticsError as `get` does.
   */
  localFile?(name: string, options?: CallOptions): Promise<string>

  /**
   * What is known of the object; undefined where there is none. OCI: `HEAD`, whose `archival-state` is the truth.
   * Lost answer: ask again.
   */
  head(name: string, options?: CallOptions): Promise<ObjectInfo | undefined>

  /** Objects whose names begin with the prefix, by name. OCI: pages of 1,000; an object put meanwhile may be missing. Lost answer: list again. */
  list(prefix: string, options?: CallOptions): AsyncIterable<ObjectInfo>

  /**
   * Deletes the object with all its versions; one that is not there is success.
   * OCI: `DELETE` for each version. Lost answer: delete again.
   */
  delete(name: string, options?: CallOptions): Promise<void>

  /**
   * Brings the object to the archive tier, which can't be undone; already there is success. No call waits: a store that copies the object
   * to another place answers `pending`, and is called again with the ticket, by whoever goes on. Until it is `archived` the object is where
   * it was, and it only goes once the copy is proven to be the same. A ticket that is not known any more counts as none.
   * OCI: `updateObjectStorageTier`; with an archive bucket `copyObject`, later `getWorkRequest`. Lost answer: call again, without a ticket
   * where it was lost: a copy that is there is adopted, and a second one can do no harm, since it is create-only.
   */
  archive(name: string, options?: CallOptions & { ticket?: string }): Promise<ArchiveResult>

  /**
   * Asks for an archived object to be readable for so many hours (1 to 240); it becomes `restoring`, later `restored`.
   * Asked again, it extends. OCI: `restoreObjects`, up to an hour. Lost answer: ask again.
   */
  restore(name: string, options: CallOptions & { hours: number }): Promise<void>

  /** Looks for settings of the store that are against what tiering does. OCI: the bucket, its retention and lifecycle rules. */
  inspect?(options?: CallOptions): Promise<readonly StoreConcern[]>

  /** Frees what the adapter holds. Done twice, it does nothing more. */
  close(): Promise<void>
}
