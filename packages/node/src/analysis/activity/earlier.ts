import type { EventBatch, Filter, Step } from '@analytics/protocol'
import type { FirstSeenBatch, HotStore } from '../../store.js'
import { type AnalysisContext, EARLIEST, stepMatch } from '../analysis.js'
import type { Activity } from './activity.js'

/**
 * Where a scan begins that counts a step from an instant on and must know who did it before: at the instant where the store tells
 * that by itself, which it does of types of events, without conditions; else with the first of all events.
 */
export async function scanStart(
  from: number,
  { step, where }: { step: Step; where?: Filter | undefined },
  { firstSeen }: HotStore,
): Promise<number> {
  const isTold = !where && !step.where && (await firstSeen.isWhole())
  return isTold ? Math.max(from, EARLIEST) : EARLIEST
}

/** Tells the grid who did the first of its matches before its first interval, unless the scan that follows begins early enough. */
export async function pushEarlier(
  grid: Activity,
  { store, reader, signal }: Pick<AnalysisContext, 'store' | 'reader' | 'signal'>,
  { step, from }: { step: Step; from: number },
): Promise<void> {
  if (reader.from === EARLIEST) return
  for await (const batch of store.firstSeen.read({ ...stepMatch(step), signal })) grid.push(earlierRows(batch, from))
}

/** Those who were first seen before an instant, as rows of a scan. */
function earlierRows({ length, person, time }: FirstSeenBatch, from: number): EventBatch {
  const batch = { time: new Float64Array(length), person: new Int32Array(length) }
  let rows = 0
  for (let row = 0; row < length; row++) {
    if (time[row]! >= from) continue
    batch.time[rows] = time[row]!
    batch.person[rows] = person[row]!
    rows++
  }
  return { ...batch, length: rows, matches: new Uint32Array(rows).fill(1), columns: {} }
}
