import { AnalyticsError, type EventBatch, type ScanColumn } from '@analytics/protocol'
import { columnNumbers } from '../column-numbers.js'

/** The number of the value that an event has not. */
export const EMPTY = 0

/** Values that one answer may have. */
const MOST_VALUES = 10_000

/** The values of a property, as text and as numbers from 0 on. */
export interface FunnelValues {
  /** Goes on to the rows of a batch. */
  open(batch: EventBatch): void
  /** Goes to a row of the batch. */
  seek(row: number): void
  /** The row's value as text, empty where it has none. It costs something, hence only for rows of which it counts. */
  read(): string
  /** The number of the row's value, as {@link number} gives it. */
  own(): number
  /**
   * The number of a value; {@link EMPTY} of the empty one.
   * @throws AnalyticsError `invalid_query` where there are more than 10,000: which they are doesn't depend on the order of rows.
   */
  number(value: string): number
  /** The value of a number. */
  text(number: number): string
}

/** Numbers the values of a property as they are asked for. */
export function funnelValues(property: string): FunnelValues {
  const texts = ['']
  const numbers = new Map<string, number>([['', EMPTY]])
  const own = columnNumbers((value) => number(String(value ?? '')))
  let column: ScanColumn | undefined
  let at = 0

  function number(value: string): number {
    const known = numbers.get(value)
    if (known !== undefined) return known
    const made = texts.push(value) - 1
    if (made > MOST_VALUES)
      throw new AnalyticsError('invalid_query', `breakdown: ${property} has more than ${MOST_VALUES} values.`, {
        field: 'breakdown.property',
      })
    numbers.set(value, made)
    return made
  }

  return {
    open({ columns }) {
      column = columns[property]
      own.open(column)
    },
    seek(row) {
      at = row
    },
    read: () => String(column?.at(at) ?? ''),
    own: () => own.at(at),
    number,
    text: (number) => texts[number]!,
  }
}
