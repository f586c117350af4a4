import type { SqlBind, SqlDialect } from '../sql/dialect.js'
import type { SqlType } from '../sql/tables.js'

/** Which release's SQL is spoken: 23ai has a type for JSON, 19c keeps it as checked text. */
export type OracleVersion = '19c' | '23ai'

/** The format of instants as they are bound. With an explicit format no session setting matters. */
const INSTANT_FORMAT = `'YYYY-MM-DD"T"HH24:MI:SS.FF6"Z"'`
const DAY_FORMAT = `'YYYY-MM-DD'`
const EPOCH = `TIMESTAMP '1970-01-01 00:00:00'`

/** Bytes of a VARCHAR2, in columns and in SQL, unless the database was set to extended strings. */
export const TEXT_BYTES = 4000

/** An IN-list has at most so many values: ORA-01795. */
const LIST_VALUES = 1000

/** An instant as a statement binds it: to the microsecond, so that a fraction of a millisecond equals none. */
export function instantText(ms: number): string {
  const micros = Math.round((ms - Math.floor(ms)) * 1000)
  return `${new Date(Math.floor(ms)).toISOString().slice(0, -1)}${String(Math.min(micros, 999)).padStart(3, '0')}Z`
}

/** An instant that was bound as text. */
export const instantOf = (placeholder: string): string => `TO_TIMESTAMP(${placeholder}, ${INSTANT_FORMAT})`

/** A day that was bound as text. */
export const dayOfText = (placeholder: string): string => `TO_DATE(${placeholder}, ${DAY_FORMAT})`

/**
 * A path as the literal that Oracle demands: a path can't be bound. What is not plain is written as JSON escapes, so that
 * nothing of a name can end the literal or mean anything in it.
 */
export function jsonPath(path: readonly string[]): string {
  const plain = (key: string) =>
    key.replace(/[^A-Za-z0-9_ -]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
  // By UTF-16 units: a pair of surrogates is two escapes, as JSON writes it.
  return `$${path.map((key) => `."${plain(key)}"`).join('')}`
}

const typeOf = (path: readonly string[]): string => `JSON_VALUE(properties, '${jsonPath(path)}.type()')`

/** Oracle's paths step into arrays by themselves, ours don't: every level above the last must be an object. */
function aboveAreObjects(path: readonly string[]): string {
  return path
    .slice(1)
    .map((_, i) => `${typeOf(path.slice(0, i + 1))} = 'object' AND `)
    .join('')
}

const valueAt = (path: readonly string[], returning: string): string =>
  `JSON_VALUE(properties, '${jsonPath(path)}' RETURNING ${returning} NULL ON ERROR)`

const DECLARED: Readonly<Record<Exclude<Extract<SqlType, string>, 'json'>, string>> = {
  'long-text': 'CLOB',
  integer: 'NUMBER(10)',
  bigint: 'NUMBER(19)',
  double: 'BINARY_DOUBLE',
  time: 'TIMESTAMP(3)',
  day: 'DATE',
}

/** How Oracle spells statements. Instants are `TIMESTAMP(3)` and hold UTC. */
export function oracleDialect(version: OracleVersion): SqlDialect {
  const dialect: SqlDialect = {
    name: 'oracle',
    arraysFrom: Number.POSITIVE_INFINITY,
    isAny: (column, list) => `${column} IN (${list})`,
    placeholder: (number) => `:b${number}`,
    time: (ms) => ({ bind: { type: 'text', value: instantText(ms) } satisfies SqlBind, around: instantOf }),
    day: dayOfText,
    msOf(column) {
      const since = `(${column} - ${EPOCH})`
      return (
        `(EXTRACT(DAY FROM ${since}) * 86400000 + EXTRACT(HOUR FROM ${since}) * 3600000 + ` +
        `EXTRACT(MINUTE FROM ${since}) * 60000 + ROUND(EXTRACT(SECOND FROM ${since}) * 1000))`
      )
    },
    select(column, type) {
      if (type === 'time') return dialect.msOf(column)
      if (type === 'day') return `TO_CHAR(${column}, ${DAY_FORMAT})`
      return type === 'json' && version === '23ai' ? `JSON_QUERY(${column}, '$' RETURNING CLOB)` : column
    },
    scalar(path) {
      // As CLOB: with a letter in front, text of 4,000 bytes would be too long for VARCHAR2.
      const value = valueAt(path, 'CLOB')
      const when = (type: string) => `WHEN '${type}' THEN TO_CLOB('${type[0]}') || ${value}`
      return `CASE WHEN ${aboveAreObjects(path)}1 = 1 THEN CASE ${typeOf(path)} ${when('string')} ${when('number')} ${when('boolean')} END END`
    },
    property(path, type) {
      const plain = type === 'long-text' || type === 'text' ? 'string' : type
      const value = {
        // With a letter in front the empty text is not NULL, on both sides of a comparison.
        text: `'s' || ${valueAt(path, `VARCHAR2(${TEXT_BYTES - 1})`)}`,
        'long-text': valueAt(path, 'CLOB'),
        number: valueAt(path, 'NUMBER'),
        boolean: `'s' || ${valueAt(path, 'VARCHAR2(5)')}`,
      }[type]
      return `(CASE WHEN ${aboveAreObjects(path)}${typeOf(path)} = '${plain}' THEN ${value} END)`
    },
    compareText(path, operator, value, longText) {
      if (operator === '=' && value !== '' && Buffer.byteLength(value) < TEXT_BYTES) return undefined
      // Stored text may be longer than VARCHAR2, hence NULL: where the order counts, or the value is as long, or empty, it is
      // compared as CLOB.
      const stored = `CASE WHEN ${aboveAreObjects(path)}${typeOf(path)} = 'string' THEN TO_CLOB('s') || ${valueAt(path, 'CLOB')} END`
      return `DBMS_LOB.COMPARE(${stored}, TO_CLOB('s') || ${longText(value)}) ${operator} 0`
    },
    hasProperty: (path) => dialect.twoValued(`${aboveAreObjects(path)}${typeOf(path)} <> 'null'`),
    besideProperty: (placeholder) => `('s' || ${placeholder})`,
    codePoints: (column) => `NLSSORT(${column}, 'NLS_SORT=BINARY')`,
    contains: (text, part) => `INSTR(${text}, ${part}) > 0`,
    isIn(value, others) {
      const lists = Array.from({ length: Math.ceil(others.length / LIST_VALUES) }, (_, i) =>
        others.slice(i * LIST_VALUES, (i + 1) * LIST_VALUES),
      )
      return `(${lists.map((list) => `${value} IN (${list.join(', ')})`).join(' OR ')})`
    },
    // There is no type for booleans before 23ai.
    twoValued: (condition) => `(CASE WHEN ${condition} THEN 1 ELSE 0 END = 1)`,
    fromNothing: 'FROM DUAL',
    forUpdate: 'FOR UPDATE',
    limit: (rows) => `FETCH FIRST ${rows} ROWS ONLY`,
    jsonObject: (key, value) => `JSON_OBJECTAGG(KEY ${key} VALUE ${value} RETURNING CLOB)`,
    jsonArray: (value) => `JSON_ARRAYAGG(${value} ORDER BY ${value} RETURNING CLOB)`,
    nextNumbers: (sequence, count) => `SELECT ${sequence}.NEXTVAL FROM DUAL CONNECT BY LEVEL <= ${count}`,
    recursive: '',
    get clock() {
      return dialect.msOf('SYS_EXTRACT_UTC(SYSTIMESTAMP)')
    },
    declare(type, name, table) {
      if (typeof type === 'object') return `VARCHAR2(${type.text} CHAR)`
      if (type !== 'json') return DECLARED[type]
      return version === '23ai' ? 'JSON' : `CLOB CONSTRAINT ${jsonCheckName(table.name, name)} CHECK (${name} IS JSON)`
    },
  }
  return dialect
}

/** The name of the constraint that holds a column to JSON. */
export const jsonCheckName = (table: string, column: string): string => `${table}_${column}_js`
