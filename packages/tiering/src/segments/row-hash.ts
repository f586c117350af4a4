import { hash } from 'node:crypto'
import type { NumberedEvent } from '@analytics/protocol'
import { rowText } from './row-text.js'

/** What two sets of rows are compared by, whatever their order. */
export interface RowSummary {
  rows: number
  /**
   * Lower-case hex: two sums modulo 2^64, of the first and the second 64 bits of the SHA-1 of each row's text. It tells
   * accidents; what guards a segment's bytes is their SHA-256.
   */
  rowHash: string
  /** UTC milliseconds; NaN without rows. */
  minTime: number
  maxTime: number
}

/** Adds rows up, in any order and any batches. */
export interface RowSummer {
  add(rows: readonly NumberedEvent[]): void
  summary(): RowSummary
}

/** An empty sum. Sums, unlike exclusive or, also tell a row that is there twice from one that is missing. */
export function createRowSummer(): RowSummer {
  let [first, second] = [0n, 0n]
  let rows = 0
  let minTime = Number.POSITIVE_INFINITY
  let maxTime = Number.NEGATIVE_INFINITY
  return {
    add(batch) {
      for (const row of batch) {
        const digest = hash('sha1', rowText(row), 'buffer')
        first += digest.readBigUInt64BE(0)
        second += digest.readBigUInt64BE(8)
        minTime = Math.min(minTime, row.eventTimestamp)
        maxTime = Math.max(maxTime, row.eventTimestamp)
      }
      rows += batch.length
    },
    summary: () => ({
      rows,
      rowHash: rowHashOf([first, second]),
      minTime: rows === 0 ? Number.NaN : minTime,
      maxTime: rows === 0 ? Number.NaN : maxTime,
    }),
  }
}

/** The row hash of two sums, whatever their size. */
export function rowHashOf(sums: readonly [bigint, bigint]): string {
  return sums.map((sum) => BigInt.asUintN(64, sum).toString(16).padStart(16, '0')).join('')
}

/** The row hash of what is left of a set of rows without a part of it. */
export function subtractRowHash(whole: string, part: string): string {
  const [first, second] = [0, 16].map(
    (start) => BigInt(`0x${whole.slice(start, start + 16)}`) - BigInt(`0x${part.slice(start, start + 16)}`),
  ) as [bigint, bigint]
  return rowHashOf([first, second])
}

/** The row hash of several sets of rows together. */
export function addRowHashes(hashes: readonly string[]): string {
  const sumOf = (start: number): bigint =>
    hashes.reduce((sum, hash) => sum + BigInt(`0x${hash.slice(start, start + 16)}`), 0n)
  return rowHashOf([sumOf(0), sumOf(16)])
}

/** The first fact in which rows that were read differ from what they should add up to. */
export function differingFact(read: RowSummary, wanted: RowSummary): keyof RowSummary | undefined {
  return (['rows', 'rowHash', 'minTime', 'maxTime'] as const).find((fact) => read[fact] !== wanted[fact])
}
