import { AnalyticsError, type Duration, isRecord } from '@analytics/protocol'

/** Takes a field that came from outside as what it should be. @throws AnalyticsError `invalid_options`, with the field. */
export type Check<Value> = (value: unknown, field: string) => Value

/** What each field must be. */
export type Checks<Fields> = { readonly [Key in keyof Fields]: Check<Fields[Key]> }

/**
 * The fields of an object that came from outside, and no others; nothing at all is an object without fields.
 * @throws AnalyticsError `invalid_options`, with the field that is missing, unknown or not what it should be.
 */
export function readFields<Needed extends object, Optional extends object>(
  input: unknown,
  needed: Checks<Needed>,
  optional: Checks<Optional>,
): Needed & Partial<Optional> {
  if (input !== undefined && !isRecord(input)) throw new AnalyticsError('invalid_options', 'The input is no object.')
  const given = new Map(Object.entries(input ?? {}))
  // Fields of a prototype are not looked at: `__proto__` is a name like any other that is not known.
  const checks = new Map<string, Check<unknown>>(Object.entries({ ...needed, ...optional }))
  for (const field of given.keys()) if (!checks.has(field)) throw invalid(field.slice(0, NAME_LENGTH), 'is not known.')
  for (const field of Object.keys(needed)) if (!given.has(field)) throw invalid(field, 'is missing.')
  const fields = [...given].map(([field, value]) => [field, checks.get(field)!(value, field)])
  return Object.fromEntries(fields) as Needed & Partial<Optional>
}

/** As much of a name that is not ours as a message repeats. */
const NAME_LENGTH = 100

function invalid(field: string, fault: string): AnalyticsError {
  return new AnalyticsError('invalid_options', `${field} ${fault}`, { field })
}

/** Text that is not empty, of so many characters at most. */
export const text =
  (length: number): Check<string> =>
  (value, field) => {
    if (typeof value === 'string' && value !== '' && value.length <= length) return value
    throw invalid(field, `is no text of 1 to ${length} characters.`)
  }

/** Texts, so many at most. */
export const texts =
  (most: number, length: number): Check<readonly string[]> =>
  (value, field) => {
    if (!Array.isArray(value) || value.length > most) throw invalid(field, `is no list of at most ${most} texts.`)
    return value.map((one, i) => text(length)(one, `${field}[${i}]`))
  }

/** One of these texts. */
export const oneOf =
  <Text extends string>(...names: readonly Text[]): Check<Text> =>
  (value, field) => {
    const found = names.find((name) => name === value)
    if (found !== undefined) return found
    throw invalid(field, `is none of ${names.join(', ')}.`)
  }

/** True or false. */
export const flag: Check<boolean> = (value, field) => {
  if (typeof value === 'boolean') return value
  throw invalid(field, 'is neither true nor false.')
}

/** A number, not infinite. */
export const number: Check<number> = (value, field) => {
  if (typeof value === 'number' && Number.isFinite(value)) return value
  throw invalid(field, 'is no number.')
}

/** The last instant of a date in JavaScript. */
const LAST_INSTANT = 8.64e15

/** UTC milliseconds. */
export const instant: Check<number> = (value, field) => {
  if (Number.isInteger(value) && Math.abs(value as number) <= LAST_INSTANT) return value as number
  throw invalid(field, 'is no time in UTC milliseconds.')
}

/** Text of which the operation itself finds out whether it is a duration. */
export const duration: Check<Duration> = (value, field) => text(20)(value, field) as Duration
