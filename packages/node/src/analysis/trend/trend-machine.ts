import type { EventBatch, TrendPoint, TrendSeries } from '@analytics/protocol'
import type { People } from '../../store.js'
import { columnNumbers } from '../column-numbers.js'
import { personOf } from '../person-slots.js'
import { type Buckets, isOver } from '../time.js'
import { aggregator } from './aggregator.js'
import type { Groups } from './breakdown.js'
import type { PlannedAggregate, PlannedMetric } from './metric-planner.js'

/** What a trend is made of. */
export interface TrendPlan {
  /** Aggregate i is match i of the scan. */
  aggregates: readonly PlannedAggregate[]
  metrics: readonly PlannedMetric[]
  groups: Groups
}

/** Consumes the rows of one range in order of time, and aggregates them by interval and group. */
export interface TrendMachine {
  /** Takes the rows from `begin` on, up to `end`. */
  push(batch: EventBatch, begin: number, end: number): void
  /** Whether any event of a metric is in the group of all other values. */
  hasOther(metric: number): boolean
  /**
   * A series for each metric and value; where `withOther` says so, and events were told apart, one for all other values.
   * @param options.now Intervals that end later are not complete.
   */
  series(options: { now: number; withOther: (metric: number) => boolean }): TrendSeries[]
}

/** One pass; people, sessions and values are kept for the open interval only. */
export function trendMachine(
  { aggregates, metrics, groups }: TrendPlan,
  intervals: Buckets,
  people: People,
): TrendMachine {
  const { starts } = intervals
  const cells = metrics.flatMap(({ aggregates: places }, metric) =>
    places.map((place) => {
      const { aggregate, column } = aggregates[place]!
      return { metric, place, column, bit: 1 << place, own: aggregator(aggregate, groups.values[metric]!.length + 1) }
    }),
  )
  const values = groups.values.map((own) => Array.from({ length: own.length + 1 }, (): (number | null)[] => []))
  const valueNumbers = columnNumbers(groups.numberOf)
  const others = new Uint8Array(metrics.length)
  let bucket = 0

  const close = () => {
    const taken = cells.map(({ own }) => own.take())
    metrics.forEach(({ value }, metric) => {
      const ofMetric = new Map(cells.flatMap((cell, i) => (cell.metric === metric ? [[cell.place, taken[i]!]] : [])))
      values[metric]!.forEach((points, group) => {
        points.push(value((place) => ofMetric.get(place)![group]!))
      })
    })
    bucket++
  }

  return {
    push({ time, person, matches, counts, columns }, begin, end) {
      for (const { own, column } of cells) own.open(column === undefined ? undefined : columns[column])
      valueNumbers.open(groups.column === undefined ? undefined : columns[groups.column])
      for (let row = begin; row < end; row++) {
        while (bucket + 1 < starts.length && time[row]! >= starts[bucket + 1]!) close()
        const canonical = personOf(people, person[row]!)
        const value = valueNumbers.at(row)
        for (let i = 0; i < cells.length; i++) {
          const { metric, bit, own } = cells[i]!
          if (!(matches[row]! & bit)) continue
          const group = groups.groupOf(metric, value)
          if (group === groups.values[metric]!.length) others[metric] = 1
          own.add(group, canonical, row, counts?.[row] ?? 1)
        }
      }
    },

    hasOther: (metric) => others[metric] === 1,

    series({ now, withOther }) {
      while (bucket < starts.length) close()
      const frame = Array.from(starts, (_, at) => ({
        start: intervals.label(at),
        complete: isOver(intervals, at, now),
      }))
      return metrics.flatMap(({ name }, metric) =>
        values[metric]!.flatMap((points, group) => {
          const breakdown = groups.values[metric]![group]
          const line = { metric: name, points: points.map((value, at) => point(frame[at]!, value)) }
          if (groups.column === undefined) return [line]
          if (breakdown !== undefined) return [{ ...line, breakdown }]
          return withOther(metric) ? [{ ...line, breakdown: 'Other', isOther: true as const }] : []
        }),
      )
    },
  }
}

const point = ({ start, complete }: Omit<TrendPoint, 'value'>, value: number | null): TrendPoint => ({
  start,
  value,
  complete,
})
