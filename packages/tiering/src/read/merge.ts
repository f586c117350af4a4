import type { EventBatch, Scalar } from '@analytics/protocol'

/** Where a merge is in one of its sources. */
interface Cursor<Batch> {
  batches: AsyncIterator<Batch>
  batch: Batch
  index: number
}

/** What a merge has to know of its batches. */
interface Merging<Batch> {
  lengthOf(batch: Batch): number
  /** Below zero where row `i` of `a` comes before row `j` of `b`. */
  compare(a: Batch, i: number, b: Batch, j: number): number
  /** Takes a row; it is called in order. Batches are valid until their source is asked for the next. */
  take(batch: Batch, index: number): void
}

const MERGED_ROWS = 2048

/**
 * Merges sources that are in order, and yields whenever enough rows were taken. The sources are few, a day's segments, hence
 * no heap.
 */
async function* merge<Batch>(sources: readonly AsyncIterable<Batch>[], merging: Merging<Batch>): AsyncGenerator<void> {
  const iterators = sources.map((source) => source[Symbol.asyncIterator]())
  try {
    const opened = await Promise.all(iterators.map((batches) => advance(batches, merging)))
    const cursors = opened.filter((cursor) => cursor !== undefined)
    let taken = 0
    while (cursors.length > 0) {
      const first = cursors.reduce((a, b) => (merging.compare(b.batch, b.index, a.batch, a.index) < 0 ? b : a))
      merging.take(first.batch, first.index++)
      if (++taken % MERGED_ROWS === 0) yield
      if (first.index < merging.lengthOf(first.batch)) continue
      const next = await advance(first.batches, merging)
      if (next) Object.assign(first, next)
      else cursors.splice(cursors.indexOf(first), 1)
    }
    yield
  } finally {
    await Promise.all(iterators.map((iterator) => iterator.return?.()))
  }
}

async function advance<Batch>(
  batches: AsyncIterator<Batch>,
  merging: Merging<Batch>,
): Promise<Cursor<Batch> | undefined> {
  for (;;) {
    const { done, value } = await batches.next()
    if (done) return undefined
    if (merging.lengthOf(value) > 0) return { batches, batch: value, index: 0 }
  }
}

/** Merges narrow reads by time, and by person where times are equal. */
export async function* mergeBatches(
  sources: readonly AsyncIterable<EventBatch>[],
  columns: readonly string[],
): AsyncGenerator<EventBatch> {
  if (sources.length === 1) return yield* sources[0]!
  let merged = emptyBatch(columns)
  const merging: Merging<EventBatch> = {
    lengthOf: ({ length }) => length,
    compare: (a, i, b, j) => a.time[i]! - b.time[j]! || a.person[i]! - b.person[j]!,
    take(batch, index) {
      const row = merged.length++
      merged.time[row] = batch.time[index]!
      merged.person[row] = batch.person[index]!
      merged.matches[row] = batch.matches[index]!
      merged.counts[row] = batch.counts?.[index] ?? 1
      for (const name of columns) merged.columns[name]!.push(batch.columns[name]?.at(index) ?? null)
    },
  }
  for await (const _ of merge(sources, merging)) {
    if (merged.length === 0) continue
    const { length, time, person, matches, counts } = merged
    const filled = {
      time: time.subarray(0, length),
      person: person.subarray(0, length),
      matches: matches.subarray(0, length),
      counts: counts.subarray(0, length),
    }
    yield { length, ...filled, columns: merged.columns }
    merged = emptyBatch(columns)
  }
}

function emptyBatch(columns: readonly string[]) {
  return {
    length: 0,
    time: new Float64Array(MERGED_ROWS),
    person: new Int32Array(MERGED_ROWS),
    matches: new Uint32Array(MERGED_ROWS),
    counts: new Uint32Array(MERGED_ROWS),
    columns: Object.fromEntries(columns.map((name): [string, Scalar[]] => [name, []])),
  }
}

/** Merges rows that are in that order each. */
export async function* mergeRows<Row>(
  sources: readonly AsyncIterable<readonly Row[]>[],
  compare: (a: Row, b: Row) => number,
): AsyncGenerator<readonly Row[]> {
  if (sources.length === 1) return yield* sources[0]!
  let merged: Row[] = []
  const merging: Merging<readonly Row[]> = {
    lengthOf: (rows) => rows.length,
    compare: (a, i, b, j) => compare(a[i]!, b[j]!),
    take: (rows, index) => void merged.push(rows[index]!),
  }
  for await (const _ of merge(sources, merging)) {
    if (merged.length > 0) yield merged
    merged = []
  }
}
