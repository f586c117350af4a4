import type { DuckDBConnection, DuckDBType, DuckDBValue } from '@duckdb/node-api'
import type { SqlBind, SqlDatabase, SqlSession, SqlValue } from '../sql/dialect.js'
import { statement } from '../sql/dialect.js'
import type { SqlType, Table } from '../sql/tables.js'
import { type Database, type DuckDb, rowsOf } from './database.js'
import { duckdbDialect } from './dialect.js'
import { CHUNK_ROWS } from './rows.js'

/** The database as the statements see it that it shares with the server databases. */
export function duckdbSql(opened: () => Promise<{ database: Database }>): SqlDatabase {
  return {
    dialect: duckdbDialect,
    async write(work) {
      const { database } = await opened()
      return database.write((connection) => work(duckdbSession(database.duckdb, connection)))
    },
    async read(work) {
      const { database } = await opened()
      return database.read((connection) => work(duckdbSession(database.duckdb, connection)))
    },
  }
}

/** One connection as a session; what it changes belongs to the connection's transaction. */
export function duckdbSession(duckdb: DuckDb, connection: DuckDBConnection): SqlSession {
  const valuesOf = (binds: readonly SqlBind[]) => binds.map(({ type, value }) => bound(duckdb, type, value))
  const session: SqlSession = {
    async query({ sql, binds }) {
      const rows = await rowsOf(connection, sql, valuesOf(binds))
      return rows.map((row) => row.map((value) => (typeof value === 'bigint' ? Number(value) : (value as SqlValue))))
    },
    async execute({ sql, binds }) {
      return (await connection.run(sql, valuesOf(binds))).rowsChanged
    },
    async insert(table, rows) {
      const taken = await takenKeys(session, table, rows)
      const isNew = rows.map((row) => !taken.has(keyOf(table, row)))
      await appendRows(
        duckdb,
        connection,
        table,
        rows.filter((_, i) => isNew[i]),
      )
      return isNew
    },
    async update(table, rows) {
      for (const row of rows) {
        const builder = statement(duckdbDialect)
        const key = table.key.map((name) => {
          const at = table.columns.findIndex((column) => column.name === name)
          const value = row[at] ?? null
          return `${name} = ${typeof value === 'number' ? builder.integer(value) : builder.text(String(value))}`
        })
        await session.execute(builder.build(`DELETE FROM ${table.name} WHERE ${key.join(' AND ')}`))
      }
      await appendRows(duckdb, connection, table, rows)
    },
  }
  return session
}

function bound(duckdb: DuckDb, type: SqlBind['type'], value: SqlBind['value']): DuckDBValue {
  if (Array.isArray(value)) {
    const items = value as readonly SqlValue[]
    return duckdb.listValue(type === 'integers' ? items.map((item) => BigInt(item as number)) : [...items])
  }
  if (type === 'integer' && value !== null) return BigInt(value as number)
  return value as SqlValue
}

const keyOf = (table: Table, row: readonly SqlValue[]): string =>
  table.key.map((name) => String(row[table.columns.findIndex((column) => column.name === name)])).join('\n')

/** Keys of the rows that are there. There are no indexes: the first column of the key narrows the look-up. */
async function takenKeys(
  session: SqlSession,
  table: Table,
  rows: readonly (readonly SqlValue[])[],
): Promise<Set<string>> {
  const [first] = table.key
  const column = table.columns.find(({ name }) => name === first)!
  const values = [...new Set(rows.map((row) => row[table.columns.indexOf(column)] ?? null))]
  const builder = statement(duckdbDialect)
  const list =
    typeof column.type === 'object'
      ? builder.isAnyText(column.name, values.map(String))
      : column.type === 'day'
        ? builder.isAnyText(`${column.name}::VARCHAR`, values.map(String))
        : column.type === 'time'
          ? builder.isAnyInteger(`epoch_ms(${column.name})`, values.map(Number))
          : builder.isAnyInteger(column.name, values.map(Number))
  const keys = table.key.map((name) => {
    const { type } = table.columns.find((one) => one.name === name)!
    return duckdbDialect.select(name, type)
  })
  const found = await session.query(builder.build(`SELECT ${keys.join(', ')} FROM ${table.name} WHERE ${list}`))
  return new Set(found.map((key) => key.map(String).join('\n')))
}

/** Appends rows as chunks of columns: far cheaper than a statement a row. */
async function appendRows(
  duckdb: DuckDb,
  connection: DuckDBConnection,
  table: Table,
  rows: readonly (readonly SqlValue[])[],
): Promise<void> {
  if (rows.length === 0) return
  const appender = await connection.createAppender(table.name)
  const types = table.columns.map(({ type }) => columnType(duckdb, type))
  try {
    for (let i = 0; i < rows.length; i += CHUNK_ROWS) {
      const part = rows.slice(i, i + CHUNK_ROWS)
      const chunk = duckdb.DuckDBDataChunk.create(types, part.length)
      chunk.rowCount = part.length
      table.columns.forEach(({ type }, at) => {
        chunk.setColumnValues(
          at,
          part.map((row) => columnValue(duckdb, type, row[at] ?? null)),
        )
      })
      appender.appendDataChunk(chunk)
    }
  } finally {
    // Also after a failure: what an open appender holds would be written when it is collected, outside of the transaction.
    appender.closeSync()
  }
}

function columnType({ VARCHAR, INTEGER, BIGINT, DOUBLE, TIMESTAMP, DATE }: DuckDb, type: SqlType): DuckDBType {
  if (typeof type === 'object') return VARCHAR
  return {
    'long-text': VARCHAR,
    json: VARCHAR,
    integer: INTEGER,
    bigint: BIGINT,
    double: DOUBLE,
    time: TIMESTAMP,
    day: DATE,
  }[type]
}

function columnValue(duckdb: DuckDb, type: SqlType, value: SqlValue): DuckDBValue {
  if (value === null) return null
  if (type === 'time') return new duckdb.DuckDBTimestampValue(BigInt(value) * 1000n)
  if (type === 'day') return new duckdb.DuckDBDateValue(Math.floor(Date.parse(`${value}T00:00:00Z`) / 86_400_000))
  return type === 'bigint' ? BigInt(value) : value
}
