import type { DuckDBConnection } from '@duckdb/node-api'
import { rowsOf } from './database.js'
import type { TableNames } from './schema.js'

/** Ids kept in memory: about 100 bytes each. */
const KEPT_IDS = 200_000

/** Characters of an id that tell its time to 17 minutes. */
const BUCKET_LENGTH = 6

/**
 * The ids of newly made events, so that most batches need no look-up. It knows every stored id from a certain time on; about
 * older ones it knows nothing.
 */
export interface RecentIds {
  /** Whether the id is stored; undefined where only the table can tell. */
  has(id: string): boolean | undefined
  /** Told of every id that was committed. */
  add(ids: Iterable<string>): void
  /** Reads the newest ids of the table. */
  load(connection: DuckDBConnection): Promise<void>
}

/** Ids begin with their time, so buckets of their first characters are buckets of time. */
export function recentIds(names: TableNames, kept: number = KEPT_IDS): RecentIds {
  const buckets = new Map<string, Set<string>>()
  let size = 0
  /** Every stored id whose bucket is at or above this one is known. */
  let floor = ''

  const bucketOf = (id: string) => id.slice(0, BUCKET_LENGTH)
  const add = (ids: Iterable<string>) => {
    let bucket = ''
    let known: Set<string> | undefined
    for (const id of ids) {
      // Ids of one batch are mostly of one time.
      if (known === undefined || !id.startsWith(bucket)) {
        bucket = bucketOf(id)
        if (bucket < floor) {
          known = undefined
          continue
        }
        known = buckets.get(bucket)
        if (!known) {
          known = new Set()
          buckets.set(bucket, known)
        }
      }
      known.add(id)
      size++
    }
    while (size > kept && buckets.size > 1) {
      const oldest = [...buckets.keys()].sort()[0]!
      size -= buckets.get(oldest)!.size
      buckets.delete(oldest)
      // The next bucket that is kept; what lies between has no ids, as far as is known.
      floor = [...buckets.keys()].sort()[0]!
    }
  }

  return {
    has(id) {
      const bucket = bucketOf(id)
      return bucket >= floor ? (buckets.get(bucket)?.has(id) ?? false) : undefined
    },
    add,
    async load(connection) {
      buckets.clear()
      size = 0
      // Not max(): that reads every id, this leaves out the row groups whose ids are all lower.
      const newest = `SELECT event_id FROM ${names.events} ORDER BY event_id DESC LIMIT 1`
      const [top] = await rowsOf(connection, newest)
      floor = top?.[0] ? bucketOf(String(top[0])) : ''
      if (floor === '') return
      const [count] = await rowsOf(connection, `SELECT count(*)::DOUBLE FROM ${names.events} WHERE event_id >= $1`, [
        floor,
      ])
      if (Number(count?.[0]) > kept) {
        // Too many to hold: ids of this bucket are looked up, those of the next one on are known.
        floor += '~'
        return
      }
      add(
        (await rowsOf(connection, `SELECT event_id FROM ${names.events} WHERE event_id >= $1`, [floor])).map(([id]) =>
          String(id),
        ),
      )
    },
  }
}
