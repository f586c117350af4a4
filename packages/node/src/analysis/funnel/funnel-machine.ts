import type { EventBatch, FunnelCell, FunnelResult, Step } from '@analytics/protocol'
import type { People } from '../../store.js'
import { numbersBelow } from '../numbers-below.js'
import { buckets, type ResolvedRange } from '../time.js'
import { funnelAttempts } from './funnel-attempts.js'
import { peopleInCell, slotsOfGroup } from './funnel-cell.js'
import { funnelGroups } from './funnel-groups.js'
import { funnelPeople } from './funnel-people.js'
import { funnelGroupResults, funnelResult, shownGroups } from './funnel-result.js'
import { type FunnelTaker, funnelRows } from './funnel-rows.js'
import { funnelSeries } from './funnel-series.js'
import { type FunnelQuestion, funnelSpec } from './funnel-spec.js'
import type { FunnelState } from './funnel-state.js'
import { funnelUnordered } from './funnel-unordered.js'
import { funnelValues } from './funnel-values.js'

const DEFAULT_LIMIT = 25

/**
 * Consumes a scan in order of time and counts. Match i is step i, the matches behind the steps are the exclusions; the column of the
 * breakdown's property is among the rows.
 */
export interface FunnelMachine {
  push(batch: EventBatch): void
  /** @param now Conversion windows that end later are not over. */
  result(now: number): FunnelResult
  /** The people whom a number of the result counts. */
  peopleIn(cell: FunnelCell): Int32Array
}

/** One pass over rows in order of time. @throws AnalyticsError `invalid_query` where parts of the query don't go together. */
export function funnelMachine(
  query: FunnelQuestion,
  { range, people }: { range: ResolvedRange; people: People },
): FunnelMachine {
  const { steps, order, breakdown, interval } = query
  const spec = funnelSpec(query, range)
  const isUnordered = order === 'unordered'
  const newState = (): FunnelState => (isUnordered ? funnelUnordered(spec) : funnelAttempts(spec))
  const state = newState()
  const whole = funnelPeople(state, people)
  const values = breakdown && funnelValues(breakdown.property)
  const groups =
    values &&
    funnelGroups(breakdown.attribution ?? 'first', { steps: steps.length, values, whole, state, newState, people })
  const series =
    interval && funnelSeries({ spec, isUnordered, state: newState(), intervals: buckets(range, interval), people })
  const takers: FunnelTaker[] = [whole, groups, series].filter((taker) => taker !== undefined)
  const rows = funnelRows(takers, { people, values })
  const ask = { ...query, names: steps.map(stepName) }
  const groupsShown = () =>
    groups ? shownGroups(groups, { limit: breakdown?.limit ?? DEFAULT_LIMIT, text: values!.text }) : []

  return {
    push: rows.push,
    result(now) {
      rows.finish()
      return {
        ...funnelResult(state, whole.count(), ask),
        ...(groups ? { groups: funnelGroupResults(groups.state, groupsShown(), ask) } : {}),
        // What comes behind the range is not read: a window that goes beyond it is never seen to its end.
        ...(series ? { series: series.points(Math.min(now, range.to)) } : {}),
      }
    },
    peopleIn(cell) {
      rows.finish()
      const { group } = cell
      return groups && group !== undefined
        ? peopleInCell(groups, slotsOfGroup(groupsShown(), group), { cell, steps })
        : peopleInCell({ state, people: whole.people }, numbersBelow(whole.count()), { cell, steps })
    },
  }
}

function stepName({ name, event }: Step): string {
  return name ?? (typeof event === 'string' ? event : event.join(', '))
}
