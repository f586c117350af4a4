import type { Day, Seal } from '@analytics/protocol'
import type { SqlDatabase, SqlSession, SqlStatement, SqlValue } from './dialect.js'

/** A day's rows that were set aside in a table of their own. */
export interface SealedTable extends Seal {
  /** Also the seal's id. */
  table: string
  /** Its rows may be on their way into it: `rows` is not known yet. */
  isPending?: true
}

/** How a server database cuts the event table into days. */
export interface EventPartitions {
  /** Makes the partitions of these days, where the database doesn't by itself. */
  prepare(days: readonly Day[]): Promise<void>
  /** Whether an insert failed because a day's partition is away or frozen: made ready again, it can be tried once more. */
  isUnprepared(error: unknown): boolean
  /** Sealed tables of the days from first to last that still stand, as this session sees them. */
  standing(session: SqlSession, first: Day, last: Day): Promise<readonly SealedTable[]>
  /** Sets the day's rows aside; where that was done already, tells of it. */
  seal(day: Day): Promise<SealedTable>
  /** Drops a sealed table, if it still stands. Resolves to its rows. */
  drop(seal: Seal): Promise<number>
  /** Writes down how many rows sealed tables have after an erasure. */
  recount(session: SqlSession, seals: readonly SealedTable[]): Promise<void>
}

/** A database that streams. */
export interface ServerDatabase extends SqlDatabase {
  /**
   * Runs the statement that `prepare` makes and hands its rows out in batches. What `prepare` learns of sealed tables holds
   * for every row.
   */
  stream(
    prepare: (session: SqlSession) => Promise<SqlStatement>,
    options: {
      signal?: AbortSignal | undefined
      /**
       * Asked once the statement runs: whether what `prepare` learned is still so. If not, it is prepared again; a database
       * that holds a lock meanwhile need not ask.
       */
      stillHolds?: ((session: SqlSession) => Promise<boolean>) | undefined
    },
  ): AsyncIterable<SqlValue[][]>
}
