import type { FilterDialect } from '../filter/filter.js'

/** A value of a statement. */
export type BoundValue = string | number | boolean | bigint

/** The values of one statement, in the order of their placeholders, and what adds to them. */
export interface Statement {
  readonly dialect: FilterDialect
  /** The JSON text of what is at a path of `properties`; NULL where there is nothing. */
  json(path: readonly string[]): string
  readonly values: BoundValue[]
}

/** A finished statement. */
export interface BoundStatement {
  sql: string
  values: BoundValue[]
}

/** Milliseconds of the last instant that a JavaScript date can be; DuckDB's timestamps reach further. */
const LAST_INSTANT = 8.64e15

const JSON_TYPES = {
  text: `= 'VARCHAR'`,
  number: `IN ('BIGINT', 'UBIGINT', 'DOUBLE')`,
  boolean: `= 'BOOLEAN'`,
} as const

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
      const plain = type === 'long-text' ? 'text' : type
      const value = plain === 'text' ? `json_extract_string(properties, ${at.value})` : jsonAs(at.value, plain)
      return `CASE WHEN ${at.guard}json_type(properties, ${at.value}) ${JSON_TYPES[plain]} THEN ${value} END`
    },
    hasProperty(path) {
      const at = pointer(path, add)
      return `coalesce(${at.guard}json_type(properties, ${at.value}) <> 'NULL', false)`
    },
    contains: (text, part) => `contains(${text}, ${part})`,
    isIn: (value, others) => `${value} IN (${others.join(', ')})`,
    twoValued: (condition) => `coalesce(${condition}, false)`,
  }
  return {
    dialect,
    values,
    json(path) {
      const at = pointer(path, add)
      const value = `json_extract(properties, ${at.value})`
      return at.guard === '' ? value : `CASE WHEN ${at.guard}true THEN ${value} END`
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

/** By itself the driver takes whole numbers for integers and fails where they are too large: each value's type is named. */
export function boundTypes<Text, Double, Boolean, Integer>(
  values: readonly BoundValue[],
  types: { VARCHAR: Text; DOUBLE: Double; BOOLEAN: Boolean; BIGINT: Integer },
): (Text | Double | Boolean | Integer)[] {
  const byType = { string: types.VARCHAR, number: types.DOUBLE, boolean: types.BOOLEAN, bigint: types.BIGINT }
  return values.map((value) => byType[typeof value as keyof typeof byType])
}
