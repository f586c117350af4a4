import { AnalyticsError } from '@analytics/protocol'

/** What the store calls of a result set. */
export interface OracleResultSet {
  getRows(count: number): Promise<unknown[][]>
  close(): Promise<void>
}

/** What the store calls of a connection of the package `oracledb`. */
export interface OracleConnection {
  readonly oracleServerVersion: number
  callTimeout?: number | undefined
  // biome-ignore lint/suspicious/noExplicitAny: the driver's own declarations are wider than any slice of them
  execute(sql: string, binds: any, options: any): Promise<any>
  // biome-ignore lint/suspicious/noExplicitAny: as above
  executeMany(sql: string, rows: any, options: any): Promise<any>
  commit(): Promise<void>
  rollback(): Promise<void>
  break(): Promise<void>
  close(options?: { drop: boolean }): Promise<void>
}

/** What the store calls of a pool of the package `oracledb`. */
export interface OraclePool {
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
