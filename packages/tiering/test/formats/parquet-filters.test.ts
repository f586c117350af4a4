import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import type { Filter, Json, StoredEvent } from '@analytics/protocol'
import fc from 'fast-check'
import { afterAll, describe, it } from 'vitest'
import { limitMs, runs } from '../../../../test/support/soak.js'
import { parquetFormat } from '../../src/formats/parquet.js'
import { localSource } from '../../src/read/segment-file.js'
import { assertReadsLikeRows, numberEvents, sampleEvents } from '../../src/testing/index.js'
import { tempDir } from '../temp-dir.js'

const root = tempDir()
const format = parquetFormat({ tempDir: root })
afterAll(() => format.close())

const texts = ['', 'a', 'ab', 'A', '😀', '\ufffd', '100', 'true', "o'clock", '$1', 'a.b', '2026-08-01T12:00:00Z']
const numbers = [0, -0, 1, -1.5, 0.1, 100, 1e21, 2 ** 53, 1785585600000]
const scalar = fc.oneof(fc.constantFrom(...texts), fc.constantFrom(...numbers), fc.boolean())
const keys = ['plan', 'k', '0', '-', 'a/b', 'c~d', 'ü', '__proto__', 'length']
const json: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.oneof(scalar, fc.constant(null)),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...keys), tie('value'), { maxKeys: 3 }),
  ),
})).value

const sample = sampleEvents({ count: 12 })
const event: fc.Arbitrary<StoredEvent> = fc
  .record({
    base: fc.constantFrom(...sample),
    eventType: fc.constantFrom('a', 'b', '😀'),
    eventLabel: fc.option(fc.constantFrom(...texts)),
    // -0 is stored as 0.
    eventValue: fc.option(fc.constantFrom(...numbers.map((one) => one + 0))),
    properties: fc.option(fc.dictionary(fc.constantFrom(...keys), json, { maxKeys: 4 })),
  })
  .map(({ base, properties, ...rest }) => ({ ...base, ...rest, properties: JSON.parse(JSON.stringify(properties)) }))

const property = fc.oneof(
  fc.constantFrom('eventType', 'eventLabel', 'eventValue', 'userId', 'eventTimestamp', 'schemaVersion'),
  fc.array(fc.constantFrom(...keys), { minLength: 1, maxLength: 3 }).map((path) => `properties.${path.join('.')}`),
)
/** Filters name what there is, as those of a checked query do; columns may be anything. */
const column = fc.oneof(property, fc.constantFrom('no', 'properties', 'properties.'))
const time = fc.constantFrom(
  sample[0]!.eventTimestamp,
  '2026-08-01T12:00:00Z',
  '2026-08-01T12:00:00.5+02:00',
  'no time',
  1e300,
)
const value = fc.oneof(scalar, time, fc.constant(null))
const comparison: fc.Arbitrary<Filter> = fc.oneof(
  fc.record({
    property,
    op: fc.constantFrom('eq', 'neq', 'gt', 'gte', 'lt', 'lte', 'contains', 'exists', 'notExists'),
    value,
  }),
  fc.record({ property, op: fc.constantFrom('in', 'notIn'), value: fc.array(value, { maxLength: 4 }) }),
)
const filter = fc.letrec<{ filter: Filter }>((tie) => ({
  filter: fc.oneof(
    { depthSize: 'small' },
    comparison,
    fc.record({ and: fc.array(tie('filter'), { maxLength: 3 }) }),
    fc.record({ or: fc.array(tie('filter'), { maxLength: 3 }) }),
    fc.record({ not: tie('filter') }),
  ),
})).filter

describe('reads of a Parquet segment', () => {
  it(
    'answer any filter as evaluating it on each event does',
    async () => {
      const requests = fc.array(
        fc.record({ where: filter, matches: fc.array(fc.record({ where: filter }), { minLength: 1, maxLength: 3 }) }),
        { minLength: 8, maxLength: 8 },
      )
      const columns = fc.uniqueArray(column, { maxLength: 3 })
      await fc.assert(
        fc.asyncProperty(
          fc.array(event, { minLength: 20, maxLength: 40 }),
          requests,
          columns,
          async (events, asked, names) => {
            const rows = numberEvents(
              events.map((one, i) => ({ ...one, eventId: `${one.eventId.slice(0, 24)}${10 + i}` })),
            )
            const path = join(mkdtempSync(join(root, 'segment-')), 'a.parquet')
            const { size } = await format.write(
              (async function* () {
                yield rows
              })(),
              path,
            )
            for (const request of asked) {
              const all = { from: 0, to: Number.MAX_SAFE_INTEGER, columns: names }
              await assertReadsLikeRows(format, localSource(path, size), rows, { ...all, ...request })
            }
          },
        ),
        { numRuns: runs(25), endOnFailure: true, seed: 20260801 },
      )
    },
    limitMs(60_000),
  )
})
