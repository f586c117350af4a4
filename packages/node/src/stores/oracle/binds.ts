import type { SqlBind, SqlValue } from '../sql/dialect.js'
import type { Table, TableColumn } from '../sql/tables.js'
import { dayOfText, instantOf, instantText, type OracleVersion, TEXT_BYTES } from './dialect.js'
import type { OracleConstants } from './driver.js'

/** Bytes of a text that can be inserted into a CLOB; what is longer goes as one. */
const LONG_TEXT_BYTES = 32_767

/** A value as the driver binds it by name. */
export function namedBind({ text, clob, number, double }: OracleConstants, { type, value }: SqlBind): unknown {
  if (type === 'double') return { type: double, val: value }
  if (type === 'integer') return { type: number, val: value }
  const length = Buffer.byteLength(String(value ?? ''))
  if (type === 'long-text') return { type: length > TEXT_BYTES ? clob : text, val: value }
  // Longer than any text that it could equal.
  return { type: text, val: length > TEXT_BYTES ? null : value }
}

/** The binds of a statement by their names, `b1` and on. */
export function namedBinds(constants: OracleConstants, binds: readonly SqlBind[]): Record<string, unknown> {
  return Object.fromEntries(binds.map((bind, i) => [`b${i + 1}`, namedBind(constants, bind)]))
}

/** How one column of many rows is bound. */
export interface ColumnBinding {
  /** The expression around its placeholder. */
  around(placeholder: string): string
  def: { type: unknown; maxSize?: number }
  values: SqlValue[]
}

/** Binds a column of rows that are inserted or updated together. */
export function columnBinding(
  constants: OracleConstants,
  version: OracleVersion,
  { name, type }: TableColumn,
  table: Table,
  rows: readonly (readonly SqlValue[])[],
): ColumnBinding {
  const at = table.columns.findIndex((column) => column.name === name)
  const values = rows.map((row) => row[at] ?? null)
  const plain = (placeholder: string) => placeholder
  if (type === 'time') {
    const texts = values.map((value) => (value === null ? null : instantText(Number(value))))
    return { around: instantOf, def: { type: constants.text, maxSize: 32 }, values: texts }
  }
  if (type === 'day') return { around: dayOfText, def: { type: constants.text, maxSize: 16 }, values }
  if (type === 'double') return { around: plain, def: { type: constants.double }, values }
  if (type === 'integer' || type === 'bigint') return { around: plain, def: { type: constants.number }, values }
  if (typeof type === 'object') {
    return { around: plain, def: { type: constants.text, maxSize: TEXT_BYTES }, values: values.map(fitted) }
  }
  const longest = values.reduce((most: number, value) => Math.max(most, Buffer.byteLength(String(value ?? ''))), 1)
  // Text beyond 4,000 bytes may be bound into a CLOB, not into the JSON type.
  const limit = type === 'json' && version === '23ai' ? TEXT_BYTES : LONG_TEXT_BYTES
  const def =
    longest > limit ? { type: constants.clob } : { type: constants.text, maxSize: Math.max(longest, TEXT_BYTES) }
  return { around: plain, def, values }
}

/** Cuts text that has too many bytes for a column, between two characters: addresses in other scripts may. */
function fitted(value: SqlValue): SqlValue {
  if (typeof value !== 'string' || value.length * 3 <= TEXT_BYTES || Buffer.byteLength(value) <= TEXT_BYTES)
    return value
  const bytes = Buffer.from(value)
  let end = TEXT_BYTES
  // A byte 10xxxxxx goes on with a character that began before it.
  while ((bytes[end]! & 0xc0) === 0x80) end--
  return bytes.subarray(0, end).toString()
}
