import { hash } from 'node:crypto'
import type { NumberedEvent } from '@analytics/protocol'
import { rowText } from './row-text.js'

/** What two sets of rows are compared by, whatever their order. */
export interface RowSummary {
  rows: number
  /** Lower-case hex: eight sums modulo 2^32 of the 32-bit words of each row's SHA-256. */
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

const LANES = 8

/** An empty sum. Sums, unlike exclusive or, also tell a row that is there twice from one that is missing. */
export function createRowSummer(): RowSummer {
  const lanes = new Uint32Array(LANES)
  let rows = 0
  let minTime = Number.POSITIVE_INFINITY
  let maxTime = Number.NEGATIVE_INFINITY
  return {
    add(batch) {
      for (const row of batch) {
        const digest = hash('sha256', rowText(row), 'buffer')
        for (let lane = 0; lane < LANES; lane++) lanes[lane] = lanes[lane]! + digest.readUInt32BE(lane * 4)
        minTime = Math.min(minTime, row.eventTimestamp)
        maxTime = Math.max(maxTime, row.eventTimestamp)
      }
      rows += batch.length
    },
    summary: () => ({
      rows,
      rowHash: Array.from(lanes, (lane) => lane.toString(16).padStart(8, '0')).join(''),
      minTime: rows === 0 ? Number.NaN : minTime,
      maxTime: rows === 0 ? Number.NaN : maxTime,
    }),
  }
}
