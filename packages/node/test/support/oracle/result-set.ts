import type { FieldDef } from 'pg'
import { fetchText } from './binds.js'
import {
  type ColumnMetadata,
  type ConnectionImpl,
  constants,
  driver,
  type ExecuteOptions,
  isType,
  type ResultSetImpl,
} from './driver.js'
import { oraError, refusal } from './errors.js'
import type { OracleVersion } from './refusals.js'

const { DB_TYPE_BINARY_DOUBLE, DB_TYPE_BOOLEAN, DB_TYPE_CLOB, DB_TYPE_JSON, DB_TYPE_NUMBER, DB_TYPE_VARCHAR } =
  constants

/** Numbers of the types that only the stand-in's databases have. */
export interface OwnTypes {
  clob: number
  document: number
}

/** A row as Postgres sends it, every value as text. */
export type TextRow = (string | null)[]

/** A finished query: its rows are in memory, as consistent as Oracle's would be, however long they are read. */
export interface QueryResult {
  fields: FieldDef[]
  rows: TextRow[]
}

const NUMBERS = new Set([20, 21, 23, 1700])
const DOUBLES = new Set([700, 701])
const TEXTS = new Set([18, 19, 25, 705, 1042, 1043])
const BOOLEAN = 16

/** The part of a result set below the driver's own, over rows that are there. */
export function resultSetImpl(
  { fields, rows }: QueryResult,
  options: ExecuteOptions,
  {
    types,
    version,
    connection,
    roundTrip,
  }: {
    types: OwnTypes
    version: OracleVersion
    connection: ConnectionImpl
    /** Called before each round trip after `execute`. */
    roundTrip: () => Promise<void>
  },
): ResultSetImpl {
  const metaData = fields.map((field): ColumnMetadata => {
    return { name: field.name.toUpperCase(), dbType: dbTypeOf(field, types, version), nullable: true }
  })
  let next = 0
  let isFirst = true
  const impl = new driver.ResultSetImpl()
  Object.assign(impl, {
    async getRows(count: number) {
      if (!isFirst) await roundTrip()
      isFirst = false
      const some = rows.slice(next, next + count)
      next += some.length
      return some.map((row) => row.map((value, i) => fetched(value, impl.metaData[i]!, connection, roundTrip)))
    },
    close() {
      rows.length = 0
    },
  })
  impl._setup(options, metaData)
  return impl
}

function dbTypeOf({ dataTypeID, name }: FieldDef, types: OwnTypes, version: OracleVersion) {
  if (NUMBERS.has(dataTypeID)) return DB_TYPE_NUMBER
  if (DOUBLES.has(dataTypeID)) return DB_TYPE_BINARY_DOUBLE
  if (TEXTS.has(dataTypeID)) return DB_TYPE_VARCHAR
  if (dataTypeID === types.clob) return DB_TYPE_CLOB
  if (dataTypeID === types.document) return DB_TYPE_JSON
  if (dataTypeID === BOOLEAN && version === '23ai') return DB_TYPE_BOOLEAN
  if (dataTypeID === BOOLEAN) throw oraError(923, 'FROM keyword not found where expected')
  throw refusal(
    `the column ${name} is fetched as it is (type ${dataTypeID}): a date or an instant would arrive in the zone of this process.`,
  )
}

function fetched(
  value: string | null,
  { dbType, fetchType }: ColumnMetadata,
  connection: ConnectionImpl,
  roundTrip: () => Promise<void>,
): unknown {
  if (value === null) return null
  // The driver itself makes numbers of the digits.
  if (isType(dbType, DB_TYPE_NUMBER)) return value
  if (isType(dbType, DB_TYPE_BINARY_DOUBLE)) return Number(value)
  if (isType(dbType, DB_TYPE_BOOLEAN)) return value === 't'
  if (isType(dbType, DB_TYPE_JSON)) return isType(fetchType, DB_TYPE_JSON) ? (JSON.parse(value) as unknown) : value
  if (isType(fetchType, DB_TYPE_CLOB)) return lobImpl(fetchText(value), connection, roundTrip)
  return value === '' ? null : fetchText(value)
}

/** The part of a LOB below the driver's own: a handle that lives as long as its connection, and costs a round trip. */
function lobImpl(data: string, connection: ConnectionImpl, roundTrip: () => Promise<void>): object {
  return Object.assign(new driver.LobImpl(), {
    _parentObj: connection,
    getType: () => DB_TYPE_CLOB,
    getLength: () => data.length,
    getPieceSize: () => 8132,
    getChunkSize: () => 8132,
    close() {},
    async read(offset: number, length = 8132) {
      await roundTrip()
      return data.slice(offset - 1, offset - 1 + length) || null
    },
    async getData(offset = 1, length = 0) {
      await roundTrip()
      return data.slice(offset - 1, length > 0 ? offset - 1 + length : undefined)
    },
  })
}
