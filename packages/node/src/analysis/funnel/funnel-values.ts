import { AnalyticsError, type EventBatch, type ScanColumn } from '@analytics/protocol'

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
  let column: ScanColumn | undefined
  let at = 0

  return {
    open({ columns }) {
      column = columns[property]
    },
    seek(row) {
      at = row
    },
    read: () => String(column?.at(at) ?? ''),
    number(value) {
      const known = numbers.get(value)
      if (known !== undefined) return known
      const number = texts.push(value) - 1
      if (number > MOST_VALUES)
        throw new AnalyticsError('invalid_query', `breakdown: ${property} has more than ${MOST_VALUES} values.`, {
          field: 'breakdown.property',
        })
      numbers.set(value, number)
      return number
    },
    text: (number) => texts[number]!,
  }
}
