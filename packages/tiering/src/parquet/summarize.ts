import type { DuckDbConnection, DuckDbSource } from '@analytics/protocol/duckdb'
import { type RowSummary, rowHashOf } from '../segments/row-hash.js'
import { hashBits, ROW_TEXT } from './columns.js'

/** Sums rows up where they lie; the same as `createRowSummer` makes of them. */
export async function summarizeRows(
  connection: DuckDbConnection,
  { from, where = 'true' }: DuckDbSource,
): Promise<RowSummary> {
  const result = await connection.runAndReadAll(
    `SELECT count(*)::DOUBLE, ${sumOf(1)}, ${sumOf(17)}, epoch_ms(min(event_timestamp))::DOUBLE, epoch_ms(max(event_timestamp))::DOUBLE
     FROM (SELECT event_timestamp, sha1(${ROW_TEXT}) AS digest FROM ${from} WHERE ${where})`,
  )
  const [rows, first, second, minTime, maxTime] = result.getRows()[0] as [number, bigint, bigint, number, number]
  return rows === 0
    ? { rows, rowHash: rowHashOf([0n, 0n]), minTime: Number.NaN, maxTime: Number.NaN }
    : { rows, rowHash: rowHashOf([first, second]), minTime, maxTime }
}

/** The sum, as a HUGEINT, of the 16 hex digits from there on. */
function sumOf(start: number): string {
  return `sum(${hashBits('digest', start)})`
}
