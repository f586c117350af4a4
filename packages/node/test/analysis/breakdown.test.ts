import { expect, it } from 'vitest'
import { valueCounter } from '../../src/analysis/trend/breakdown.js'

it('gives the series to the values of most events, also where rows stand for several', () => {
  const metric = { name: 'events', aggregates: [0], value: () => null }
  const counter = valueCounter('browser', [metric])
  const browser = ['Chrome', 'Firefox', 'Firefox']
  counter.push(
    {
      ...{
        length: 3,
        time: Float64Array.of(1, 1, 1),
        person: Int32Array.of(0, 1, 2),
        matches: Uint32Array.of(1, 1, 1),
      },
      ...{ counts: Uint32Array.of(3, 1, 1), columns: { browser } },
    },
    0,
  )
  expect(counter.groups(1).values).toEqual([['Chrome']])
})
