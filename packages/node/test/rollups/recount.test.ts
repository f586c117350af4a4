import { sampleEvent } from '@analytics/node/testing'
import type { StoredEvent } from '@analytics/protocol'
import { describe, expect, it } from 'vitest'
import { recount } from '../../src/rollups/recount.js'

const START = Date.UTC(2026, 0, 12)

/** Metrics of the events, each of the person at its place. */
function metrics(events: readonly Partial<StoredEvent>[], people: readonly number[] = []) {
  const counting = recount(START)
  for (const [i, event] of events.entries())
    counting.add({ ...sampleEvent({ eventTimestamp: START, ...event }), person: people[i] ?? 1 })
  return counting.rows()
}

describe('recount', () => {
  it('counts nothing where there are no events', () => {
    expect(metrics([])).toEqual([])
  })

  it('has a row for each person, in order of their numbers', () => {
    expect(metrics([{}, {}, {}, {}], [10, 9, 10, 2]).map(({ person, totalEvents }) => [person, totalEvents])).toEqual([
      [2, 1],
      [9, 1],
      [10, 2],
    ])
  })

  it('sums the time from first to last event of each session, in whatever order they come', () => {
    const [row] = metrics([
      { sessionId: 'a', eventTimestamp: START + 5000 },
      { sessionId: 'a', eventTimestamp: START },
      { sessionId: 'a', eventTimestamp: START + 1500 },
      { sessionId: 'b', eventTimestamp: START + 100 },
      { sessionId: 'b', eventTimestamp: START + 350 },
      { sessionId: 'server', eventTimestamp: START + 3_000_000 },
    ])
    expect(row).toMatchObject({ totalEvents: 6, totalSessions: 2, totalDurationSeconds: 5.25 })
  })

  it('counts views and distinct pages of page views only', () => {
    const [row] = metrics([
      { pageUrl: 'https://a.example/' },
      { pageUrl: 'https://a.example/' },
      { pageUrl: 'https://b.example/' },
      { pageUrl: null },
      { eventType: 'click', pageUrl: 'https://c.example/' },
    ])
    expect(row).toMatchObject({ pageViews: 4, uniquePages: 2 })
  })

  it('counts actions by name, and features once each in order of code points', () => {
    const [row] = metrics([
      { eventAction: 'save', eventCategory: 'feature_usage', eventLabel: '😀' },
      { eventAction: 'save', eventCategory: 'feature_usage', eventLabel: '\uffff' },
      { eventAction: '__proto__', eventCategory: 'feature_usage', eventLabel: 'b' },
      { eventCategory: 'feature_usage', eventLabel: 'b' },
      { eventCategory: 'feature_usage', eventLabel: null },
      { eventCategory: 'Feature_usage', eventLabel: 'other' },
      { eventCategory: null, eventType: 'feature_usage', eventLabel: 'not filed as one' },
    ])
    expect(Object.entries(row!.actionsPerformed)).toEqual([
      ['__proto__', 1],
      ['save', 2],
    ])
    expect(row!.featuresUsed).toEqual(['b', '\uffff', '😀'])
  })

  it('takes the mean of load times that are there, and none of other values', () => {
    const load = { eventType: 'page_load' }
    expect(
      metrics([{ ...load, eventValue: 100 }, { ...load, eventValue: 201 }, load, { eventValue: 7 }])[0],
    ).toMatchObject({ avgPageLoadTime: 150.5 })
    expect(metrics([load, { eventType: 'error', eventValue: 3 }, { eventType: 'error' }])[0]).toMatchObject({
      avgPageLoadTime: null,
      errorCount: 2,
    })
    expect(metrics([{ ...load, eventValue: 0 }])[0]).toMatchObject({ avgPageLoadTime: 0 })
  })
})
