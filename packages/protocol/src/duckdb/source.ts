/** Where a read finds its rows. */
export interface DuckDbSource {
  /** What stands behind FROM. */
  from: string
  /** Conditions beside those of the request, without values. */
  where?: string
  /** Whether these leave nothing outside of the request's range: its instants then need not be compared once more. @default false */
  isWithin?: boolean
}

/** A connection to DuckDB, as far as whoever is lent one uses it. */
export interface DuckDbConnection {
  /** Runs a statement to its end. */
  run(sql: string): Promise<unknown>
  /** Runs a statement of few rows and reads all of them. */
  runAndReadAll(sql: string): Promise<DuckDbResult>
  /** Makes the statement under way fail. */
  interrupt(): void
  /** Gives the connection back. */
  closeSync(): void
}

/** What a statement gave. */
export interface DuckDbResult {
  /** The values of each row, in the order of the columns. */
  getRows(): unknown[][]
}

/** Events in a table of DuckDB (not a query), beside each the number of its person, lent to be read where they lie. */
export interface DuckDbRows extends DuckDbSource {
  /** A connection of its own to the instance that has the table; give it back with `closeSync`. */
  connect(): Promise<DuckDbConnection>
}
