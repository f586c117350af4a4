import { createRequire } from 'node:module'
import oracledb from 'oracledb'

/** What the driver's connection calls of the part below it, which speaks to the server; the stand-in takes its place. */
export interface ConnectionImpl {
  execute(sql: string, rows: number, binds: Bind[], options: ExecuteOptions, isMany: boolean): Promise<ExecuteResult>
  commit(): Promise<void>
  rollback(): Promise<void>
  close(options?: { drop?: boolean }): Promise<void>
  breakExecution(): Promise<void>
  getCallTimeout(): number
  setCallTimeout(ms: number): void
  getOracleServerVersion(): number
}

/** A bind as the driver hands it down: checked, its type known, one value a row. */
export interface Bind {
  type: oracledb.DbType
  maxSize?: number
  dir: number
  isArray: boolean
  name?: string
  values: unknown[]
}

/** Options as the driver hands them down, with its defaults. */
export interface ExecuteOptions {
  connection: unknown
  autoCommit: boolean
  fetchArraySize: number
  bindDefs?: unknown
  batchErrors?: boolean
  dmlRowCounts?: boolean
}

/** What the driver makes an answer to `execute` and `executeMany` of. */
export interface ExecuteResult {
  resultSet?: ResultSetImpl
  rowsAffected?: number
  batchErrors?: Error[]
  dmlRowCounts?: number[]
}

/** What is known of a column before its rows are fetched. */
export interface ColumnMetadata {
  name: string
  dbType: oracledb.DbType
  nullable: boolean
  fetchType?: oracledb.DbType
}

/** The part of a result set below the driver's own. */
export interface ResultSetImpl {
  metaData: ColumnMetadata[]
  getRows(count: number): Promise<unknown[][]>
  close(): void
  _setup(options: ExecuteOptions, metaData: ColumnMetadata[]): void
}

/** The driver's own reading of a statement: its kind, and its binds by occurrence. */
export interface ParsedStatement {
  sql: string
  isQuery: boolean
  isDml: boolean
  isDdl: boolean
  isPlSql: boolean
  bindInfoList: readonly { bindName: string }[]
  _prepare(sql: string): void
}

interface DriverErrors {
  throwErr(code: number, ...args: unknown[]): never
  getErr(code: number, ...args: unknown[]): Error
  transformErr(error: unknown): Error
  ERR_INVALID_CONNECTION: number
  ERR_WRONG_NUMBER_OF_BINDS: number
  ERR_INVALID_BIND_NAME: number
  ERR_CONNECTION_CLOSED: number
  ERR_CONN_REQUEST_TIMEOUT: number
  ERR_CALL_TIMEOUT_EXCEEDED: number
  ERR_TOO_MANY_BATCH_ERRORS: number
  ERR_EXECMANY_NOT_ALLOWED_ON_QUERIES: number
}

interface Internals {
  Connection: new () => oracledb.Connection & { _impl: ConnectionImpl }
  ConnectionImpl: new () => { _osonMaxFieldNameSize: number }
  ResultSetImpl: new () => ResultSetImpl
  LobImpl: new () => object
  Statement: new () => ParsedStatement
  errors: DriverErrors
}

/**
 * The driver from the inside. Everything above the wire is its own code: the checks of arguments and binds, result sets,
 * conversions, the wrapping of errors. The paths are those of the version that the manifest pins.
 */
export const driver: Internals = loadInternals()

function loadInternals(): Internals {
  const require = createRequire(import.meta.url)
  const inside = (path: string): unknown => require(`oracledb/lib/${path}.js`)
  return {
    Connection: inside('connection') as Internals['Connection'],
    ConnectionImpl: inside('impl/connection') as Internals['ConnectionImpl'],
    ResultSetImpl: inside('impl/resultset') as Internals['ResultSetImpl'],
    LobImpl: inside('impl/lob') as Internals['LobImpl'],
    Statement: (inside('thin/statement') as Pick<Internals, 'Statement'>).Statement,
    errors: inside('errors') as DriverErrors,
  }
}

/** The driver's reading of a statement. */
export function parseStatement(sql: string): ParsedStatement {
  const statement = new driver.Statement()
  statement._prepare(sql)
  return statement
}

/** Whether two types of the driver are the same: it loads its constants once. */
export const isType = (type: oracledb.DbType | undefined, ...others: oracledb.DbType[]): boolean =>
  type !== undefined && others.includes(type)

/** The driver's constants. */
export const constants: typeof oracledb = oracledb
