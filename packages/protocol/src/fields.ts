import type { ErrorCode } from './errors.js'
import { isRecord, type Json, type JsonObject, PROTOTYPE_KEYS } from './json.js'
import { LIMITS } from './limits.js'

/** Why an event is not taken. */
export class Refusal extends Error {
  readonly code: ErrorCode
  readonly field: string
  constructor(code: ErrorCode, field: string, message: string) {
    super(message)
    this.code = code
    this.field = field
  }
}

/** A canonical ULID: 26 characters of Crockford's alphabet in upper case, the first at most 7. */
const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/

export function readId(value: unknown): string {
  if (typeof value === 'string' && value.length === LIMITS.eventId && ULID.test(value)) return value
  throw new Refusal('invalid_event_id', 'eventId', 'eventId is not a canonical upper-case ULID.')
}

/** Text that must be there. */
export function readText(value: Record<string, unknown>, field: string, limit: number, code: ErrorCode): string {
  const text = value[field]
  if (typeof text === 'string' && text.length > 0 && text.length <= limit) return text
  throw new Refusal(code, field, `${field} is not text of 1 to ${limit} characters.`)
}

export function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 2_147_483_647
}

/** How large properties may be. */
export interface PropertyLimits {
  keys: number
  depth: number
  /** Whether names that begin with `$` are taken, which are our own. @default false */
  withOwnNames?: boolean
}

/** Copies plain JSON within the limits, leaving out prototype keys; `isWhole` tells whether nothing was left out. */
export function copyProperties(
  source: Record<string, unknown>,
  { keys, depth, withOwnNames = false }: PropertyLimits,
): { copy: JsonObject; isWhole: boolean } {
  let keysLeft = keys
  let isWhole = true

  const assertLevel = (level: number): void => {
    if (level <= depth) return
    throw new Refusal('invalid_properties', 'properties', `properties is nested deeper than ${depth} levels.`)
  }

  function copyObject(object: Record<string, unknown>, level: number): JsonObject {
    assertLevel(level)
    const copy: Record<string, Json> = {}
    for (const [key, value] of Object.entries(object)) {
      if (PROTOTYPE_KEYS.has(key) || key === '' || (level === 1 && key.startsWith('$') && !withOwnNames)) {
        isWhole = false
        continue
      }
      if (--keysLeft < 0) {
        throw new Refusal('invalid_properties', 'properties', `properties has more than ${keys} keys.`)
      }
      const json = copyJson(value, level)
      if (json !== undefined) copy[key] = json
    }
    return copy
  }

  function copyJson(value: unknown, level: number): Json | undefined {
    if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
    if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
    if (Array.isArray(value)) {
      assertLevel(level + 1)
      return value.map((item) => copyJson(item, level + 1) ?? null)
    }
    return isRecord(value) ? copyObject(value, level + 1) : undefined
  }

  return { copy: copyObject(source, 1), isWhole }
}
