import { type DdlDialect, declaredColumns } from '../sql/ddl.js'
import type { SqlBind, SqlDialect } from '../sql/dialect.js'
import type { SqlType, Tables } from '../sql/tables.js'

const BIND_TYPES: Readonly<Record<SqlBind['type'], string>> = {
  text: 'text',
  'long-text': 'text',
  double: 'float8',
  integer: 'int8',
  texts: 'text[]',
  integers: 'int8[]',
}

/** The value at a path, each step on an object: with a text on its right, `->` doesn't step into arrays. */
function at(path: readonly string[], text: (value: string) => string): string {
  return `(properties${path.map((key) => ` -> ${text(key)}`).join('')})`
}

/** Text compares by code point, as everywhere; the database's own collation may not. */
const C = 'COLLATE "C"'

/** How Postgres spells statements. Instants are `timestamptz`, so that no session's zone matters. */
export const postgresDialect: SqlDialect = {
  name: 'postgres',
  arraysFrom: 1,
  isAny: (column, list) => `${column} = ANY(${list})`,
  placeholder: (number, type) => `$${number}::${BIND_TYPES[type]}`,
  time: (ms) => ({
    // To the microsecond, as columns keep it: what is far below one can't be divided.
    bind: { type: 'double', value: Number.isInteger(ms) ? ms : Math.round(ms * 1000) / 1000 },
    around: (placeholder) => `to_timestamp(${placeholder} / 1000)`,
  }),
  day: (placeholder) => `(${placeholder})::date`,
  msOf: (column) => `round(date_part('epoch', ${column}) * 1000)`,
  select(column, type) {
    if (type === 'time') return postgresDialect.msOf(column)
    if (type === 'day') return `to_char(${column}, 'YYYY-MM-DD')`
    return type === 'json' ? `${column}::text` : column
  },
  scalar(path, text) {
    const value = at(path, text)
    return (
      `CASE jsonb_typeof(${value}) WHEN 'string' THEN 's' || (${value} #>> '{}') ` +
      `WHEN 'number' THEN 'n' || ${value}::text WHEN 'boolean' THEN 'b' || ${value}::text END`
    )
  },
  property(path, type, text) {
    const value = at(path, text)
    if (type === 'number') return `(CASE WHEN jsonb_typeof(${value}) = 'number' THEN ${value}::float8 END)`
    if (type === 'boolean') return `(CASE WHEN jsonb_typeof(${value}) = 'boolean' THEN ${value}::text END)`
    return `(CASE WHEN jsonb_typeof(${value}) = 'string' THEN ${value} #>> '{}' END) ${C}`
  },
  hasProperty: (path, text) => `coalesce(jsonb_typeof(${at(path, text)}) <> 'null', false)`,
  besideProperty: (placeholder) => placeholder,
  codePoints: (column) => column,
  contains: (text, part) => `strpos(${text}, ${part}) > 0`,
  isIn: (value, others) => `${value} IN (${others.join(', ')})`,
  twoValued: (condition) => `coalesce(${condition}, false)`,
  fromNothing: '',
  forUpdate: 'FOR UPDATE',
  limit: (rows) => `LIMIT ${rows}`,
  jsonObject: (key, value) => `jsonb_object_agg(${key}, ${value})`,
  jsonArray: (value) => `jsonb_agg(${value} ORDER BY ${value} ${C})`,
  nextNumbers: (sequence, count) => `SELECT nextval('${sequence}') FROM generate_series(1, ${count})`,
  recursive: 'RECURSIVE ',
  clock: "date_part('epoch', clock_timestamp()) * 1000",
  declare(type) {
    if (typeof type === 'object') return `varchar(${type.text}) ${C}`
    return DECLARED[type]
  },
}

const DECLARED: Readonly<Record<Extract<SqlType, string>, string>> = {
  'long-text': `text ${C}`,
  json: 'jsonb',
  integer: 'integer',
  bigint: 'bigint',
  double: 'double precision',
  time: 'timestamptz(3)',
  day: 'date',
}

/** How Postgres makes tables. The event table has a partition for each day, made when the day's first event comes. */
export function postgresDdl({ events }: Tables): DdlDialect {
  return {
    createTable(table) {
      const constraints = [
        `PRIMARY KEY (${table.key.join(', ')})`,
        ...(table.unique ?? []).map((columns) => `UNIQUE (${columns.join(', ')})`),
      ]
      const parts = [...declaredColumns(postgresDialect, table), ...constraints]
      const partitioned = table.name === events.name ? ' PARTITION BY RANGE (event_day)' : ''
      return [
        `CREATE TABLE IF NOT EXISTS ${table.name} (\n  ${parts.join(',\n  ')}\n)${partitioned}`,
        ...(table.indexes ?? []).map(
          (columns, i) =>
            `CREATE INDEX IF NOT EXISTS ${table.name}_ix${i + 1} ON ${table.name} (${columns.join(', ')})`,
        ),
      ]
    },
    addColumn: (table, { name, type }) =>
      `ALTER TABLE ${table.name} ADD COLUMN IF NOT EXISTS ${name} ${postgresDialect.declare(type, name, table)}`,
  }
}

/** The sequence that numbers people. */
export const postgresSequence = ({ personSequence }: Tables): string =>
  `CREATE SEQUENCE IF NOT EXISTS ${personSequence} AS integer MINVALUE 0 START WITH 0`
