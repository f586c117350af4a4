/**
 * How DuckDB reads events, wherever they lie: the hot store's file and Parquet segments share it, so that both have one meaning.
 * Text and plain functions only; DuckDB itself is loaded by whoever runs the statements.
 */
export { type DuckDbChunk, type DuckDbChunks, type DuckDbVector, numbersOf } from './chunk.js'
export { EVENT_SELECT, eventsOf, eventsStatement } from './events.js'
export { mostScanRows, type ScanStatement, scanStatement } from './scan.js'
export { scanBatches } from './scan-batches.js'
export type { DuckDbConnection, DuckDbResult, DuckDbRows, DuckDbSource } from './source.js'
export {
  type BoundStatement,
  type BoundValue,
  boundTypes,
  duckdbStatement,
  type Statement,
} from './statement.js'
