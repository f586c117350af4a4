import type { Json, MetricDefinition, TrendPoint } from '@analytics/protocol'
import { Temporal } from 'temporal-polyfill'

/** An event as a recount sees it. */
export interface TrendRow {
  person: string
  session: string
  type: string
  /** UTC milliseconds. */
  time: number
  value: number | null
  label: Exclude<Json, object> | null
}

/** A metric, and what it is by a recount of the rows of an interval. */
export interface CountedMetric {
  definition: MetricDefinition
  /** Whether it, or what it is made of, counts the row. */
  isOf(row: TrendRow): boolean
  count(rows: readonly TrendRow[]): number | null
}

const isAny = (): boolean => true
const isA = ({ type }: TrendRow): boolean => type === 'a'
const isB = ({ type }: TrendRow): boolean => type === 'b'
const numbers = (rows: readonly TrendRow[]): number[] =>
  rows.flatMap(({ value }) => (value === null ? [] : [value])).sort((a, b) => a - b)
const total = (rows: readonly TrendRow[]): number => numbers(rows).reduce((sum, one) => sum + one, 0)
const different = (values: readonly unknown[]): number => new Set(values).size

/** The continuous percentile: the place between two neighbours counts. */
function percentile(rows: readonly TrendRow[], share: number): number | null {
  const sorted = numbers(rows)
  if (sorted.length === 0) return null
  const place = (sorted.length - 1) * share
  const below = Math.floor(place)
  return sorted[below]! + ((sorted[below + 1] ?? 0) - sorted[below]!) * (place - below)
}

const users = (rows: readonly TrendRow[]): number => different(rows.map(({ person }) => person))

/** Metrics of every kind. */
export const COUNTED_METRICS: readonly CountedMetric[] = [
  { definition: { name: 'all' }, isOf: isAny, count: (rows) => rows.length },
  { definition: { name: 'people', aggregate: 'users' }, isOf: isAny, count: users },
  {
    definition: { name: 'a_people', event: 'a', aggregate: 'users' },
    isOf: isA,
    count: (rows) => users(rows.filter(isA)),
  },
  {
    definition: { name: 'visits', event: ['b'], aggregate: 'sessions' },
    isOf: isB,
    count: (rows) => different(rows.filter(isB).map(({ session }) => session)),
  },
  {
    definition: { name: 'labels', aggregate: 'distinct', property: 'properties.label' },
    isOf: isAny,
    count: (rows) => different(rows.flatMap(({ label }) => (label === null ? [] : [label]))),
  },
  { definition: { name: 'total', aggregate: 'sum' }, isOf: isAny, count: total },
  {
    definition: { name: 'low', event: 'a', aggregate: 'min' },
    isOf: isA,
    count: (rows) => numbers(rows.filter(isA))[0] ?? null,
  },
  { definition: { name: 'high', aggregate: 'max' }, isOf: isAny, count: (rows) => numbers(rows).at(-1) ?? null },
  {
    definition: { name: 'mean', aggregate: 'average' },
    isOf: isAny,
    count: (rows) => (numbers(rows).length === 0 ? null : total(rows) / numbers(rows).length),
  },
  {
    definition: { name: 'p90', event: 'b', aggregate: 'p90' },
    isOf: isB,
    count: (rows) => percentile(rows.filter(isB), 0.9),
  },
  {
    definition: { name: 'share', formula: '100 * a_count / (a_count + b_count)' },
    isOf: (row) => isA(row) || isB(row),
    count(rows) {
      const [a, b] = [rows.filter(isA).length, rows.filter(isB).length]
      return a + b === 0 ? null : (100 * a) / (a + b)
    },
  },
]

/** Metrics that the formula among them is made of, and that are defined. */
export const PARTS: readonly MetricDefinition[] = [
  { name: 'a_count', event: 'a' },
  { name: 'b_count', event: 'b' },
]

/** What a recount is asked. */
export interface TrendQuestion {
  /** Dates; `to` is exclusive. */
  from: string
  to: string
  timeZone: string
  interval: 'day' | 'week' | 'month'
  limit: number
}

/** A line of a recount, its values by the date that an interval begins with; other intervals have no rows. */
export interface CountedLine {
  metric: string
  breakdown: string
  isOther: boolean
  compare: boolean
  valueAt(date: string): number | null
}

/** The lines of a trend that is broken down by the label and compared with the range before, by a recount of all rows for each. */
export function bruteTrend(
  rows: readonly TrendRow[],
  metrics: readonly CountedMetric[],
  question: TrendQuestion,
): CountedLine[] {
  const dateOf = ({ time }: TrendRow) =>
    Temporal.Instant.fromEpochMilliseconds(time).toZonedDateTimeISO(question.timeZone).toPlainDate().toString()
  const start = before(question)
  const now = rows.filter((row) => dateOf(row) >= question.from && dateOf(row) < question.to)
  const past = rows.filter((row) => dateOf(row) >= start && dateOf(row) < question.from)
  const lines = metrics.flatMap((metric) => {
    const values = topValues(now.filter(metric.isOf), question.limit)
    const isRest = (row: TrendRow) => !values.includes(textOf(row))
    const hasRest = [...now, ...past].some((row) => metric.isOf(row) && isRest(row))
    return [...values, ...(hasRest ? [undefined] : [])].map((value) => ({ metric, value, isRest }))
  })
  const line = (
    { metric, value, isRest }: (typeof lines)[number],
    of: readonly TrendRow[],
    compare: boolean,
  ): CountedLine => ({
    metric: metric.definition.name,
    breakdown: value ?? 'Other',
    isOther: value === undefined,
    compare,
    valueAt(date) {
      const inInterval = of.filter((row) => firstDay(dateOf(row), question.interval) === date)
      return metric.count(inInterval.filter((row) => (value === undefined ? isRest(row) : textOf(row) === value)))
    },
  })
  return [...lines.map((one) => line(one, now, false)), ...lines.map((one) => line(one, past, true))]
}

const textOf = ({ label }: TrendRow): string => (label === null ? '' : `${label}`)

function topValues(rows: readonly TrendRow[], limit: number): string[] {
  const texts = [...new Set(rows.map(textOf))].sort()
  const countOf = (text: string) => rows.filter((row) => textOf(row) === text).length
  return texts.sort((a, b) => countOf(b) - countOf(a)).slice(0, limit)
}

/** Where the range before begins. */
function before({ from, to }: TrendQuestion): string {
  if (from.endsWith('-01') && to.endsWith('-01')) {
    const months = monthNumber(to) - monthNumber(from)
    const month = monthNumber(from) - months
    return `${Math.floor(month / 12)}-${String((month % 12) + 1).padStart(2, '0')}-01`
  }
  return new Date(2 * Date.parse(from) - Date.parse(to)).toISOString().slice(0, 10)
}

const monthNumber = (date: string): number => Number(date.slice(0, 4)) * 12 + Number(date.slice(5, 7)) - 1

function firstDay(date: string, interval: TrendQuestion['interval']): string {
  if (interval === 'day') return date
  if (interval === 'month') return `${date.slice(0, 7)}-01`
  const at = new Date(date)
  return new Date(at.getTime() - ((at.getUTCDay() + 6) % 7) * 86_400_000).toISOString().slice(0, 10)
}

/** The date that a point begins with. */
export const dateOfPoint = ({ start }: Pick<TrendPoint, 'start'>): string => start.slice(0, 10)
