import type { EventBatch, ScanColumn } from '@analytics/protocol'

/** The rows of a batch that are to be kept, in their order, as a batch that is valid as long as it is. */
export function keepRows(batch: EventBatch, isKept: (row: number) => boolean): EventBatch {
  const rows = new Int32Array(batch.length)
  let length = 0
  for (let row = 0; row < batch.length; row++) if (isKept(row)) rows[length++] = row
  if (length === batch.length) return batch
  const taken = <Numbers extends Float64Array | Int32Array | Uint32Array>(from: Numbers, to: Numbers): Numbers => {
    for (let i = 0; i < length; i++) to[i] = from[rows[i]!]!
    return to
  }
  const numberedRows = ({ values, numbers }: NonNullable<ScanColumn['numbered']>) => ({
    values,
    numbers: taken(numbers, new Uint32Array(length)),
  })
  return {
    length,
    time: taken(batch.time, new Float64Array(length)),
    person: taken(batch.person, new Int32Array(length)),
    matches: taken(batch.matches, new Uint32Array(length)),
    ...(batch.counts ? { counts: taken(batch.counts, new Uint32Array(length)) } : {}),
    columns: Object.fromEntries(
      Object.entries(batch.columns).map(([name, column]): [string, ScanColumn] => [
        name,
        {
          at: (i) => column.at(rows[i]!),
          ...(column.numbered ? { numbered: numberedRows(column.numbered) } : {}),
        },
      ]),
    ),
  }
}
