import {
  AnalyticsError,
  durationMs,
  type EventBatch,
  type JourneysQuery,
  type JourneysResult,
  LIMITS,
} from '@analytics/protocol'
import { compareText } from '@analytics/protocol/filter'
import { z } from 'zod'
import type { People } from '../../store.js'
import { ANY_EVENT, type AnalysisContext, type AnalysisOfPeople, feed, stepMatch, whereOf } from '../analysis.js'
import { type ColumnNumbers, columnNumbers } from '../column-numbers.js'
import { kindSchema } from '../kind-schema.js'
import { personOf, personSlots } from '../person-slots.js'
import { duration, property, step, text } from '../query-schema.js'
import { journeyPeople, journeysCell } from './journey-cell.js'
import { journeyGraph } from './journey-graph.js'
import { type JourneyLabels, journeyLabels, NO_STEP } from './journey-labels.js'
import { type JourneySessions, type JourneyTaker, journeySessions } from './journey-sessions.js'

const DEFAULT_GAP = '30m'
const DEFAULT_STEPS = 5
const DEFAULT_LIMIT = 50
/** Stands for the steps left out between start and end. */
const BETWEEN = '...'

const label = text(LIMITS.url)
const labels = z.array(label).max(100)

/** Which step follows which in people's sessions. */
export const journeys: AnalysisOfPeople<'journeys'> = {
  schema: kindSchema<JourneysQuery>('journeys', {
    by: z.union([property, z.array(property).min(1).max(10)]),
    event: step.optional(),
    groups: z
      .array(z.strictObject({ label, match: labels.min(1) }))
      .max(100)
      .optional(),
    exclude: labels.optional(),
    start: label.optional(),
    end: label.optional(),
    maxSteps: z.number().int().min(2).max(20).optional(),
    sessionGap: duration.optional(),
    collapseRepeats: z.boolean().optional(),
    minWeight: z.number().int().min(1).optional(),
    limit: z.number().int().min(1).max(1000).optional(),
  }),

  async run(query, context) {
    const people = await context.store.people()
    const machine = journeysMachine(query, people)
    await feedSteps(machine, query, context, people)
    return machine.result()
  },

  cell: journeysCell,

  async peopleIn(query, cell, context) {
    const labels = journeyLabels(query)
    const taker = journeyPeople(cell, labels.text)
    const people = await context.store.people()
    const reader = journeyReader(query, { labels, taker, people })
    await feedSteps(reader, query, context, people)
    reader.end()
    const numbers = reader.numbers()
    return Int32Array.from(taker.found(), (person) => numbers[person]!)
  },
}

async function feedSteps(
  machine: Pick<JourneysMachine, 'push'>,
  query: JourneysQuery,
  context: AnalysisContext,
  people: People,
): Promise<void> {
  const matches = [stepMatch(query.event ?? ANY_EVENT)]
  await feed(machine, context, { matches, columns: columnsOf(query), ...whereOf(query) }, people)
}

/** What decides how steps become journeys. */
export type JourneysSpec = Omit<JourneysQuery, 'kind' | 'range' | 'where' | 'event'>

const columnsOf = ({ by }: Pick<JourneysSpec, 'by'>): readonly string[] => [
  ...new Set(typeof by === 'string' ? [by] : by),
]

/** Consumes a scan in order of time, the columns of `by` among it, and counts journeys. */
export interface JourneysMachine {
  push(batch: EventBatch): void
  result(): JourneysResult
}

/**
 * Journeys in one pass over rows in order of time.
 * @throws AnalyticsError `invalid_query` where `sessionGap` is no duration.
 */
export function journeysMachine(spec: JourneysSpec, people: People): JourneysMachine {
  const labels = journeyLabels(spec)
  const graph = journeyGraph(labels.text)
  const { push, end } = journeyReader(spec, { labels, taker: graph, people })
  return {
    push,
    result() {
      end()
      const { minWeight = 1, limit = DEFAULT_LIMIT } = spec
      return graph.result({ minWeight, limit })
    },
  }
}

/** Makes journeys of rows. */
interface JourneyReader extends Pick<JourneysMachine, 'push'> {
  /** Must be called behind the last row. */
  end(): void
  /** By the taker's numbers of people, those that the store knows them by. */
  numbers(): Int32Array
}

interface JourneyReaderParts {
  labels: JourneyLabels
  taker: JourneyTaker
  people: People
}

/**
 * Tells of the journeys. The steps of a person at one instant are taken by the text of their labels, so that the order in which they were
 * stored doesn't matter.
 */
function journeyReader(spec: JourneysSpec, { labels, taker, people }: JourneyReaderParts): JourneyReader {
  const columns = columnsOf(spec)
  const numbers = columns.map(() => columnNumbers((value) => (value === null ? NO_VALUE : labels.of(value))))
  const sessions = sessionsOf(spec, labels, taker)
  const slots = personSlots(people)
  // The steps of the instant that is being read.
  let instant = Number.NaN
  const persons: number[] = []
  const steps: number[] = []

  const tell = (person: number, label: number): void =>
    sessions.push(slots.find(person) ?? slots.add(person), label, instant)

  const flush = (): void => {
    if (steps.length === 0) return
    for (const i of inOrder({ persons, steps }, labels)) tell(persons[i]!, steps[i]!)
    persons.length = 0
    steps.length = 0
  }

  return {
    push({ length, time, person, columns: values }) {
      for (const [i, column] of columns.entries()) numbers[i]!.open(values[column])
      for (let row = 0; row < length; row++) {
        const label = firstOf(numbers, row)
        if (label === NO_VALUE || label === NO_STEP) continue
        if (time[row] !== instant) {
          flush()
          instant = time[row]!
        }
        const who = personOf(people, person[row]!)
        // Nearly always it is alone at its instant.
        if (steps.length === 0 && row + 1 < length && time[row + 1] !== instant) tell(who, label)
        else {
          persons.push(who)
          steps.push(label)
        }
      }
    },
    end() {
      flush()
      sessions.end()
    },
    numbers: slots.people,
  }
}

/** The places of steps of one instant, by person, then by the text of the label. */
function inOrder(
  { persons, steps }: { persons: readonly number[]; steps: readonly number[] },
  { text }: JourneyLabels,
): number[] {
  const places = steps.map((_, i) => i)
  return places.sort((a, b) => persons[a]! - persons[b]! || compareText(text(steps[a]!), text(steps[b]!)))
}

function sessionsOf(spec: JourneysSpec, labels: JourneyLabels, { add }: JourneyTaker): JourneySessions {
  const { sessionGap = DEFAULT_GAP, maxSteps = DEFAULT_STEPS, collapseRepeats = true } = spec
  const gapMs = durationMs(sessionGap)
  if (gapMs === undefined)
    throw new AnalyticsError('invalid_query', `sessionGap: ${sessionGap} is no duration.`, { field: 'sessionGap' })
  const named = (label: string | undefined) => (label === undefined ? undefined : labels.named(label))
  const [start, end] = [named(spec.start), named(spec.end)]
  return journeySessions({ maxSteps, gapMs, collapseRepeats, start, end, between: labels.named(BETWEEN) }, add)
}

/** Stands for the label of a row without a value. */
const NO_VALUE = NO_STEP - 1

/** The label of the first value that the row has. */
function firstOf(columns: readonly ColumnNumbers[], row: number): number {
  for (let i = 0; i < columns.length; i++) {
    const label = columns[i]!.at(row)
    if (label !== NO_VALUE) return label
  }
  return NO_VALUE
}
