/** A JSON value. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

/** A JSON object: what `properties` of an event hold. */
export type JsonObject = { readonly [key: string]: Json }

/** A value that a filter compares or a breakdown groups by. */
export type Scalar = string | number | boolean | null

/** True for objects that are neither arrays nor null. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * The one text of a JSON value: without white space, keys in order of their UTF-16 units, as RFC 8785 orders them. What JSON has no
 * form for has no place in it.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (!isRecord(value)) return JSON.stringify(value)
  const keys = Object.keys(value).sort()
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key])}`).join(',')}}`
}

/** Keys that would reach an object's prototype when copied carelessly; they are never stored. */
export const PROTOTYPE_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])
