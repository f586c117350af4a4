import { type ColumnType, columnName, EVENT_COLUMNS, type EventColumn, type StoredEvent } from '../event.js'
import { isRecord, type Json, type Scalar } from '../json.js'
import type { Filter, PropertyFilter } from '../queries/base.js'
import type { EventMatch } from '../scan.js'

/**
 * The one meaning of a filter, in its two forms side by side: evaluated on an event, and as an SQL condition.
 * A property suite holds both to the same answers.
 */

/** Where a filter's property lies: a column, or a path within `properties`. */
export type PropertyReference =
  | { column: EventColumn; type: ColumnType; path?: undefined }
  | { column: 'properties'; type: 'json'; path: readonly string[] }

/** Finds a property by name; undefined for a name that is neither a column nor `properties.path`. */
export function propertyReference(property: string): PropertyReference | undefined {
  if (property.startsWith('properties.')) {
    const path = property.slice('properties.'.length).split('.')
    return path.every((key) => key.length > 0) ? { column: 'properties', type: 'json', path } : undefined
  }
  if (property === 'properties' || !Object.hasOwn(EVENT_COLUMNS, property)) return undefined
  const column = property as EventColumn
  return { column, type: EVENT_COLUMNS[column] }
}

/** The value of a property of an event: text, number or boolean; null where it is missing or not a single value. */
export function propertyValue(event: StoredEvent, property: string): Scalar {
  const value = rawValue(event, property)
  return typeof value === 'object' ? null : value
}

function rawValue(event: StoredEvent, property: string): Json {
  const reference = propertyReference(property)
  if (!reference) return null
  if (reference.path === undefined) return event[reference.column] as Json
  let value: unknown = event.properties
  for (const key of reference.path) {
    value = isRecord(value) && Object.hasOwn(value, key) ? value[key] : null
  }
  return (value ?? null) as Json
}

/** Compares text by code point, as databases compare UTF-8 bytes; `<` on strings compares UTF-16 units. */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) {
      const surrogateX = x >= 0xd800 && x <= 0xdfff
      const surrogateY = y >= 0xd800 && y <= 0xdfff
      // A surrogate stands for a code point above every other unit.
      return surrogateX === surrogateY ? x - y : surrogateX ? 1 : -1
    }
  }
  return a.length - b.length
}

/** The value as the property's type compares it: instants may be given as ISO text. */
function comparable(type: ColumnType, value: Json | undefined): Json | undefined {
  return type === 'time' && typeof value === 'string' ? Date.parse(value) : value
}

/** True where the event meets the filter. */
export function matchesFilter(event: StoredEvent, filter: Filter): boolean {
  if ('and' in filter) return filter.and.every((part) => matchesFilter(event, part))
  if ('or' in filter) return filter.or.some((part) => matchesFilter(event, part))
  if ('not' in filter) return !matchesFilter(event, filter.not)
  return matchesProperty(rawValue(event, filter.property), filter)
}

function matchesProperty(actual: Json, { property, op, value }: PropertyFilter): boolean {
  const type = propertyReference(property)?.type ?? 'json'
  const wanted = comparable(type, value)
  switch (op) {
    case 'exists':
      return actual !== null
    case 'notExists':
      return actual === null
    case 'eq':
      return isScalar(wanted) && actual === wanted
    case 'neq':
      return !(isScalar(wanted) && actual === wanted)
    case 'in':
    case 'notIn': {
      const found = Array.isArray(value) && value.some((one) => isScalar(one) && actual === comparable(type, one))
      return (op === 'in') === found
    }
    case 'contains':
      return typeof actual === 'string' && typeof wanted === 'string' && actual.includes(wanted)
    default: {
      const order =
        typeof actual === 'number' && typeof wanted === 'number'
          ? actual - wanted
          : typeof actual === 'string' && typeof wanted === 'string'
            ? compareText(actual, wanted)
            : Number.NaN
      return op === 'gt' ? order > 0 : op === 'gte' ? order >= 0 : op === 'lt' ? order < 0 : order <= 0
    }
  }
}

function isScalar(value: Json | undefined): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}

/** True where the event counts for the match. */
export function matchesEvent(event: StoredEvent, match: EventMatch): boolean {
  return (
    (match.eventTypes === undefined || match.eventTypes.includes(event.eventType)) &&
    (match.where === undefined || matchesFilter(event, match.where))
  )
}

/** The few things in which SQL dialects differ for filters. Every value goes through `bind`; no input reaches the text. */
export interface FilterDialect {
  /**
   * Adds a value to the statement and returns its placeholder.
   * @param beside What it is for: to be compared with a column or with what `property` gives, or to be looked for in a text.
   */
  bind(value: string | number | boolean, beside: 'column' | 'property' | 'text'): string
  /** An instant given in UTC milliseconds, as an expression that compares with a time column. */
  instant(ms: number): string
  /**
   * The value at a path of `properties`, as text, number or boolean; NULL where it is missing or of another type. `long-text` is
   * what only `contains` looks into: text of any length, where the dialect can't compare such.
   */
  property(path: readonly string[], type: 'text' | 'long-text' | 'number' | 'boolean'): string
  /** Whether there is a value that is not null at a path of `properties`. */
  hasProperty(path: readonly string[]): string
  /**
   * How a property is compared with a text, where the ordinary types of the dialect can't hold every text; undefined where the
   * ordinary way will do.
   */
  compareText?(path: readonly string[], operator: string, value: string): string | undefined
  /** Whether the first text contains the second. */
  contains(text: string, part: string): string
  /** Whether the value is one of the others, of which there is at least one. */
  isIn(value: string, others: readonly string[]): string
  /** The condition, false where it would be NULL. */
  twoValued(condition: string): string
}

/** The filter as a condition that is true or false, never NULL, so that NOT means what it says. */
export function filterToSql(filter: Filter, dialect: FilterDialect): string {
  if ('and' in filter) return joined(filter.and, ' AND ', '(1 = 1)', dialect)
  if ('or' in filter) return joined(filter.or, ' OR ', '(1 = 0)', dialect)
  if ('not' in filter) return `(NOT ${filterToSql(filter.not, dialect)})`
  return propertyToSql(filter, dialect)
}

function joined(parts: readonly Filter[], glue: string, empty: string, dialect: FilterDialect): string {
  return parts.length === 0 ? empty : `(${parts.map((part) => filterToSql(part, dialect)).join(glue)})`
}

const SQL_COMPARISON = { gt: '>', gte: '>=', lt: '<', lte: '<=' } as const

function propertyToSql({ property, op, value }: PropertyFilter, dialect: FilterDialect): string {
  const reference = propertyReference(property)
  // An unknown property is a missing one.
  if (!reference) return op === 'notExists' || op === 'neq' || op === 'notIn' ? '(1 = 1)' : '(1 = 0)'
  switch (op) {
    case 'exists':
      return `(${existsSql(reference, dialect)})`
    case 'notExists':
      return `(NOT (${existsSql(reference, dialect)}))`
    case 'eq':
      return equalsAny(reference, [value ?? null], dialect)
    case 'neq':
      return `(NOT ${equalsAny(reference, [value ?? null], dialect)})`
    case 'in':
      return equalsAny(reference, value, dialect)
    case 'notIn':
      return `(NOT ${equalsAny(reference, value, dialect)})`
    default: {
      const type = comparedAs(reference, value)
      if (type === undefined || type === 'boolean' || (op === 'contains' && type !== 'text')) return '(1 = 0)'
      if (op !== 'contains') return compared(reference, SQL_COMPARISON[op], value as Comparable, dialect)
      // Every text contains the empty one, which not every database can bind.
      if (value === '') return `(${leftSide(reference, 'text', dialect)} IS NOT NULL)`
      const text = leftSide(reference, 'long-text', dialect)
      return dialect.twoValued(dialect.contains(text, dialect.bind(value as Comparable, 'text')))
    }
  }
}

function existsSql(reference: PropertyReference, dialect: FilterDialect): string {
  return reference.path === undefined
    ? `${columnName(reference.column)} IS NOT NULL`
    : dialect.hasProperty(reference.path)
}

/** A comparison with one value. */
function compared(reference: PropertyReference, operator: string, value: Comparable, dialect: FilterDialect): string {
  const special = comparedSpecially(reference, operator, value, dialect)
  if (special !== undefined) return special
  const left = leftSide(reference, comparedAs(reference, value)!, dialect)
  return dialect.twoValued(`${left} ${operator} ${rightSide(reference, value, dialect)}`)
}

function comparedSpecially(
  { path }: PropertyReference,
  operator: string,
  value: Comparable,
  dialect: FilterDialect,
): string | undefined {
  if (path === undefined || typeof value !== 'string') return undefined
  const condition = dialect.compareText?.(path, operator, value)
  return condition === undefined ? undefined : dialect.twoValued(condition)
}

/** The wanted values by type: each type is one IN-list. */
function equalsAny(reference: PropertyReference, values: Json | undefined, dialect: FilterDialect): string {
  const groups = new Map<ComparedAs, Comparable[]>()
  const special: string[] = []
  for (const value of Array.isArray(values) ? (values as readonly Json[]) : []) {
    const type = comparedAs(reference, value)
    if (type === undefined) continue
    const condition = comparedSpecially(reference, '=', value as Comparable, dialect)
    if (condition !== undefined) {
      special.push(condition)
      continue
    }
    const group = groups.get(type)
    if (group) group.push(value as Comparable)
    else groups.set(type, [value as Comparable])
  }
  const conditions = [...groups].map(([type, group]) => {
    const left = leftSide(reference, type, dialect)
    const others = group.map((value) => rightSide(reference, value, dialect))
    return dialect.twoValued(dialect.isIn(left, others))
  })
  conditions.push(...special)
  return conditions.length === 0 ? '(1 = 0)' : `(${conditions.join(' OR ')})`
}

type Comparable = string | number | boolean
type ComparedAs = 'text' | 'number' | 'boolean'

/** As what a value is compared; undefined where it can't equal any value of the property, so that no row matches. */
function comparedAs(reference: PropertyReference, value: Json | undefined): ComparedAs | undefined {
  if (!isScalar(value)) return undefined
  if (reference.type === 'time') {
    return typeof value !== 'boolean' && Number.isFinite(comparable('time', value)) ? 'number' : undefined
  }
  const type = typeof value === 'string' ? 'text' : (typeof value as 'number' | 'boolean')
  return reference.path !== undefined || reference.type === type ? type : undefined
}

function leftSide(reference: PropertyReference, type: ComparedAs | 'long-text', dialect: FilterDialect): string {
  return reference.path === undefined ? columnName(reference.column) : dialect.property(reference.path, type)
}

function rightSide(reference: PropertyReference, value: Comparable, dialect: FilterDialect): string {
  if (reference.type === 'time') return dialect.instant(Number(comparable('time', value)))
  return dialect.bind(value, reference.path === undefined ? 'column' : 'property')
}

/** The condition of an {@link EventMatch}. */
export function matchToSql(match: EventMatch, dialect: FilterDialect): string {
  const conditions: string[] = []
  if (match.eventTypes)
    conditions.push(filterToSql({ property: 'eventType', op: 'in', value: match.eventTypes }, dialect))
  if (match.where) conditions.push(filterToSql(match.where, dialect))
  return conditions.length === 0 ? '(1 = 1)' : `(${conditions.join(' AND ')})`
}
