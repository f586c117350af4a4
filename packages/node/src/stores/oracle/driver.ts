import { AnalyticsError } from '@analytics/protocol'

/** What the store calls of a result set. */
export interface OracleResultSet {
  /** The next rows, none when there are no more. */
  getRows(count: number): Promise<unknown[][]>
  /** Frees the cursor. */
  close(): Promise<void>
}

/** What the store calls of a connection of the package `oracledb`. */
export interface OracleConnection {
  readonly oracleServerVersion: number
  callTimeout?: number | undefined
  /** Runs a statement with binds by name. */
  // biome-ignore lint/suspicious/noExplicitAny: the driver's own declarations are wider than any slice of them
  execute(sql: string, binds: any, options: any): Promise<any>
  /** Runs a statement for many rows of binds by place. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  executeMany(sql: string, rows: any, options: any): Promise<any>
  /** Ends the transaction. */
  commit(): Promise<void>
  /** Ends the transaction without its changes. */
  rollback(): Promise<void>
  /** Interrupts the call that is under way. */
  break(): Promise<void>
  /** Gives the connection back to its pool, or drops it. */
  close(options?: { drop: boolean }): Promise<void>
}

/** What the store calls of a pool of the package `oracledb`. */
export interface OraclePool {
  /** Borrows a connection. */
  getConnection(): Promise<OracleConnection>
}

/** The driver's constants that statements need. */
export interface OracleConstants {
  outFormat: number
  text: unknown
  clob: unknown
  number: unknown
  double: unknown
}

let loaded: Promise<OracleConstants> | undefined

/** Loads the driver's constants. @throws AnalyticsError `missing_dependency`. */
export function oracleConstants(): Promise<OracleConstants> {
  loaded ??= import('oracledb').then(
    ({ default: driver }) => ({
      outFormat: driver.OUT_FORMAT_ARRAY,
      text: driver.DB_TYPE_VARCHAR,
      clob: driver.DB_TYPE_CLOB,
      number: driver.DB_TYPE_NUMBER,
      double: driver.DB_TYPE_BINARY_DOUBLE,
    }),
    (cause) => {
      loaded = undefined
      throw new AnalyticsError('missing_dependency', 'oracleStore needs the package oracledb: install it.', { cause })
    },
  )
  return loaded
}
