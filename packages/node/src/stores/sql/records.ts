import type { RecordKind, RecordStore, StoredRecord } from '@analytics/protocol'
import { boundedInstant, type SqlDatabase, type SqlValue, type StatementBuilder, statement } from './dialect.js'
import { type ProjectedType, RECORD_TABLES } from './record-tables.js'
import type { Tables } from './tables.js'

/** Records in tables of their own; a taken key counts as no row changed. */
export function sqlRecords(database: SqlDatabase, tables: Tables): RecordStore {
  const { dialect } = database
  const toRecord = <Value>([key, version, body]: readonly SqlValue[]): StoredRecord<Value> => ({
    key: String(key),
    version: Number(version),
    value: JSON.parse(String(body)) as Value,
  })
  const select = (kind: RecordKind) => {
    const { name, columns } = tables.records[kind]
    return `SELECT ${columns
      .slice(0, 3)
      .map((column) => dialect.select(column.name, column.type))
      .join(', ')} FROM ${name}`
  }
  return {
    async get<Value>(kind: RecordKind, key: string) {
      const builder = statement(dialect)
      const found = builder.build(`${select(kind)} WHERE record_key = ${builder.text(key)}`)
      const [row] = await database.read((session) => session.query(found))
      return row && toRecord<Value>(row)
    },

    async list<Value>(kind: RecordKind, options: { prefix?: string; after?: string; limit?: number } = {}) {
      const { prefix = '', after, limit = 1000 } = options
      const builder = statement(dialect)
      const conditions = ['1 = 1']
      if (prefix !== '') conditions.push(`SUBSTR(record_key, 1, ${[...prefix].length}) = ${builder.text(prefix)}`)
      // Every key is above the empty one, which not every database can bind.
      if (after !== undefined && after !== '') conditions.push(`record_key > ${builder.text(after)}`)
      const found = builder.build(
        `${select(kind)} WHERE ${conditions.join(' AND ')} ORDER BY ${dialect.codePoints('record_key')} ${dialect.limit(Math.max(0, Math.trunc(limit)))}`,
      )
      const rows = await database.read((session) => session.query(found))
      return rows.map((row) => toRecord<Value>(row))
    },

    async put(kind, key, value, expected) {
      const table = tables.records[kind]
      const projected = projection(kind, value)
      const body = JSON.stringify(value)
      if (expected === 0) {
        const row = [key, 1, body, ...projected.map((one) => one.value)]
        const [inserted] = await database.write((session) => session.insert(table, [row]))
        return inserted ? 1 : undefined
      }
      const builder = statement(dialect)
      const set = [
        `version = ${builder.integer(expected + 1)}`,
        `body = ${builder.longText(body)}`,
        ...projected.map(({ column, type, value: one }) => `${column} = ${projectedSql(builder, type, one)}`),
      ]
      const where = `record_key = ${builder.text(key)} AND version = ${builder.integer(expected)}`
      const update = builder.build(`UPDATE ${table.name} SET ${set.join(', ')} WHERE ${where}`)
      return (await database.write((session) => session.execute(update))) === 1 ? expected + 1 : undefined
    },

    async delete(kind, key, expected) {
      const builder = statement(dialect)
      const where = `record_key = ${builder.text(key)} AND version = ${builder.integer(expected)}`
      const gone = builder.build(`DELETE FROM ${tables.records[kind].name} WHERE ${where}`)
      return (await database.write((session) => session.execute(gone))) === 1
    },
  }
}

function projectedSql(builder: StatementBuilder, type: ProjectedType, value: SqlValue): string {
  if (value === null) return 'NULL'
  if (type === 'text') return builder.text(String(value))
  return type === 'time' ? builder.time(Number(value)) : builder.integer(Number(value))
}

/** Characters of a projected text; the whole of it is in the body. */
const PROJECTED_LENGTH = 500

function projection(kind: RecordKind, value: unknown) {
  const fields = (value ?? {}) as Readonly<Record<string, unknown>>
  return Object.entries(RECORD_TABLES[kind].projected).map(([field, { column, type }]) => {
    const one = fields[field]
    const fits = type === 'text' ? typeof one === 'string' : isWhole(one) && (type === 'number' || isInstant(one))
    const projected = typeof one === 'string' ? one.slice(0, PROJECTED_LENGTH) : one
    return { column, type, value: fits ? (projected as SqlValue) : null }
  })
}

const isWhole = (value: unknown): value is number => Number.isSafeInteger(value)

/** Whether every database can hold it; the whole of what it can't is in the body. */
const isInstant = (ms: number): boolean => boundedInstant(ms) === ms
