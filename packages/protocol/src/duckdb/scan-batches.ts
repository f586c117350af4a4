import type { Scalar } from '../json.js'
import { byTime, mapColumns, type NumberColumn, type NumberRows } from '../row-order.js'
import type { EventBatch, ScanColumn } from '../scan.js'
import { type DuckDbChunk, listOf, numbersOf } from './chunk.js'
import type { ScanStatement } from './scan.js'

/** Rows of one batch: so many are consumed in about a millisecond. */
const BATCH_ROWS = 16_384

/** The batches of the row that a {@link ScanStatement} gives, in order of time. */
export function* scanBatches(chunk: DuckDbChunk, { lists, columns }: ScanStatement): Generator<EventBatch> {
  const numbers = lists.map((name, i) => [name, numbersOf(listOf(chunk, i))])
  const rows = byTime(Object.fromEntries(numbers) as NumberRows)
  const textsOf = textReaders(chunk, { lists, columns })
  for (let from = 0; from < rows.time.length; from += BATCH_ROWS) {
    const part = mapColumns(rows, (column) => column.subarray(from, from + BATCH_ROWS))
    const { time, person, matches, counts } = part
    const named = columns.map(({ name, place }) => [name, scanColumn(part[place]!, textsOf.get(place))])
    yield {
      ...{ length: time.length, time, person, matches },
      ...(counts ? { counts } : {}),
      columns: Object.fromEntries(named),
    }
  }
}

/** Reads the text of a number. */
type TextReader = (number: number) => Scalar

/** By the place of their columns. Texts are read when they are asked for, and kept. */
function textReaders(
  chunk: DuckDbChunk,
  { lists, columns }: Pick<ScanStatement, 'lists' | 'columns'>,
): ReadonlyMap<string, TextReader> {
  const texts = columns.filter(({ type }) => type !== 'number')
  return new Map(
    texts.map(({ place, type }, i) => {
      const list = listOf(chunk, lists.length + i)
      const read = type === 'json' ? parsed : plain
      const known: Scalar[] = []
      return [place, (number) => (known[number] ??= read(list.getItem(number)))]
    }),
  )
}

const plain = (value: unknown): Scalar => (value ?? null) as Scalar

/** What is no single value is none. */
function parsed(value: unknown): Scalar {
  if (typeof value !== 'string' || value.startsWith('{') || value.startsWith('[')) return null
  return JSON.parse(value) as Scalar
}

function scanColumn(numbers: NumberColumn, textOf: TextReader | undefined): ScanColumn {
  if (textOf) return { at: (row) => textOf(numbers[row]!) }
  return {
    at(row) {
      const number = numbers[row]
      return number === undefined || Number.isNaN(number) ? null : number
    },
  }
}
