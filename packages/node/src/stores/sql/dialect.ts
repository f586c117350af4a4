import type { FilterDialect } from '@analytics/protocol/filter'
import type { SqlType, Table } from './tables.js'

/** A value as it comes from a row or goes into one: instants as UTC milliseconds, days and JSON documents as text. */
export type SqlValue = string | number | null

/** A value of a statement, with what the driver must know to bind it. */
export interface SqlBind {
  type: 'text' | 'long-text' | 'double' | 'integer' | 'texts' | 'integers'
  value: SqlValue | readonly SqlValue[]
}

/** A finished statement. */
export interface SqlStatement {
  sql: string
  binds: readonly SqlBind[]
}

/** Adds a text to the binds and returns its placeholder. */
export type BindText = (value: string) => string

/** How a database spells what statements need beyond plain SQL. */
export interface SqlDialect {
  readonly name: 'duckdb' | 'postgres' | 'oracle'
  /** From so many values on, a list is one bind. */
  readonly arraysFrom: number
  /** Whether a column holds one of the values of a list that is one bind. */
  isAny(column: string, list: string): string
  /** The placeholder of the bind with this number, from 1. */
  placeholder(number: number, type: SqlBind['type']): string
  /** An instant: what to bind, and the expression around its placeholder. */
  time(ms: number): { bind: SqlBind; around(placeholder: string): string }
  /** The expression around the placeholder of a day, which is bound as `YYYY-MM-DD`. */
  day(placeholder: string): string
  /** A time column as a number of milliseconds. */
  msOf(column: string): string
  /** A column as statements select it, so that a row holds an {@link SqlValue}: instants as milliseconds, days and JSON as text. */
  select(column: string, type: SqlType): string
  /**
   * The single value at a path of `properties` as text, the first letter of its type in front: `sText`, `n2.5`, `btrue`; NULL
   * where there is none.
   * @param text Binds a text and returns its placeholder.
   */
  scalar(path: readonly string[], text: BindText): string
  /** As in {@link FilterDialect}; a boolean is `'true'` or `'false'`. */
  property(path: readonly string[], type: 'text' | 'long-text' | 'number' | 'boolean', text: BindText): string
  hasProperty(path: readonly string[], text: BindText): string
  /** As in {@link FilterDialect}. @param longText Binds a text of any length. */
  compareText?(path: readonly string[], operator: string, value: string, longText: BindText): string | undefined
  /** The expression around the placeholder of a text that is compared with a property. */
  besideProperty(placeholder: string): string
  /** A text column in order of code points. */
  codePoints(column: string): string
  contains: FilterDialect['contains']
  isIn: FilterDialect['isIn']
  twoValued: FilterDialect['twoValued']
  /** What follows FROM where there is no table. */
  readonly fromNothing: string
  /** What locks the rows of a query until the transaction ends. */
  readonly forUpdate: string
  limit(rows: number): string
  /** A JSON object of pairs, aggregated. */
  jsonObject(key: string, value: string): string
  /** A JSON array of texts, aggregated in their order. */
  jsonArray(value: string): string
  /** Takes that many numbers from a sequence, one a row. */
  nextNumbers(sequence: string, count: number): string
  /** What stands before a common table expression that refers to itself. */
  readonly recursive: string
  /** The database's clock as milliseconds, UTC. */
  readonly clock: string
  /** What a column is declared as. */
  declare(type: SqlType, columnName: string, table: Table): string
}

/** What runs within one transaction. */
export interface SqlSession {
  /** All rows of a small result. */
  query(statement: SqlStatement): Promise<SqlValue[][]>
  /** Resolves to the number of rows changed. */
  execute(statement: SqlStatement): Promise<number>
  /**
   * Inserts rows, their values in the order of the table's columns, and tells of each whether it was: a row whose key is there
   * already is left out. Waits for other transactions that insert the same key.
   */
  insert(table: Table, rows: readonly (readonly SqlValue[])[]): Promise<boolean[]>
  /** Overwrites rows, found by their keys. */
  update(table: Table, rows: readonly (readonly SqlValue[])[]): Promise<void>
}

/** A database behind the stores that share this folder. */
export interface SqlDatabase {
  readonly dialect: SqlDialect
  /** Runs the work in a transaction, durable when it resolves. A transient failure before the commit runs it again. */
  write<Result>(work: (session: SqlSession) => Promise<Result>): Promise<Result>
  /** Lends a session for reading. */
  read<Result>(work: (session: SqlSession) => Promise<Result>): Promise<Result>
}

/** A statement under construction: every value goes through it, no input reaches the text. */
export interface StatementBuilder {
  text(value: string): string
  /** Text that may be too long for the ordinary type. */
  longText(value: string): string
  double(value: number): string
  integer(value: number): string
  time(ms: number): string
  day(day: string): string
  /** Whether a text column holds one of these; one bind where the driver takes arrays. */
  isAnyText(column: string, values: readonly string[]): string
  isAnyInteger(column: string, values: readonly number[]): string
  /** A further column of a scan: see `decodeScalar`. */
  scalar(path: readonly string[]): string
  readonly filter: FilterDialect
  /** The finished statement. */
  build(sql: string): SqlStatement
}

/** The years 1 to 9999: what every dialect can spell. */
const FIRST_INSTANT = -62_135_596_800_000
const LAST_INSTANT = 253_402_300_799_999

/** An instant that every dialect can bind. */
export const boundedInstant = (ms: number): number => Math.min(Math.max(ms, FIRST_INSTANT), LAST_INSTANT)

/** What an empty list holds: nothing, and `IN ()` is no SQL. */
const NONE = '(1 = 0)'

/** Begins a statement. */
export function statement(dialect: SqlDialect): StatementBuilder {
  const binds: SqlBind[] = []
  const add = (bind: SqlBind) => dialect.placeholder(binds.push(bind), bind.type)
  const text = (value: string) => add({ type: 'text', value })
  const longText = (value: string) => add({ type: 'long-text', value })
  const integer = (value: number) => add({ type: 'integer', value })
  // NaN equals nothing, not even itself; databases see that differently.
  const double = (value: number) => add({ type: 'double', value: Number.isNaN(value) ? null : value })
  const time = (ms: number) => {
    const { bind, around } = dialect.time(boundedInstant(ms))
    return around(add(bind))
  }
  return {
    text,
    longText,
    double,
    integer,
    time,
    day: (day) => dialect.day(text(day)),
    isAnyText(column, values) {
      if (values.length === 0) return NONE
      return values.length >= dialect.arraysFrom
        ? dialect.isAny(column, add({ type: 'texts', value: values }))
        : dialect.isIn(column, values.map(text))
    },
    isAnyInteger(column, values) {
      if (values.length === 0) return NONE
      return values.length >= dialect.arraysFrom
        ? dialect.isAny(column, add({ type: 'integers', value: values }))
        : dialect.isIn(column, values.map(integer))
    },
    scalar: (path) => dialect.scalar(path, text),
    filter: {
      // A boolean is compared as its JSON text: not every dialect has a type for it.
      bind(value, beside) {
        if (typeof value === 'number') return double(value)
        // No stored text has a NUL, and not every driver takes one: such a value equals nothing.
        if (String(value).includes('\0')) return add({ type: 'text', value: null })
        if (beside === 'text') return longText(String(value))
        return beside === 'property' ? dialect.besideProperty(text(String(value))) : text(String(value))
      },
      ...(dialect.compareText && {
        compareText: (path, operator, value) => dialect.compareText!(path, operator, value, longText),
      }),
      instant: time,
      property: (path, type) => dialect.property(path, type, text),
      hasProperty: (path) => dialect.hasProperty(path, text),
      contains: dialect.contains,
      isIn: dialect.isIn,
      twoValued: dialect.twoValued,
    },
    build: (sql) => ({ sql, binds }),
  }
}

/** Rows per statement where ids are listed one by one. */
export const LISTED = 1000

/** Splits a list into parts of at most so many. */
export function parts<Item>(items: readonly Item[], size: number = LISTED): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size))
}
