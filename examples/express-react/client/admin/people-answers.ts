import { type Answer, answer, type Cell, type CountedPeople } from './answer.js'
import { formatDay, formatNumber, formatSeconds, formatShare, formatStart } from './format.js'

const STEPS = [{ event: 'page_view' }, { event: 'add_to_cart' }, { event: 'purchase' }] as const
const CART = 1
const PURCHASE = 2
const SHOWN_PERIODS = 5

/** One of each kind that counts people. Who they are can be asked of each number. */
export const PEOPLE_ANSWERS: readonly Answer[] = [
  answer({
    title: 'Funnel, by browser',
    ask: (range) => ({ kind: 'funnel', range, steps: STEPS, breakdown: { property: 'browser', limit: 3 } }),
    table: ({ steps, groups = [] }, of) => ({
      columns: ['Browser', ...steps.map(({ name }) => name), 'Left a full cart', 'Median time'],
      rows: [
        { name: 'All', steps, cell: {} },
        ...groups.map(({ value, isOther, steps }) => ({
          name: value || '(none)',
          steps,
          cell: { group: isOther ? { isOther } : value },
        })),
      ].map(({ name, steps, cell }) => [
        name,
        ...steps.map(({ users }, step) => counted(users, { of, cell: { ...cell, step } })),
        counted(steps[CART]!.users - steps[PURCHASE]!.users, { of, cell: { ...cell, step: PURCHASE, dropped: true } }),
        formatSeconds(steps[PURCHASE]!.medianSeconds),
      ]),
    }),
  }),
  answer({
    title: 'Time to buy',
    ask: (range) => ({ kind: 'funnel', range, steps: STEPS, histogram: {} }),
    table: ({ histogram }) => ({
      columns: ['From', 'People'],
      rows: [
        ...(histogram?.bins ?? []).map(
          ({ fromSeconds, users }) => [formatSeconds(fromSeconds), formatNumber(users)] as const,
        ),
        ['On average', formatSeconds(histogram?.averageSeconds ?? null)],
      ],
    }),
  }),
  answer({
    title: 'Retention of new visitors, by week',
    ask: (range) => ({
      ...{ kind: 'retention', range, interval: 'week', mode: 'first-time' },
      ...{ startEvent: { event: '*' }, returnEvent: { event: '*' } },
    }),
    table: ({ cohorts }, of) => ({
      columns: ['Week', 'People', ...Array.from({ length: SHOWN_PERIODS }, (_, i) => `+${i + 1}`)],
      rows: cohorts.map(({ start, users, rates, complete }) => [
        formatDay(start),
        ...Array.from({ length: SHOWN_PERIODS + 1 }, (_, period): Cell => {
          const count = users[period]
          if (count === undefined) return ''
          const share = `${formatShare(rates[period]!)}${complete[period] ? '' : ' so far'}`
          const text = period === 0 ? formatNumber(count) : share
          return count === 0 ? text : { text, people: { of, cell: { cohort: start, period } } }
        }),
      ]),
    }),
  }),
  answer({
    title: 'Journeys',
    ask: (range) => ({
      ...{ kind: 'journeys', range, by: 'eventType', limit: 10 },
      exclude: ['session_start', 'page_load', 'web_vital'],
    }),
    table: ({ links }, of) => ({
      columns: ['From', 'To', 'Sessions', 'After'],
      rows: links.map(({ source, target, value, averageSeconds }) => [
        stepName(source),
        stepName(target),
        counted(value, { of, cell: { source, target } }),
        formatSeconds(averageSeconds),
      ]),
    }),
  }),
  answer({
    title: 'Lifecycle, by week',
    ask: (range) => ({ kind: 'lifecycle', range, interval: 'week' }),
    table: ({ rows }, of) => ({
      columns: ['Week', 'New', 'Returning', 'Resurrecting', 'Dormant'],
      rows: rows.map((row) => [
        formatStart(row),
        ...(['new', 'returning', 'resurrecting', 'dormant'] as const).map((state) =>
          counted(row[state], { of, cell: { start: row.start, state } }),
        ),
      ]),
    }),
  }),
  answer({
    title: 'Stickiness',
    ask: (range) => ({ kind: 'stickiness', range }),
    table: ({ rows }, of) => ({
      columns: ['Active on days', 'People'],
      rows: rows
        .filter(({ users }) => users > 0)
        .map(({ intervals, users }) => [formatNumber(intervals), counted(users, { of, cell: { intervals } })]),
    }),
  }),
  answer({
    title: 'Active in the week before',
    ask: (range) => ({ kind: 'active-users', range, window: 'week' }),
    table: ({ points }, of) => ({
      columns: ['Day', 'People'],
      rows: points.map((point) => [formatStart(point), counted(point.users, { of, cell: { start: point.start } })]),
    }),
  }),
  answer({
    title: 'Cohort: buyers',
    ask: (range) => ({ kind: 'cohort', range, cohort: 'buyers' }),
    table: ({ size }, of) => ({ columns: ['Cohort', 'People'], rows: [['buyers', counted(size, { of, cell: {} })]] }),
  }),
]

/** Nobody is behind nothing. */
const counted = (count: number, people: CountedPeople): Cell =>
  count === 0 ? '0' : { text: formatNumber(count), people }

const stepName = (id: string): string => id.replace('_', '. ')
