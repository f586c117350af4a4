import { sampleEvent } from '@analytics/node/testing'
import type { Filter, FilterOperator, Json, JsonObject, StoredEvent } from '@analytics/protocol'
import fc from 'fast-check'

/** Text that databases hold: no NUL and no halves of surrogate pairs, which the server replaces. */
const text = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    'a',
    'A',
    'b',
    'é',
    'e\u0301',
    '😀',
    '\uffff',
    '5',
    'true',
    'null',
    '%',
    '_',
    "'",
    '"',
    '\\',
  ),
  fc.string({ unit: 'grapheme', maxLength: 8 }).map((one) => one.replaceAll('\0', '0').replace(/^\ufeff+/, '')),
  fc.string({ unit: 'binary', maxLength: 4 }).map((one) => one.replaceAll('\0', '0').replace(/^\ufeff+/, '')),
)

const number = fc.oneof(
  fc.constantFrom(0, 1, -1, 5, 0.1 + 0.2, 2 ** 53, 1e21, 1e300, 5e-324),
  fc.integer({ min: -3, max: 9 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((one) => one + 0),
)

const scalar: fc.Arbitrary<string | number | boolean> = fc.oneof(text, number, fc.boolean())

/** Names that meet: of objects at several depths, of places in lists, of what pointers and paths escape. */
const key = fc.constantFrom(
  'a',
  'b',
  '0',
  '1',
  '-',
  'a/b',
  '~',
  '~1',
  '$',
  '*',
  '"',
  "'",
  'select',
  'é',
  '😀',
  '__proto__',
)

const { object } = fc.letrec<{ json: Json; object: JsonObject }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.oneof(fc.constant(null), scalar),
    tie('object'),
    fc.array(tie('json'), { maxLength: 3 }),
  ),
  object: fc.uniqueArray(fc.tuple(key, tie('json')), { maxLength: 4, selector: ([name]) => name }).map(objectOf),
}))

/** An object with own properties only, also where one is called `__proto__`. */
function objectOf(entries: [string, Json][]): JsonObject {
  return Object.fromEntries(entries)
}

const filled = text.filter((one) => one !== '')
const optional = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: null })

/** A day that many of the random instants lie in, so that filters and buckets have rows. */
export const RANDOM_DAY: number = Date.UTC(2026, 0, 15)

const instant = fc.oneof(
  fc.integer({ min: RANDOM_DAY - 5, max: RANDOM_DAY + 5 }),
  fc.integer({ min: RANDOM_DAY - 86_400_000, max: RANDOM_DAY + 2 * 86_400_000 }),
)

/** Events that differ in all that filters look at. */
export const randomEvent: fc.Arbitrary<StoredEvent> = fc
  .record({
    eventType: filled,
    eventLabel: optional(filled),
    eventValue: optional(number),
    userId: optional(filled),
    country: optional(fc.constantFrom('DE', 'US')),
    schemaVersion: fc.integer({ min: 1, max: 9 }),
    eventTimestamp: instant,
    receivedTimestamp: instant,
    properties: optional(object),
  })
  .map(sampleEvent)

const property = fc.oneof(
  fc.constantFrom('eventType', 'eventLabel', 'eventValue', 'userId', 'country', 'schemaVersion', 'anonymousId'),
  fc.constantFrom('eventTimestamp', 'receivedTimestamp', 'properties', 'unknown', 'properties.'),
  fc.array(key, { minLength: 1, maxLength: 4 }).map((path) => `properties.${path.join('.')}`),
)

const comparedValue = fc.oneof(
  scalar,
  instant,
  instant.map((ms) => new Date(ms).toISOString()),
  fc.constantFrom<Json>(null, [], {}, ['a']),
)

const single: FilterOperator[] = ['eq', 'neq', 'gt', 'gte', 'lt', 'lte', 'contains', 'exists', 'notExists']

const comparison: fc.Arbitrary<Filter> = fc.oneof(
  fc.record({ property, op: fc.constantFrom(...single), value: comparedValue }),
  fc.record({
    property,
    op: fc.constantFrom<FilterOperator>('in', 'notIn'),
    value: fc.array(comparedValue, { maxLength: 40 }),
  }),
)

/** Filters of every operator over properties of every type, joined in every way. */
export const randomFilter: fc.Arbitrary<Filter> = fc.letrec<{ filter: Filter }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    comparison,
    fc.array(tie('filter'), { maxLength: 3 }).map((and): Filter => ({ and })),
    fc.array(tie('filter'), { maxLength: 3 }).map((or): Filter => ({ or })),
    tie('filter').map((not): Filter => ({ not })),
  ),
})).filter
