import type { JsonObject } from './json.js'

/**
 * The kinds of small rows that a store keeps besides events: facts of its own, the catalog of tiers, leases, the audit chain,
 * states of rollup buckets, runs of jobs, keyed hashes of people who are not to be stored again, dead letters, and the definitions of
 * metrics and cohorts.
 */
export type RecordKind =
  | 'meta'
  | 'tier'
  | 'lease'
  | 'audit'
  | 'rollup'
  | 'job'
  | 'suppression'
  | 'dead-letter'
  | 'definition'

/**
 * Key of the record of kind `meta` that says that the store has seen every event of its data set, from the first on: its table of
 * who did what first covers all history. Whoever adds events past the store takes it away.
 */
export const FIRST_SEEN_RECORD: string = 'first-seen'

/** The value of a record of kind `dead-letter`: an event that could not be stored, kept to be put right and sent again. */
export interface DeadLetter {
  /** When it was given up, UTC milliseconds: its age counts from here. */
  at: number
  /** Why, as a code: `schema_violation`, `store_unavailable`. */
  reason: string
  /** Whom the event names, so that an erasure finds it. */
  userId: string | null
  anonymousId: string | null
  /** As it came. */
  event: JsonObject
}

/** A small row with the version that compare-and-set goes by. */
export interface StoredRecord<Value = unknown> {
  key: string
  /** Begins at 1 and grows by 1 with each change. */
  version: number
  value: Value
}

/**
 * Small rows changed by compare-and-set: the catalog, leases, the audit chain.
 *
 * Oracle and Postgres: one table a kind, `UPDATE … WHERE record_key = :k AND version = :v` and an insert for version 0;
 * a row count of 0, or a violated key, is a conflict. Each call commits by itself. A lost answer means unknown: read the
 * record again, its version and value tell whether the change is there.
 */
export interface RecordStore {
  /** The record as it is now; undefined where there is none. */
  get<Value>(kind: RecordKind, key: string): Promise<StoredRecord<Value> | undefined>
  /** By key, ascending; keys above `after` that begin with `prefix`. @default limit 1000 */
  list<Value>(
    kind: RecordKind,
    options?: { prefix?: string; after?: string; limit?: number },
  ): Promise<StoredRecord<Value>[]>
  /** Writes if the record's version is still `expected` (0: if there is none). Resolves to the new version, or undefined on a conflict. */
  put<Value>(kind: RecordKind, key: string, value: Value, expected: number): Promise<number | undefined>
  /** Deletes if the version is still `expected`. Resolves to false on a conflict. */
  delete(kind: RecordKind, key: string, expected: number): Promise<boolean>
}

/** Records of one answer, so that memory stays bounded. */
const PAGE = 1000

/** Every record of a kind, by key, whatever their number: those behind `after` that begin with `prefix`. */
export async function* eachRecord<Value>(
  records: Pick<RecordStore, 'list'>,
  kind: RecordKind,
  { prefix, after }: { prefix?: string; after?: string } = {},
): AsyncGenerator<StoredRecord<Value>> {
  let last = after
  for (;;) {
    const page = await records.list<Value>(kind, {
      limit: PAGE,
      ...(prefix === undefined ? {} : { prefix }),
      ...(last === undefined ? {} : { after: last }),
    })
    yield* page
    if (page.length < PAGE) return
    last = page.at(-1)!.key
  }
}

/** The text of a record of kind `meta`, made where there is none; of several that make one, all get the first. */
export async function madeOnce(
  records: Pick<RecordStore, 'get' | 'put'>,
  key: string,
  make: () => string,
): Promise<string> {
  const known = await records.get<string>('meta', key)
  if (known) return known.value
  const made = make()
  if ((await records.put('meta', key, made, 0)) !== undefined) return made
  return (await records.get<string>('meta', key))!.value
}

/** Deletes a record of kind `meta`, whoever else changes it. */
export async function removeRecord(records: Pick<RecordStore, 'get' | 'delete'>, key: string): Promise<void> {
  for (;;) {
    const record = await records.get('meta', key)
    if (!record || (await records.delete('meta', key, record.version))) return
  }
}
