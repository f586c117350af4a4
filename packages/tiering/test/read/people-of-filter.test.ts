import type { Filter } from '@analytics/protocol'
import { matchesFilter, peopleOfFilter } from '@analytics/protocol/filter'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sampleEvents } from '../../src/testing/index.js'

const events = sampleEvents({ count: 120, users: 6 })
const id = fc.constantFrom('user-0', 'user-1', 'user-2', 'visitor-0', 'visitor-1', 'visitor-2')
const comparison: fc.Arbitrary<Filter> = fc.oneof(
  fc.record({
    property: fc.constantFrom('userId', 'anonymousId', 'eventType'),
    op: fc.constantFrom('eq', 'neq', 'exists', 'notExists', 'contains', 'gt'),
    value: fc.oneof(id, fc.constantFrom('page_view', 5, null)),
  }),
  fc.record({
    property: fc.constantFrom('userId', 'anonymousId'),
    op: fc.constantFrom('in', 'notIn'),
    value: fc.array(id, { maxLength: 3 }),
  }),
)
const filter: fc.Arbitrary<Filter> = fc.letrec<{ filter: Filter }>((tie) => ({
  filter: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    comparison,
    fc.record({ and: fc.array(tie('filter'), { maxLength: 3 }) }),
    fc.record({ or: fc.array(tie('filter'), { maxLength: 3 }) }),
    fc.record({ not: tie('filter') }),
  ),
})).filter

describe('the people of a filter', () => {
  it('are all whose events it lets through', () => {
    fc.assert(
      fc.property(filter, (one) => {
        const people = peopleOfFilter(one)
        if (!people) return
        for (const event of events) {
          if (matchesFilter(event, one)) expect(people).toContain(event.userId ?? event.anonymousId)
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('are known of a user with the ids that the user had before', () => {
    const known: Filter = { property: 'userId', op: 'eq', value: 'ann' }
    const before: Filter = {
      and: [
        { property: 'userId', op: 'notExists' },
        { property: 'anonymousId', op: 'in', value: ['a', 'b'] },
      ],
    }
    expect(peopleOfFilter({ and: [{ or: [known, before] }, { property: 'os', op: 'exists' }] })).toEqual(
      new Set(['ann', 'a', 'b']),
    )
  })

  it('may be anybody of an anonymous id alone, behind which a user may stand', () => {
    expect(peopleOfFilter({ property: 'anonymousId', op: 'eq', value: 'a' })).toBeUndefined()
    expect(peopleOfFilter({ not: { property: 'userId', op: 'eq', value: 'ann' } })).toBeUndefined()
    expect(
      peopleOfFilter({
        or: [
          { property: 'userId', op: 'eq', value: 'ann' },
          { property: 'os', op: 'exists' },
        ],
      }),
    ).toBe(undefined)
  })
})
