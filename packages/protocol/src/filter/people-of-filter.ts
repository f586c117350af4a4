import type { Filter, PropertyFilter } from '../queries/base.js'

/**
 * The people whose events alone a filter can let through, by user id or, where an event has none, by anonymous id. Undefined
 * where it may let events of anybody through.
 */
export function peopleOfFilter(filter: Filter): ReadonlySet<string> | undefined {
  if ('and' in filter) return peopleOfAll(filter.and)
  if ('or' in filter) return peopleOfAny(filter.or)
  return 'property' in filter && filter.property === 'userId' ? namedBy(filter) : undefined
}

/** Every one must hold: the fewest people that one of them leaves. */
function peopleOfAll(filters: readonly Filter[]): ReadonlySet<string> | undefined {
  const isAnonymous = filters.some((one) => 'property' in one && one.property === 'userId' && one.op === 'notExists')
  const visitors = filters.map((one) =>
    isAnonymous && 'property' in one && one.property === 'anonymousId' ? namedBy(one) : undefined,
  )
  const known = [...filters.map(peopleOfFilter), ...visitors].filter((people) => people !== undefined)
  return known.sort((a, b) => a.size - b.size)[0]
}

function peopleOfAny(filters: readonly Filter[]): ReadonlySet<string> | undefined {
  const all = filters.map(peopleOfFilter)
  return all.every((people) => people !== undefined) ? new Set(all.flatMap((people) => [...people])) : undefined
}

/** The texts that a column is compared with. */
function namedBy({ op, value }: PropertyFilter): ReadonlySet<string> | undefined {
  const values: readonly unknown[] | undefined =
    op === 'eq' ? [value] : op === 'in' && Array.isArray(value) ? value : undefined
  return values && new Set(values.filter((one) => typeof one === 'string'))
}
