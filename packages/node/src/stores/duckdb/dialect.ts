import type { DuckDBValue } from '@duckdb/node-api'
import type { FilterDialect } from '@analytics/protocol/filter'

/** A statement's values and the dialect that adds to them. Placeholders are numbered, so conditions may repeat one. */
export interface Binder {
  values: DuckDBValue[]
  dialect: FilterDialect
}

const JSON_TYPES = {
  text: `('VARCHAR')`,
  number: `('UBIGINT', 'BIGINT', 'DOUBLE', 'HUGEINT')`,
  boolean: `('BOOLEAN')`,
} as const

/** The furthest instant of a JavaScript date; no event is beyond it. */
const MAX_INSTANT = 8.64e15

/** DuckDB's answers to what filters ask. Properties are JSON text; paths are JSON pointers, bound like every value. */
export function duckdbBinder(): Binder {
  const values: DuckDBValue[] = []
  const add = (value: DuckDBValue): string => {
    values.push(value)
    return `$${values.length}`
  }
  const bind = (value: string | number | boolean): string => add(value)
  return {
    values,
    dialect: {
      bind,
      instant: (ms) => `epoch_ms(${add(BigInt(Math.round(Math.min(Math.max(ms, -MAX_INSTANT), MAX_INSTANT))))}::BIGINT)`,
      property(path, type) {
        const pointer = bind(jsonPointer(path))
        const value = `json_extract_string(properties, ${pointer})`
        const typed = type === 'text' ? value : `TRY_CAST(${value} AS ${type === 'number' ? 'DOUBLE' : 'BOOLEAN'})`
        return `CASE WHEN json_type(properties, ${pointer}) IN ${JSON_TYPES[type]} THEN ${typed} END`
      },
      hasProperty(path) {
        return `coalesce(json_type(properties, ${bind(jsonPointer(path))}), 'NULL') <> 'NULL'`
      },
      contains: (text, part) => `contains(${text}, ${part})`,
    },
  }
}

/** RFC 6901. */
export function jsonPointer(path: readonly string[]): string {
  return path.map((key) => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}
