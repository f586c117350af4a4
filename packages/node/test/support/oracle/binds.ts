import { type Bind, constants, driver, isType } from './driver.js'
import { oraError, refusal } from './errors.js'
import type { OracleVersion } from './refusals.js'

const { DB_TYPE_BINARY_DOUBLE, DB_TYPE_BOOLEAN, DB_TYPE_CLOB, DB_TYPE_NUMBER, DB_TYPE_VARCHAR } = constants

/** More binds than a statement may have. */
const BINDS_MAXIMUM = 65_535

/** Bytes of a VARCHAR2; a longer text can only be inserted into a LOB, or be bound as one. */
const TEXT_BYTES = 4000

/** Bytes of a text that the driver sends as such; a longer one is a LONG. */
const LONG_BYTES = 32_767

/** The character that stands for U+0000, which Postgres doesn't store. */
const NUL = '\uFFFE'

/** The type that a bind has in Postgres; undefined for a NULL of no type. */
export function typeOf(bind: Bind, version: OracleVersion): string | undefined {
  if (bind.dir !== constants.BIND_IN || bind.isArray) throw refusal('binds go in and are no arrays.')
  const { type } = bind
  if (isType(type, DB_TYPE_VARCHAR)) {
    // The driver calls a NULL without a type a text of one byte.
    const isUntyped = bind.maxSize === 1 && bind.values.every((value) => value === undefined || value === null)
    if (isUntyped) return undefined
    const bytes = Math.max(0, ...bind.values.map((value) => (typeof value === 'string' ? Buffer.byteLength(value) : 0)))
    if (bytes > LONG_BYTES) throw refusal(`a text of ${bytes} bytes is bound as a CLOB.`)
    // Of a type that goes into a CLOB and nowhere else.
    return bytes > TEXT_BYTES ? 'standin.long_text' : 'varchar'
  }
  if (isType(type, DB_TYPE_NUMBER)) return 'numeric'
  if (isType(type, DB_TYPE_BINARY_DOUBLE)) return 'float8'
  if (isType(type, DB_TYPE_CLOB)) return 'standin.clob'
  if (isType(type, DB_TYPE_BOOLEAN) && version === '23ai') return 'boolean'
  throw refusal(`no rule for binds of the type ${String(type)}; instants and days are bound as texts.`)
}

/** A value as Postgres gets it: as text, an empty one as NULL. */
export function bindText(bind: Bind, value: unknown): string | null {
  if (value === undefined || value === null || value === '') return null
  if (typeof value === 'string') return value.replaceAll('\0', NUL)
  if (typeof value === 'number') return numberText(bind, value)
  if (typeof value === 'bigint' || typeof value === 'boolean') return String(value)
  throw refusal(`no rule for a bind of ${typeof value}.`)
}

function numberText({ type }: Bind, value: number): string {
  if (isType(type, DB_TYPE_BINARY_DOUBLE)) return String(value === 0 ? 0 : value)
  if (!Number.isFinite(value) || Math.abs(value) >= 1e126) throw oraError(1426, 'numeric overflow')
  return Math.abs(value) < 1e-130 ? '0' : String(value)
}

/** A text as rows hold it. */
export const fetchText = (value: string): string => value.replaceAll(NUL, '\0')

/** Where the binds of a statement go: for each place of the text, in order, the number of its bind. @throws as the driver does. */
export function bindPlaces(places: readonly { bindName: string }[], binds: readonly Bind[]): number[] {
  const { errors } = driver
  if (binds.length > BINDS_MAXIMUM) throw oraError(1745, 'invalid host/bind variable name')
  const distinct = new Set(places.map(({ bindName }) => bindName))
  const isNamed = binds[0]?.name !== undefined
  if (binds.length !== places.length && !(isNamed && binds.length === distinct.size))
    errors.throwErr(errors.ERR_WRONG_NUMBER_OF_BINDS, places.length, binds.length)
  if (!isNamed) return places.map((_, i) => i)
  const byName = new Map(binds.map(({ name = '' }, i) => [name.replace(/^:/, '').toUpperCase(), i]))
  for (const name of byName.keys()) if (!distinct.has(name)) errors.throwErr(errors.ERR_INVALID_BIND_NAME, name)
  return places.map(({ bindName }) => byName.get(bindName)!)
}
