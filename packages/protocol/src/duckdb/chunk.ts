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

/** The numbers of a vector as the typed array that they arrive in; rows that are NULL hold anything. */
export function numbersOf<Numbers extends Float64Array | Int32Array | Uint32Array | BigUint64Array>(
  vector: unknown,
): Numbers {
  // The driver's declarations hide `items`; getItem would make a JavaScript value of each.
  return (vector as { items: Numbers }).items
}

/** The items of the list in the first row of a column; none where it is NULL. */
export function listOf(chunk: DuckDbChunk, column: number): DuckDbVector {
  // The driver's declarations hide where items lie; the list itself would be a JavaScript array.
  return (chunk.getColumnVector(column) as unknown as { childVector: DuckDbVector }).childVector
}
