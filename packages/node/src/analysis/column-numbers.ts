import type { Scalar, ScanColumn } from '@analytics/protocol'

/** The numbers of a column's values. */
export interface ColumnNumbers {
  /** Goes on to the rows of a batch. */
  open(column: ScanColumn | undefined): void
  /** The number of a row's value. */
  at(row: number): number
}

/** Says that the number of a value was not asked for yet. */
const UNKNOWN = -(2 ** 31)

/**
 * Asks for the number of each different value once where the source tells which are the same, and else for each row.
 * @param numberOf Gives 32 bits; the same value has the same number whenever it is asked for.
 */
export function columnNumbers(numberOf: (value: Scalar) => number): ColumnNumbers {
  let column: ScanColumn | undefined
  let values: readonly Scalar[] | undefined
  /** By place among the values. */
  let known = new Int32Array(0)

  return {
    open(next) {
      column = next
      const own = next?.numbered?.values
      if (own === undefined || own === values) return
      values = own
      known = new Int32Array(own.length).fill(UNKNOWN)
    },
    at(row) {
      const numbered = column?.numbered
      if (!numbered) return numberOf(column?.at(row) ?? null)
      const place = numbered.numbers[row]!
      const number = known[place]!
      if (number !== UNKNOWN) return number
      const found = numberOf(numbered.values[place] ?? null)
      known[place] = found
      return found
    },
  }
}
