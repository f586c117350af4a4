import { describe, expect, it } from 'vitest'
import { parseQuery } from '../../src/analysis/parse-query.js'

const range = { from: '2026-01-01', to: '2026-02-01' }
const funnel = { kind: 'funnel', range, steps: [{ event: 'a' }, { event: 'b' }] }
const trend = { kind: 'trend', range, metrics: ['users'] }
const journeys = {
  kind: 'journeys',
  range,
  by: ['properties.path', 'eventType'],
  event: { event: 'page_view' },
  groups: [{ label: 'product', match: ['/p/*'] }],
  exclude: ['/health', '/ad/*'],
  start: '/',
  end: '/thanks',
  maxSteps: 20,
  sessionGap: '1h',
  collapseRepeats: false,
  minWeight: 2,
  limit: 1000,
}
const cohort = (definition: unknown) => ({ kind: 'cohort', range, cohort: definition })
const others = (depth: number): unknown => (depth === 0 ? { people: ['u'] } : { not: others(depth - 1) })
const nested = (depth: number): unknown =>
  depth === 0 ? { property: 'eventType', op: 'exists' } : { not: nested(depth - 1) }

describe('parseQuery', () => {
  it.each([
    ['an ordered funnel', funnel],
    [
      'a filter over properties',
      { ...funnel, where: { and: [{ property: 'properties.plan', op: 'in', value: ['pro', 1, true] }] } },
    ],
    [
      'a trend of own metrics',
      {
        kind: 'trend',
        range,
        metrics: ['users', { name: 'revenue', aggregate: 'sum', property: 'properties.amount' }],
      },
    ],
    [
      'a trend of a formula and of a defined metric, broken down and compared',
      {
        kind: 'trend',
        range,
        metrics: ['arpu', { name: 'share', formula: '100 * buyers / users' }],
        breakdown: { property: 'properties.plan', limit: 100 },
        compare: 'previous',
      },
    ],
    ['a trend broken down by a column', { kind: 'trend', range, metrics: ['users'], breakdown: 'country' }],
    [
      'a strict funnel with an exclusion and an optional step',
      {
        ...funnel,
        order: 'strict',
        steps: [{ event: 'a' }, { event: 'b', optional: true }, { event: 'c' }],
        exclusions: [{ event: 'x', fromStep: 0, toStep: 2 }],
        histogram: { toStep: 2 },
      },
    ],
    [
      'retention in brackets',
      { kind: 'retention', range, startEvent: { event: 'a' }, returnEvent: { event: '*' }, brackets: [1, 3, 7] },
    ],
    ['a lifecycle', { kind: 'lifecycle', range, interval: 'week' }],
    ['stickiness', { kind: 'stickiness', range, event: { event: 'a' }, minOccurrences: 2, maxOccurrences: 5 }],
    ['active users', { kind: 'active-users', range, window: 'week' }],
    ['events of a user', { kind: 'events', range, userId: 'u', limit: 1000 }],
    ['journeys', journeys],
    ['a cohort by its name', cohort('buyers')],
    [
      'a cohort of every form',
      cohort({
        and: [
          { performed: { event: 'a', where: nested(8), times: { min: 2, max: 2 }, within: '30d' } },
          { or: [{ notPerformed: { event: ['a', 'b'] } }, { firstTime: { event: '*', within: '1w' } }] },
          { sequence: { steps: [{ event: 'a' }, { event: 'b' }], within: '1d', window: '30m' } },
          { not: { traits: { property: 'properties.plan', op: 'neq', value: 'pro' } } },
          { people: ['u'] },
          { cohort: 'buyers' },
        ],
      }),
    ],
    ['a cohort on 8 levels', cohort(others(8))],
    ['a funnel of a cohort by its name', { ...funnel, cohort: 'buyers' }],
    ['a trend of a cohort', { ...trend, cohort: { people: [] } }],
  ])('takes %s', (_name, query) => {
    expect(parseQuery(query)).toEqual(query)
  })

  it.each([
    ['no object', 'funnel', ''],
    ['an unknown kind', { kind: 'magic', range }, 'kind'],
    ['no range', { kind: 'trend', metrics: ['users'] }, 'range'],
    ['one step', { ...funnel, steps: [{ event: 'a' }] }, 'steps'],
    ['21 steps', { ...funnel, steps: Array(21).fill({ event: 'a' }) }, 'steps'],
    ['a window that is no duration', { ...funnel, window: '14 days' }, 'window'],
    [
      'a field that is not there',
      { ...funnel, where: { property: 'event_type; DROP TABLE x', op: 'eq', value: 1 } },
      'where.property',
    ],
    ['a prototype key as property', { ...funnel, where: { property: '__proto__', op: 'exists' } }, 'where.property'],
    ['an unknown operator', { ...funnel, where: { property: 'eventType', op: 'like', value: 'x' } }, 'where.op'],
    [
      'a filter of a step',
      { ...funnel, steps: [{ event: 'a' }, { event: 'b', where: { property: 'nope', op: 'exists' } }] },
      'steps[1].where.property',
    ],
    [
      '10,001 values',
      { ...funnel, where: { property: 'eventType', op: 'in', value: Array(10_001).fill('x') } },
      'where.value',
    ],
    [
      '1,001 conditions',
      { ...funnel, where: { and: Array(10).fill({ or: Array(100).fill({ property: 'country', op: 'exists' }) }) } },
      'where',
    ],
    [
      'one wrong condition of several',
      {
        ...funnel,
        where: { and: [{ property: 'country', op: 'exists' }, { not: { property: 'country', op: 'has' } }] },
      },
      'where.and[1].not.op',
    ],
    ['retention without a return', { kind: 'retention', range, startEvent: { event: 'a' } }, 'returnEvent'],
    [
      'retention by the minute',
      { kind: 'retention', range, startEvent: { event: 'a' }, returnEvent: { event: 'a' }, interval: 'minute' },
      'interval',
    ],
    [
      'an optional step of a retention',
      { kind: 'retention', range, startEvent: { event: 'a', optional: true }, returnEvent: { event: 'a' } },
      'startEvent',
    ],
    ['a trend of nothing', { ...trend, metrics: [] }, 'metrics'],
    ['a trend of 17 metrics', { ...trend, metrics: Array(17).fill('users') }, 'metrics'],
    ['an aggregate that is none', { ...trend, metrics: [{ name: 'x', aggregate: 'median' }] }, 'metrics[0].aggregate'],
    ['a metric without a name', { ...trend, metrics: ['users', { event: 'a' }] }, 'metrics[1].name'],
    ['a formula that is a number', { ...trend, metrics: [{ name: 'x', formula: 5 }] }, 'metrics[0].formula'],
    ['a formula of an event', { ...trend, metrics: [{ name: 'x', formula: 'users', event: 'a' }] }, 'metrics[0]'],
    ['a breakdown by what is no property', { ...trend, breakdown: 'plan' }, 'breakdown'],
    ['a breakdown into 101 values', { ...trend, breakdown: { property: 'country', limit: 101 } }, 'breakdown.limit'],
    ['a comparison with what there is not', { ...trend, compare: 'next' }, 'compare'],
    ['a window of active users that is none', { kind: 'active-users', range, window: 'year' }, 'window'],
    ['9 exclusions', { ...funnel, exclusions: Array(9).fill({ event: 'x', fromStep: 0, toStep: 1 }) }, 'exclusions'],
    ['an option that does not exist', { ...funnel, colour: 'red' }, ''],
    ['journeys by nothing', { ...journeys, by: [] }, 'by'],
    ['journeys by what is no property', { ...journeys, by: ['pageUrl', 'page'] }, 'by[1]'],
    ['journeys of one step', { ...journeys, maxSteps: 1 }, 'maxSteps'],
    ['journeys of 21 steps', { ...journeys, maxSteps: 21 }, 'maxSteps'],
    ['a session gap that is no duration', { ...journeys, sessionGap: '1y' }, 'sessionGap'],
    ['a group without labels', { ...journeys, groups: [{ label: 'x', match: [] }] }, 'groups[0].match'],
    ['1,001 links', { ...journeys, limit: 1001 }, 'limit'],
    ['a cohort of nothing', { kind: 'cohort', range }, 'cohort'],
    ['a cohort with a condition on events', { ...cohort('buyers'), where: nested(0) }, ''],
    ['a cohort that is a number', cohort(7), 'cohort'],
    ['a name of a cohort that is empty', cohort(''), 'cohort'],
    ['a definition of no form', cohort({}), 'cohort'],
    ['a definition of two forms', cohort({ people: [], cohort: 'buyers' }), 'cohort'],
    ['a definition of one form and nothing', cohort({ people: [], cohort: undefined }), 'cohort'],
    ['a form that is undefined', cohort({ people: undefined }), 'cohort'],
    ['a form that there is not', { ...funnel, cohort: { or: [{ magic: 1 }] } }, 'cohort.or[0]'],
    ['a definition nested without end', cohort(others(5000)), expect.stringMatching(/^cohort(\.not){8}$/)],
    ['101 parts', cohort({ or: Array(101).fill({ people: [] }) }), 'cohort.or'],
    ['no parts', cohort({ and: [] }), 'cohort.and'],
    ['100,001 people', cohort({ people: Array(100_001).fill('u') }), 'cohort.people'],
    ['a person without an id', cohort({ people: ['u', ''] }), 'cohort.people[1]'],
    [
      'fewer times than none',
      cohort({ performed: { event: 'a', times: { min: 3, max: 2 } } }),
      'cohort.performed.times',
    ],
    [
      'never as a number of times',
      cohort({ performed: { event: 'a', times: { max: 0 } } }),
      'cohort.performed.times.max',
    ],
    ['a first time of whenever', cohort({ firstTime: { event: 'a' } }), 'cohort.firstTime.within'],
    ['a sequence of one step', cohort({ sequence: { steps: [{ event: 'a' }] } }), 'cohort.sequence.steps'],
    [
      'a trait that is a column',
      cohort({ traits: { property: 'country', op: 'eq', value: 'DE' } }),
      'cohort.traits.property',
    ],
    ['a filter nested without end', { ...funnel, where: nested(50) }, expect.stringMatching(/^where/)],
  ])('refuses %s and names the field', (_name, query, field) => {
    expect(() => parseQuery(query)).toThrow(expect.objectContaining({ code: 'invalid_query', httpStatus: 400, field }))
  })
})
