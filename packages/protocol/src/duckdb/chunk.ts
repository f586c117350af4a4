/** A column of a chunk, as far as it is read. */
export interface DuckDbVector {
  /** The value of a row; null where there is none. */
  getItem(row: number): unknown
}

/** A chunk of a result, as far as it is read. */
export interface DuckDbChunk {
  readonly rowCount: number
  /** A column by its number, from 0. */
  getColumnVector(column: number): DuckDbVector
}

/** A whole result, as far as it is read. */
export interface DuckDbChunks {
  readonly rowCount: number
  readonly chunkCount: number
  /** A chunk by its number, from 0. */
  getChunk(index: number): DuckDbChunk
}

/** The numbers of a vector as the typed array that they arrive in; rows that are NULL hold anything. */
export function numbersOf<Numbers extends Float64Array | Int32Array | Uint32Array | BigUint64Array>(
  vector: unknown,
): Numbers {
  // The driver's declarations hide `items`; getItem would make a JavaScript value of each.
  return (vector as { items: Numbers }).items
}
