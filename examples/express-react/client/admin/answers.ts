import type { Query, Range, ResultOf, SessionNumbers } from '@analytics/protocol'
import { formatDay, formatNumber, formatSeconds, formatShare } from './format.js'

/** An answer as text. */
export interface AnswerTable {
  columns: readonly string[]
  rows: readonly (readonly string[])[]
}

/** A question, and how its answer is shown. */
export interface Answer {
  title: string
  ask(range: Range): Query
  /** @param result What the server said to the question. */
  table(result: unknown): AnswerTable
}

const SHOWN_PERIODS = 5

/** One of each kind that has no panel of its own. */
export const ANSWERS: readonly Answer[] = [
  answer({
    title: 'Funnel, by browser',
    ask: (range) => ({
      ...{ kind: 'funnel', range, breakdown: { property: 'browser', limit: 3 } },
      steps: [{ event: 'page_view' }, { event: 'add_to_cart' }, { event: 'purchase' }],
    }),
    table: ({ steps, groups = [] }) => ({
      columns: ['Browser', ...steps.map(({ name }) => name), 'Median time'],
      rows: [{ value: 'All', steps }, ...groups].map((group) => [
        group.value || '(none)',
        ...group.steps.map(({ users }) => formatNumber(users)),
        formatSeconds(group.steps.at(-1)!.medianSeconds),
      ]),
    }),
  }),
  answer({
    title: 'Retention of new visitors, by week',
    ask: (range) => ({
      ...{ kind: 'retention', range, interval: 'week', mode: 'first-time' },
      ...{ startEvent: { event: '*' }, returnEvent: { event: '*' } },
    }),
    table: ({ cohorts }) => ({
      columns: ['Week', 'People', ...Array.from({ length: SHOWN_PERIODS }, (_, i) => `+${i + 1}`)],
      rows: cohorts.map(({ start, size, rates, complete }) => [
        formatDay(start),
        formatNumber(size),
        ...Array.from({ length: SHOWN_PERIODS }, (_, i) =>
          rates[i + 1] === undefined ? '' : `${formatShare(rates[i + 1]!)}${complete[i + 1] ? '' : ' so far'}`,
        ),
      ]),
    }),
  }),
  answer({
    title: 'Journeys',
    ask: (range) => ({ kind: 'journeys', range, by: 'eventType', limit: 10 }),
    table: ({ links }) => ({
      columns: ['From', 'To', 'Sessions', 'After'],
      rows: links.map(({ source, target, value, averageSeconds }) => [
        ...[source, target].map((id) => id.replace('_', '. ')),
        formatNumber(value),
        formatSeconds(averageSeconds),
      ]),
    }),
  }),
  answer({
    title: 'Lifecycle, by week',
    ask: (range) => ({ kind: 'lifecycle', range, interval: 'week' }),
    table: ({ rows }) => ({
      columns: ['Week', 'New', 'Returning', 'Resurrecting', 'Dormant'],
      rows: rows.map((row) => [
        dayOf(row),
        ...[row.new, row.returning, row.resurrecting, row.dormant].map(formatNumber),
      ]),
    }),
  }),
  answer({
    title: 'Stickiness',
    ask: (range) => ({ kind: 'stickiness', range }),
    table: ({ rows }) => ({
      columns: ['Active on days', 'People'],
      rows: rows.filter(({ users }) => users > 0).map((row) => [row.intervals, row.users].map(formatNumber)),
    }),
  }),
  answer({
    title: 'Active in the week before',
    ask: (range) => ({ kind: 'active-users', range, window: 'week' }),
    table: ({ points }) => ({
      columns: ['Day', 'People'],
      rows: points.map((point) => [dayOf(point), formatNumber(point.users)]),
    }),
  }),
  answer({
    title: 'Revenue beside the days before',
    ask: (range) => ({
      ...{ kind: 'trend', range, interval: 'week', compare: 'previous' },
      metrics: ['revenue', 'revenue_per_buyer'],
    }),
    table: ({ series }) => ({
      columns: ['Metric', 'When', ...(series[0]?.points ?? []).map((_, i) => `Week ${i + 1}`)],
      rows: series.map(({ metric, compare, points }) => [
        metric,
        compare ?? 'now',
        ...points.map(({ value }) => formatNumber(value)),
      ]),
    }),
  }),
  answer({
    title: 'Cohort: buyers',
    ask: (range) => ({ kind: 'cohort', range, cohort: 'buyers' }),
    table: ({ size }) => ({ columns: ['Cohort', 'People'], rows: [['buyers', formatNumber(size)]] }),
  }),
  answer({
    title: 'What buyers do',
    ask: (range) => ({
      ...{ kind: 'trend', range, interval: 'month', cohort: 'buyers' },
      ...{ metrics: ['events'], breakdown: 'eventType' },
    }),
    table: ({ series }) => ({
      columns: ['Event', ...(series[0]?.points ?? []).map(({ start }) => formatDay(start))],
      rows: series.map(({ breakdown = '', points }) => [breakdown, ...points.map(({ value }) => formatNumber(value))]),
    }),
  }),
  answer({
    title: 'Sessions',
    ask: (range) => ({ kind: 'sessions', range, interval: 'week' }),
    table: ({ total, series = [] }) => ({
      columns: ['Week', 'Sessions', 'Median', 'Bounced', 'Pages', 'Conversions'],
      rows: [['All', ...sessionCells(total)], ...series.map((point) => [dayOf(point), ...sessionCells(point)])],
    }),
  }),
  answer({
    title: 'Performance',
    ask: (range) => ({ kind: 'performance', range }),
    table: ({ metrics }) => ({
      columns: ['Metric', 'Measured', 'p50', 'p75', 'p95'],
      rows: metrics.map(({ metric, count, p50, p75, p95 }) => [
        metric,
        formatNumber(count),
        ...[p50, p75, p95].map((value) => (metric === 'CLS' ? value.toFixed(2) : `${formatNumber(value)} ms`)),
      ]),
    }),
  }),
  answer({
    title: 'Errors',
    ask: (range) => ({ kind: 'errors', range, limit: 10 }),
    table: ({ groups }) => ({
      columns: ['Error', 'Last seen', 'Times', 'People'],
      rows: groups.map(({ name, message, lastSeen, events, users }) => [
        `${name ?? 'Error'}: ${message ?? ''}`,
        formatDay(lastSeen),
        ...[events, users].map(formatNumber),
      ]),
    }),
  }),
  answer({
    title: 'Latest events',
    ask: (range) => ({ kind: 'events', range, order: 'desc', limit: 10 }),
    table: ({ events }) => ({
      columns: ['Event', 'When', 'Page'],
      rows: events.map(({ eventType, eventTimestamp, pageUrl }) => [
        eventType,
        new Date(eventTimestamp).toISOString().slice(0, 16).replace('T', ' '),
        pageUrl && URL.canParse(pageUrl) ? new URL(pageUrl).pathname : '',
      ]),
    }),
  }),
]

/** The result belongs to the query, which a list of all of them can't say. */
function answer<const Q extends Query>({
  title,
  ask,
  table,
}: {
  title: string
  ask(range: Range): Q
  table(result: ResultOf<Q>): AnswerTable
}): Answer {
  return { title, ask, table: (result) => table(result as ResultOf<Q>) }
}

const dayOf = ({ start, complete }: { start: string; complete: boolean }): string =>
  `${formatDay(start)}${complete ? '' : ', not over'}`

const sessionCells = (numbers: SessionNumbers): string[] => [
  formatNumber(numbers.sessions),
  formatSeconds(numbers.medianSeconds),
  formatShare(numbers.bounceRate),
  numbers.pagesPerSession === null ? '–' : numbers.pagesPerSession.toFixed(1),
  formatNumber(numbers.conversions),
]
