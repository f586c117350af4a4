import type { Filter, StoredEvent } from '@analytics/protocol'
import {
  compareText,
  type FilterDialect,
  filterToSql,
  matchesFilter,
  propertyReference,
} from '@analytics/protocol/filter'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runs } from '../../../test/support/soak.js'

const event = {
  eventType: 'click',
  eventValue: 5,
  userId: null,
  eventTimestamp: 1000,
  properties: { a: { b: 'x' }, n: 3, ok: true, none: null, list: [1] },
} as unknown as StoredEvent
const holds = (filter: Filter) => matchesFilter(event, filter)

/** A dialect that shows what reaches the text and what is bound. */
function recordingDialect() {
  const bound: unknown[] = []
  const bind = (value: unknown) => `$${bound.push(value)}`
  const dialect: FilterDialect = {
    bind,
    instant: bind,
    property: (path, type) => `json_${type}(${bind(path.join('/'))})`,
    hasProperty: (path) => `has(${bind(path.join('/'))})`,
    contains: (text, part) => `contains(${text}, ${part})`,
    isIn: (value, others) => `${value} IN (${others.join(', ')})`,
    twoValued: (condition) => `coalesce(${condition}, false)`,
  }
  return { dialect, bound }
}

describe('matchesFilter', () => {
  it.each<[Filter, boolean]>([
    [{ property: 'properties.a.b', op: 'eq', value: 'x' }, true],
    [{ property: 'properties.n', op: 'eq', value: '3' }, false],
    [{ property: 'properties.n', op: 'neq', value: '3' }, true],
    [{ property: 'properties.ok', op: 'in', value: [true] }, true],
    [{ property: 'properties.none', op: 'exists' }, false],
    [{ property: 'properties.list', op: 'exists' }, true],
    [{ property: 'properties.list.0', op: 'exists' }, false],
    [{ property: 'properties.constructor', op: 'exists' }, false],
    [{ property: 'userId', op: 'neq', value: 'u' }, true],
    [{ property: 'userId', op: 'lt', value: 'u' }, false],
    [{ not: { property: 'userId', op: 'lt', value: 'u' } }, true],
    [{ property: 'eventTimestamp', op: 'lt', value: '1970-01-01T00:00:01.001Z' }, true],
    [{ and: [] }, true],
    [{ or: [] }, false],
  ])('%j is %s', (filter, expected) => {
    expect(holds(filter)).toBe(expected)
  })
})

describe('filterToSql', () => {
  it('binds every value and path, whatever it holds', () => {
    const nasty = `'; DROP TABLE x --`
    const { dialect, bound } = recordingDialect()
    const sql = filterToSql(
      {
        and: [
          { property: `properties.${nasty}`, op: 'eq', value: nasty },
          { property: 'eventType', op: 'in', value: [nasty, 1] },
        ],
      },
      dialect,
    )
    expect(sql).toBe('((coalesce(json_text($1) IN ($2), false)) AND (coalesce(event_type IN ($3), false)))')
    expect(bound).toEqual([nasty, nasty, nasty])
  })

  it('binds nothing that the text does not name, for databases refuse unused values', () => {
    for (const filter of [
      { property: 'eventValue', op: 'gte', value: true },
      { property: 'eventType', op: 'contains', value: 5 },
      { property: 'eventType', op: 'eq', value: 5 },
      { property: 'unknown', op: 'in', value: ['x'] },
    ] as Filter[]) {
      const { dialect, bound } = recordingDialect()
      expect(filterToSql(filter, dialect)).toBe('(1 = 0)')
      expect(bound).toEqual([])
    }
  })

  it('takes an unknown property for a missing one, as the evaluation does', () => {
    for (const op of ['exists', 'notExists', 'neq', 'notIn', 'eq', 'gt'] as const) {
      const filter: Filter = { property: 'unknown', op, value: op === 'notIn' ? ['x'] : 'x' }
      const { dialect } = recordingDialect()
      expect(filterToSql(filter, dialect)).toBe(holds(filter) ? '(1 = 1)' : '(1 = 0)')
    }
  })
})

describe('compareText', () => {
  it('orders text as its UTF-8 bytes are ordered', () => {
    const text = fc.string({ unit: 'binary' })
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(Math.sign(compareText(a, b))).toBe(Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))))
      }),
      { seed: 20_265, numRuns: runs(1000) },
    )
  })
})

describe('propertyReference', () => {
  it.each(['event_type', '__proto__', 'toString', 'properties', 'properties.', 'properties..a', ''])(
    'knows no %j',
    (name) => {
      expect(propertyReference(name)).toBeUndefined()
    },
  )
})
