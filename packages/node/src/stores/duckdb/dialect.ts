import { duckdbStatement } from '@analytics/protocol/duckdb'
import { type DdlDialect, declaredColumns } from '../sql/ddl.js'
import type { SqlBind, SqlDialect } from '../sql/dialect.js'
import type { SqlType } from '../sql/tables.js'

const BIND_TYPES: Readonly<Record<SqlBind['type'], string>> = {
  text: 'VARCHAR',
  'long-text': 'VARCHAR',
  double: 'DOUBLE',
  integer: 'BIGINT',
  texts: 'VARCHAR[]',
  integers: 'BIGINT[]',
}

const DECLARED: Readonly<Record<Extract<SqlType, string>, string>> = {
  'long-text': 'VARCHAR',
  json: 'VARCHAR',
  integer: 'INTEGER',
  bigint: 'BIGINT',
  double: 'DOUBLE',
  time: 'TIMESTAMP',
  day: 'DATE',
}

/** Filters of events are built by `duckdbStatement`, which segments share; the statements of this dialect have none. */
function noFilter(): never {
  throw new TypeError(`filters over properties are built by ${duckdbStatement.name}`)
}

/** How DuckDB spells the statements that it has in common with the server databases. */
export const duckdbDialect: SqlDialect = {
  name: 'duckdb',
  placeholder: (number, type) => `$${number}::${BIND_TYPES[type]}`,
  // From so many values on, one list is cheaper than a parameter each.
  arraysFrom: 32,
  isAny: (column, list) => `${column} IN (SELECT unnest(${list}))`,
  isIn: (value, others) => `${value} IN (${others.join(', ')})`,
  time: (ms) => ({ bind: { type: 'integer', value: ms }, around: (placeholder) => `epoch_ms(${placeholder})` }),
  day: (placeholder) => `${placeholder}::DATE`,
  msOf: (column) => `epoch_ms(${column})::DOUBLE`,
  select(column, type) {
    if (type === 'time') return duckdbDialect.msOf(column)
    if (type === 'day') return `${column}::VARCHAR`
    return type === 'bigint' ? `${column}::DOUBLE` : column
  },
  scalar: noFilter,
  property: noFilter,
  hasProperty: noFilter,
  besideProperty: (placeholder) => placeholder,
  codePoints: (column) => column,
  contains: noFilter,
  twoValued: (condition) => `coalesce(${condition}, false)`,
  fromNothing: '',
  forUpdate: '',
  limit: (rows) => `LIMIT ${rows}`,
  jsonObject: (key, value) => `json_group_object(${key}, ${value})`,
  jsonArray: (value) => `to_json(list(${value} ORDER BY ${value}))`,
  nextNumbers: noFilter,
  recursive: 'RECURSIVE ',
  clock: 'epoch_ms(now())',
  declare: (type) => (typeof type === 'object' ? 'VARCHAR' : DECLARED[type]),
}

/** Tables without keys: their indexes would cost memory and time as they grow. One writer looks keys up itself. */
export const duckdbDdl: DdlDialect = {
  createTable: (table) => [
    `CREATE TABLE IF NOT EXISTS ${table.name} (\n  ${declaredColumns(duckdbDialect, table).join(',\n  ')}\n)`,
  ],
  addColumn: (table, { name, type }) =>
    `ALTER TABLE ${table.name} ADD COLUMN IF NOT EXISTS ${name} ${duckdbDialect.declare(type, name, table)}`,
}
