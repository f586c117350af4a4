import type { SessionNumbers, TrendSeries } from '@analytics/protocol'
import { type Answer, type AnswerTable, answer } from './answer.js'
import { formatDay, formatNumber, formatSeconds, formatShare, formatStart } from './format.js'
import { PEOPLE_ANSWERS } from './people-answers.js'

/** One of each kind that has no panel of its own. */
export const ANSWERS: readonly Answer[] = [
  ...PEOPLE_ANSWERS,
  answer({
    title: 'Revenue beside the days before',
    ask: (range) => ({
      ...{ kind: 'trend', range, interval: 'week', compare: 'previous' },
      metrics: ['revenue', 'revenue_per_buyer'],
    }),
    table: ({ series }) => weekTable('Metric', series, ({ metric }) => metric),
  }),
  answer({
    title: 'Buyers by browser, beside the days before',
    ask: (range) => ({
      ...{ kind: 'trend', range, interval: 'week', compare: 'previous' },
      ...{ metrics: ['buyers'], breakdown: { property: 'browser', limit: 3 } },
    }),
    table: ({ series }) => weekTable('Browser', series, ({ breakdown }) => breakdown || '(none)'),
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
      rows: [
        ['All', ...sessionCells(total)],
        ...series.map((point) => [formatStart(point), ...sessionCells(point)] as const),
      ],
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

/** A row for each series, with the weeks side by side; the range before may have more of them, or fewer. */
function weekTable(
  heading: string,
  series: readonly TrendSeries[],
  nameOf: (line: TrendSeries) => string,
): AnswerTable {
  const weeks = Math.max(0, ...series.map(({ points }) => points.length))
  return {
    columns: [heading, 'When', ...Array.from({ length: weeks }, (_, i) => `Week ${i + 1}`)],
    rows: series.map((line) => [
      nameOf(line),
      line.compare ?? 'now',
      ...Array.from({ length: weeks }, (_, i) => (line.points[i] ? formatNumber(line.points[i].value) : '')),
    ]),
  }
}

const sessionCells = (numbers: SessionNumbers): readonly string[] => [
  formatNumber(numbers.sessions),
  formatSeconds(numbers.medianSeconds),
  formatShare(numbers.bounceRate),
  numbers.pagesPerSession === null ? '–' : numbers.pagesPerSession.toFixed(1),
  formatNumber(numbers.conversions),
]
