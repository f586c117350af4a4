import { duckdbStore } from '@analytics/node/duckdb'
import { memoryStore } from '@analytics/node/memory'
import { sampleEvent, sampleEvents } from '@analytics/node/testing'
import { DAY_MS, type StoredEvent, type TrendQuery } from '@analytics/protocol'
import { describe, expect, it } from 'vitest'
import { queryEngine } from '../../src/analysis/query.js'

const STORES = { memory: () => memoryStore(), duckdb: () => duckdbStore({ path: ':memory:' }) }

async function ask(
  open: () => ReturnType<typeof memoryStore>,
  events: StoredEvent[],
  query: Omit<TrendQuery, 'kind'>,
  now = Date.UTC(2030, 0),
) {
  const store = open()
  await store.setup('auto')
  await store.insertEvents(events)
  const answer = await queryEngine({ store, cold: undefined, now: () => now }).run({ kind: 'trend', ...query })
  await store.close()
  return answer
}

describe.each(Object.entries(STORES))('trend on %s', (_name, open) => {
  it('aggregates by day as a recount of the events does', async () => {
    const events = sampleEvents({ count: 2_000, days: 4, people: 40 })
    const { result } = await ask(open, events, {
      range: { from: '2026-01-10', to: '2026-01-14' },
      metrics: [
        'events',
        'users',
        'sessions',
        'page_views',
        { name: 'revenue', event: 'purchase', aggregate: 'sum', property: 'properties.amount' },
        { name: 'largest', aggregate: 'max' },
        { name: 'smallest', aggregate: 'min' },
        { name: 'mean', aggregate: 'average', where: { property: 'eventType', op: 'eq', value: 'click' } },
        { name: 'median', aggregate: 'p50' },
      ],
    })
    const day = (i: number) =>
      events.filter(({ eventTimestamp }) => Math.floor((eventTimestamp - Date.UTC(2026, 0, 10)) / DAY_MS) === i)
    const values = (rows: StoredEvent[]) =>
      rows.flatMap(({ eventValue }) => (eventValue === null ? [] : [eventValue])).sort((a, b) => a - b)
    const person = ({ userId, anonymousId }: StoredEvent) => userId ?? `anonymous ${anonymousId}`
    for (let i = 0; i < 4; i++) {
      const rows = day(i)
      const numbers = values(rows)
      const clicks = values(rows.filter(({ eventType }) => eventType === 'click'))
      const middle = (numbers.length - 1) / 2
      const expected = [
        rows.length,
        new Set(rows.map(person)).size,
        new Set(rows.map(({ sessionId }) => sessionId)).size,
        rows.filter(({ eventType }) => eventType === 'page_view').length,
        rows
          .filter(({ eventType }) => eventType === 'purchase')
          .reduce((sum, row) => sum + Number(row.properties?.amount ?? 0), 0),
        numbers.at(-1),
        numbers[0],
        clicks.reduce((sum, one) => sum + one, 0) / clicks.length,
        (numbers[Math.floor(middle)]! + numbers[Math.ceil(middle)]!) / 2,
      ]
      const got = result.series.map(({ points }) => points[i]!.value)
      for (const [metric, value] of got.entries()) {
        expect(value, result.series[metric]!.metric).toBeCloseTo(expected[metric]!, 9)
      }
    }
  })

  it('cuts days at midnight of the time zone, also on the day that has 23 hours', async () => {
    const at = (iso: string) => sampleEvent({ eventTimestamp: Date.parse(iso) })
    const events = [
      at('2026-03-28T22:59:59Z'),
      at('2026-03-28T23:00:00Z'),
      at('2026-03-29T21:59:59Z'),
      at('2026-03-29T22:00:00Z'),
    ]
    const { result } = await ask(open, events, {
      range: { from: '2026-03-28', to: '2026-03-31', timeZone: 'Europe/Berlin' },
      metrics: ['events'],
    })
    expect(result.series[0]!.points.map(({ start, value }) => [start, value])).toEqual([
      ['2026-03-28T00:00:00+01:00', 1],
      ['2026-03-29T00:00:00+01:00', 2],
      ['2026-03-30T00:00:00+02:00', 1],
    ])
  })

  it('marks intervals that are not over, and has no value for an average of nothing', async () => {
    const { result, meta } = await ask(
      open,
      [],
      { range: { from: '2026-01-01', to: '2026-01-04' }, metrics: [{ name: 'mean', aggregate: 'average' }, 'events'] },
      Date.UTC(2026, 0, 2, 12),
    )
    expect(result.series.map(({ points }) => points.map(({ value, complete }) => [value, complete]))).toEqual([
      [
        [null, true],
        [null, false],
        [null, false],
      ],
      [
        [0, true],
        [0, false],
        [0, false],
      ],
    ])
    expect(meta.openUntil).toBe('2026-01-04T00:00:00.000Z')
  })
})
