import type { Filter } from '@analytics/protocol'
import {
  type BoundValue,
  type DuckDbConnection,
  type DuckDbResult,
  type DuckDbSource,
  duckdbStatement,
} from '@analytics/protocol/duckdb'
import { filterToSql } from '@analytics/protocol/filter'
import { type RowSummary, rowHashOf } from '../segments/row-hash.js'
import { hashBits, ROW_TEXT } from './columns.js'

/** Sums rows up where they lie; the same as `createRowSummer` makes of them. */
export async function summarizeRows(connection: DuckDbConnection, source: DuckDbSource): Promise<RowSummary> {
  return summaryOf(await connection.runAndReadAll(summaryStatement(source)))
}

/** The statement that sums rows up. */
export function summaryStatement({ from, where = 'true' }: DuckDbSource): string {
  return `SELECT count(*)::DOUBLE, ${sumOf(1)}, ${sumOf(17)}, epoch_ms(min(event_timestamp))::DOUBLE, epoch_ms(max(event_timestamp))::DOUBLE
     FROM (SELECT event_timestamp, sha1(${ROW_TEXT}) AS digest FROM ${from} WHERE ${where})`
}

/** What that statement gave. */
export function summaryOf(result: DuckDbResult): RowSummary {
  const [rows, first, second, minTime, maxTime] = result.getRows()[0] as [number, bigint, bigint, number, number]
  return rows === 0
    ? { rows, rowHash: rowHashOf([0n, 0n]), minTime: Number.NaN, maxTime: Number.NaN }
    : { rows, rowHash: rowHashOf([first, second]), minTime, maxTime }
}

/** The sum, as a HUGEINT, of the 16 hex digits from there on. */
function sumOf(start: number): string {
  return `sum(${hashBits('digest', start)})`
}

/** A filter as a condition over the columns of a segment, with its values. */
export function filterCondition(where: Filter | undefined): { condition: string; values: BoundValue[] } {
  const { dialect, values } = duckdbStatement()
  return { condition: where ? filterToSql(where, dialect) : 'true', values }
}
