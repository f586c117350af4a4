import { DOUBLE, DuckDBInstance, LIST, listValue } from '@duckdb/node-api'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { segmentName, sidecarName } from '../../src/segments/names.js'
import { createRowSummer } from '../../src/segments/row-hash.js'
import { doubleText, propertiesText } from '../../src/segments/row-text.js'
import { numberEvents, sampleEvents } from '../../src/testing/index.js'

const rows = numberEvents(sampleEvents({ count: 100 }))

function hashOf(...batches: (typeof rows)[]): string {
  const summer = createRowSummer()
  for (const batch of batches) summer.add(batch)
  return summer.summary().rowHash
}

describe('the row hash', () => {
  it('is the same in any order and any batches', () => {
    const reversed = [...rows].reverse()
    expect(hashOf(reversed.slice(0, 30), reversed.slice(30))).toBe(hashOf(rows))
  })

  it('is the same on every machine and in every release', () => {
    expect(hashOf(rows.slice(0, 3))).toBe('86b8d56bf9abff8943ce83eac6721621')
  })

  it('tells a changed value, a missing row and a doubled one', () => {
    const [first, ...rest] = rows
    const changed = { ...first!, eventLabel: `${first!.eventLabel}!` }
    const hashes = [
      rows,
      [changed, ...rest],
      rest,
      [first!, ...rows],
      [first!, first!, ...rows],
      [{ ...first!, person: 9 }, ...rest],
    ]
    expect(new Set(hashes.map((one) => hashOf(one))).size).toBe(hashes.length)
  })

  it('has no times without rows', () => {
    expect(createRowSummer().summary()).toMatchObject({ rows: 0, rowHash: '0'.repeat(32), minTime: Number.NaN })
  })
})

describe('doubleText', () => {
  it('spells every number as DuckDB does', async () => {
    const instance = await DuckDBInstance.create(':memory:')
    const connection = await instance.connect()
    const spelled = async (numbers: number[]) => {
      const read = await connection.runAndReadAll(
        'SELECT (unnest($1::DOUBLE[]) + 0)::VARCHAR',
        [listValue(numbers)],
        [LIST(DOUBLE)],
      )
      return read.getRows().map(([text]) => text)
    }
    const anyNumber = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.integer(),
      fc.double({ min: -20, max: 20, noNaN: true }).map((power) => 10 ** power),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(anyNumber, { minLength: 1, maxLength: 200 }), async (numbers) => {
        expect(numbers.map(doubleText)).toEqual(await spelled(numbers))
      }),
    )
    connection.closeSync()
    instance.closeSync()
  })
})

describe('propertiesText', () => {
  it('leaves whole text as it is and mends half a surrogate pair', () => {
    expect(propertiesText(null)).toBeNull()
    expect(propertiesText({ a: '😀', b: '\\ud83d' })).toBe('{"a":"😀","b":"\\\\ud83d"}')
    expect(propertiesText({ a: ['\ud83d', { '\udc00': 1 }] })).toBe('{"a":["\ufffd",{"\ufffd":1}]}')
  })
})

describe('names', () => {
  it('come from the bytes, longer where a name was given up', () => {
    const sha256 = '0123456789abcdef'.repeat(4)
    const name = segmentName('2026-08-01', sha256, '.parquet', [])
    expect(name).toBe(`events/dt=2026-08-01/${sha256.slice(0, 32)}.parquet`)
    expect(segmentName('2026-08-01', sha256, '.parquet', [name])).toBe(
      `events/dt=2026-08-01/${sha256.slice(0, 40)}.parquet`,
    )
    expect(sidecarName(name)).toBe(`_tiering/dt=2026-08-01/${sha256.slice(0, 32)}.json`)
  })
})
