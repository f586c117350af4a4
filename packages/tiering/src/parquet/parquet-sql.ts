import type { Scalar } from '@analytics/protocol'
import { columnName } from '@analytics/protocol'
import { type FilterDialect, propertyReference } from '@analytics/protocol/filter'

/** A value of a statement. */
export type BoundValue = string | number | boolean | bigint

/** The values of one statement, in the order of their placeholders, and what adds to them. */
export interface Statement {
  readonly dialect: FilterDialect
  /** The JSON text of the single value at a path of `properties`; NULL where there is none. */
  scalar(path: readonly string[]): string
  /** The rows of a Parquet file. */
  rowsOf(file: string): string
  /** The statement that this text and the values make. Values that it doesn't name are left out: DuckDB refuses them. */
  finish(text: string): { sql: string; values: BoundValue[] }
}

/** Milliseconds of the last instant that a JavaScript date can be; DuckDB's timestamps reach further. */
const LAST_INSTANT = 8.64e15

const JSON_TYPES = {
  text: `= 'VARCHAR'`,
  number: `IN ('BIGINT', 'UBIGINT', 'DOUBLE')`,
  boolean: `= 'BOOLEAN'`,
} as const

const SINGLE_VALUE = `IN ('VARCHAR', 'BIGINT', 'UBIGINT', 'DOUBLE', 'BOOLEAN')`

/** Begins a statement for DuckDB over the columns of a segment; nothing of a filter's values or paths gets into its text. */
export function duckdbStatement(): Statement {
  const values: BoundValue[] = []
  const add = (value: BoundValue): string => `$${values.push(value)}`
  const dialect: FilterDialect = {
    bind(value) {
      if (typeof value === 'string') return `${add(value)}::VARCHAR`
      if (typeof value === 'boolean') return `${add(value)}::BOOLEAN`
      // To DuckDB NaN equals itself and is above all numbers.
      return Number.isNaN(value) ? 'NULL::DOUBLE' : `${add(value)}::DOUBLE`
    },
    instant(ms) {
      const micros = Math.round(Math.min(Math.max(ms, -LAST_INSTANT), LAST_INSTANT) * 1000)
      return `make_timestamp(${add(BigInt(micros))}::BIGINT)`
    },
    property(path, type) {
      const at = pointer(path, add)
      const value = type === 'text' ? `json_extract_string(properties, ${at.value})` : jsonAs(at.value, type)
      return `CASE WHEN ${at.guard}json_type(properties, ${at.value}) ${JSON_TYPES[type]} THEN ${value} END`
    },
    hasProperty(path) {
      const at = pointer(path, add)
      return `coalesce(${at.guard}json_type(properties, ${at.value}) <> 'NULL', false)`
    },
    contains: (text, part) => `contains(${text}, ${part})`,
  }
  return {
    dialect,
    rowsOf: (file) => `read_parquet(${dialect.bind(file)})`,
    finish(text) {
      const used: string[] = []
      // Safe because no text but ours is in a statement.
      const sql = text.replace(/\$\d+/g, (placeholder) => {
        if (!used.includes(placeholder)) used.push(placeholder)
        return `$${used.indexOf(placeholder) + 1}`
      })
      return { sql, values: used.map((placeholder) => values[Number(placeholder.slice(1)) - 1]!) }
    },
    scalar(path) {
      const at = pointer(path, add)
      return `CASE WHEN ${at.guard}json_type(properties, ${at.value}) ${SINGLE_VALUE} THEN json_extract(properties, ${at.value}) END`
    },
  }
}

function jsonAs(at: string, type: 'number' | 'boolean'): string {
  return `json_extract(properties, ${at})::${type === 'number' ? 'DOUBLE' : 'BOOLEAN'}`
}

/**
 * A path as a bound JSON pointer. A pointer may also step into arrays, a path of properties may not: where a key could be
 * taken for an index, the guard demands an object above it.
 */
function pointer(path: readonly string[], add: (value: string) => string): { value: string; guard: string } {
  const keys = path.map((key) => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`)
  const value = `${add(keys.join(''))}::VARCHAR`
  let guard = ''
  for (const [index, key] of path.entries()) {
    if (index === 0 || !/^[-\d]/.test(key)) continue
    guard += `json_type(properties, ${add(keys.slice(0, index).join(''))}::VARCHAR) = 'OBJECT' AND `
  }
  return { value, guard }
}

/** A column that a scan asked for: its expression, and what makes a value of what the expression yields. */
export interface SelectedColumn {
  sql: string
  decode(value: unknown): Scalar
}

const plain = (value: unknown): Scalar => (value ?? null) as Scalar
const parsed = (value: unknown): Scalar => (typeof value === 'string' ? (JSON.parse(value) as Scalar) : null)

/** How to read a column, or `properties.path`, as single values. */
export function selectColumn(name: string, statement: Statement): SelectedColumn {
  const reference = propertyReference(name)
  if (!reference) return { sql: 'NULL::VARCHAR', decode: () => null }
  if (reference.path === undefined) {
    const column = columnName(reference.column)
    if (reference.type === 'text') return { sql: column, decode: plain }
    return { sql: reference.type === 'time' ? `epoch_ms(${column})::DOUBLE` : `${column}::DOUBLE`, decode: plain }
  }
  return { sql: statement.scalar(reference.path), decode: parsed }
}
