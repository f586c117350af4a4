import { AnalyticsError, type EventBatch, type Scalar } from '@analytics/protocol'
import { compareText } from '@analytics/protocol/filter'
import { columnNumbers } from '../column-numbers.js'
import type { PlannedMetric } from './metric-planner.js'

/** Which events of a metric are counted together. */
export interface Groups {
  /** The column that they are told apart by; undefined where all events are one group. */
  column: string | undefined
  /** By metric, the values that have a group of their own, by its number. The group behind them is that of all others. */
  values: readonly (readonly string[])[]
  /** A number for a value of the column. */
  numberOf(value: Scalar): number
  /** The group of a value by its number. */
  groupOf(metric: number, value: number): number
}

/** Every event in one group, which has no value. */
export function oneGroup(metrics: number): Groups {
  const values = Array.from({ length: metrics }, () => [])
  return { column: undefined, values, numberOf: () => 0, groupOf: () => 0 }
}

/** What different values may take while they are counted: one takes its characters and a few more. */
const MAX_CHARACTERS = 16_000_000
const CHARACTERS_PER_VALUE = 32

/** Counts the events of each value, metric by metric. */
export interface ValueCounter {
  /** Counts rows from `begin` on. @throws AnalyticsError `invalid_query` where there are too many values. */
  push(batch: EventBatch, begin: number): void
  /** Groups for the values with the most events, at most so many for each metric. */
  groups(limit: number): Groups
}

/** A counter of the values of a column, where metric i is made of the events that match any of its aggregates. */
export function valueCounter(column: string, metrics: readonly PlannedMetric[]): ValueCounter {
  const numbers = new Map<string, number>()
  const masks = metrics.map(({ aggregates }) => aggregates.reduce((mask, one) => mask | (1 << one), 0))
  const counts = metrics.map((): number[] => [])
  const own = columnNumbers((value) => {
    const text = textOf(value)
    return numbers.get(text) ?? added(text)
  })
  let characters = 0

  function added(text: string): number {
    characters += text.length + CHARACTERS_PER_VALUE
    if (characters > MAX_CHARACTERS) throw tooMany(numbers.size)
    for (const ofMetric of counts) ofMetric.push(0)
    numbers.set(text, numbers.size)
    return numbers.size - 1
  }

  return {
    push({ length, matches, counts: times, columns }, begin) {
      own.open(columns[column])
      for (let row = begin; row < length; row++) {
        const number = own.at(row)
        for (let i = 0; i < masks.length; i++) if (matches[row]! & masks[i]!) counts[i]![number]! += times?.[row] ?? 1
      }
    },

    groups(limit) {
      const texts = [...numbers.keys()]
      return groupsOf(
        column,
        counts.map((ofMetric) => mostCounted(texts, ofMetric, limit)),
      )
    },
  }
}

/** The texts that were counted most often, of equal ones the first. */
function mostCounted(texts: readonly string[], counts: readonly number[], limit: number): string[] {
  const counted = texts.flatMap((text, i) => (counts[i]! > 0 ? [{ text, count: counts[i]! }] : []))
  const sorted = counted.sort((a, b) => b.count - a.count || compareText(a.text, b.text))
  return sorted.slice(0, limit).map(({ text }) => text)
}

function groupsOf(column: string, values: readonly (readonly string[])[]): Groups {
  const numbers = new Map([...new Set(values.flat())].map((text, number) => [text, number]))
  const groups = values.map((texts) => {
    const groupOf = new Int32Array(numbers.size + 1).fill(texts.length)
    texts.forEach((text, group) => {
      groupOf[numbers.get(text)!] = group
    })
    return groupOf
  })
  return {
    column,
    values,
    // All values that have no group of their own are one number.
    numberOf: (value) => numbers.get(textOf(value)) ?? numbers.size,
    groupOf: (metric, value) => groups[metric]![value]!,
  }
}

const textOf = (value: Scalar): string => (value === null ? '' : String(value))

function tooMany(values: number): AnalyticsError {
  return new AnalyticsError(
    'invalid_query',
    `breakdown: the property has more than ${values} values in the range, which are too many to tell apart.`,
    { field: 'breakdown' },
  )
}
