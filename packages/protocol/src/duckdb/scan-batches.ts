import type { Scalar } from '../json.js'
import { byTime, mapColumns, type NumberColumn, type NumberRows } from '../row-order.js'
import type { EventBatch, ScanColumn } from '../scan.js'
import { type DuckDbChunks, type DuckDbVector, numbersOf } from './chunk.js'
import type { ScanStatement } from './scan.js'
import { textNumbers } from './text-numbers.js'

/** Rows of one batch: so many are consumed in about a millisecond. */
const BATCH_ROWS = 16_384

/** Chunks of numbers that are read in one go. */
const NUMBER_CHUNKS = 8

/**
 * The batches of what a {@link ScanStatement} gives, in order of time. Before the first one all is read: it gives undefined now and then,
 * so that others in the process may have their turn.
 */
export function* scanBatches(result: DuckDbChunks, statement: ScanStatement): Generator<EventBatch | undefined> {
  const { columns } = statement
  const { numbers, texts } = yield* readAll(result, statement)
  const rows = byTime(numbers)
  for (let from = 0; from < rows.time.length; from += BATCH_ROWS) {
    const part = mapColumns(rows, (column) => column.subarray(from, from + BATCH_ROWS))
    const { time, person, matches, counts } = part
    const named = columns.map(({ name, place }) => [name, scanColumn(part[place]!, texts.get(place))])
    yield {
      ...{ length: time.length, time, person, matches },
      ...(counts ? { counts } : {}),
      columns: Object.fromEntries(named),
    }
  }
}

/** Rows, with numbers in place of texts. */
interface NumberedRows {
  numbers: NumberRows
  /** By the place of their columns, the text of each number. */
  texts: ReadonlyMap<string, readonly Scalar[]>
}

/** Reads a column of a chunk, of which the rows begin at `from` in the whole. */
type ColumnReader = (vectors: (column: number) => DuckDbVector, from: number, rows: number) => void

function* readAll(result: DuckDbChunks, { isJoined, columns }: ScanStatement): Generator<undefined, NumberedRows> {
  const { rowCount } = result
  const numbers: NumberRows = {
    time: new Float64Array(rowCount),
    person: new Int32Array(rowCount),
    matches: new Uint32Array(rowCount),
    ...(isJoined ? { counts: new Uint32Array(rowCount) } : {}),
  }
  const texts = new Map<string, readonly Scalar[]>()
  const readers = Object.values(numbers).map((column, at) => numberReader(column!, at))
  let at = readers.length
  for (const { place, type } of columns) {
    if (type === 'number') {
      const own = new Float64Array(rowCount)
      numbers[place] = own
      readers.push(numberReader(own, at++))
    } else {
      const own = new Uint32Array(rowCount)
      const { values, read } = textNumbers(type === 'json' ? parsed : plain)
      numbers[place] = own
      texts.set(place, values)
      const [hash, text] = [at++, at++]
      readers.push((vectors, from, rows) =>
        read(numbersOf(vectors(hash)), vectors(text), own.subarray(from, from + rows)),
      )
    }
  }
  // Texts of which each is another one take a few milliseconds a chunk.
  const atOnce = texts.size > 0 ? 1 : NUMBER_CHUNKS
  let from = 0
  for (let i = 0; i < result.chunkCount; i++) {
    if (i > 0 && i % atOnce === 0) yield
    const chunk = result.getChunk(i)
    const vectors = (column: number): DuckDbVector => chunk.getColumnVector(column)
    for (const read of readers) read(vectors, from, chunk.rowCount)
    from += chunk.rowCount
  }
  return { numbers, texts }
}

function numberReader(into: NumberColumn, column: number): ColumnReader {
  return (vectors, from, rows) => into.set(numbersOf<typeof into>(vectors(column)).subarray(0, rows), from)
}

const plain = (value: unknown): Scalar => (value ?? null) as Scalar

/** What is no single value is none. */
function parsed(value: unknown): Scalar {
  if (typeof value !== 'string' || value.startsWith('{') || value.startsWith('[')) return null
  return JSON.parse(value) as Scalar
}

function scanColumn(numbers: NumberColumn, values: readonly Scalar[] | undefined): ScanColumn {
  if (values) return { at: (row) => values[numbers[row]!], numbered: { values, numbers: numbers as Uint32Array } }
  return {
    at(row) {
      const number = numbers[row]
      return number === undefined || Number.isNaN(number) ? null : number
    },
  }
}
