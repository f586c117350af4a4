import { AnalyticsError, type FunnelCell, type FunnelQuery } from '@analytics/protocol'
import { z } from 'zod'
import type { FunnelGroups } from './funnel-groups.js'
import { type ShownGroup, stepBefore } from './funnel-result.js'

/** Checks what names a number of a funnel. */
export const funnelCell: z.ZodType<FunnelCell> = z.strictObject({
  step: z.number().int().min(0).max(19),
  dropped: z.boolean().optional(),
  group: z.union([z.string().max(40_000), z.strictObject({ isOther: z.literal(true) })]).optional(),
}) as unknown as z.ZodType<FunnelCell>

/** @throws AnalyticsError `invalid_query` where no answer of the funnel has such a number. */
export function checkCell({ step, dropped, group }: FunnelCell, query: Pick<FunnelQuery, 'steps' | 'breakdown'>): void {
  if (step >= query.steps.length) throw invalid('cell.step', 'there is no such step.')
  if (dropped && step === 0) throw invalid('cell.dropped', 'there is no step before the first.')
  if (group !== undefined && !query.breakdown) throw invalid('cell.group', 'the funnel has no breakdown.')
}

function invalid(field: string, fault: string): AnalyticsError {
  return new AnalyticsError('invalid_query', `${field}: ${fault}`, { field })
}

/** The slots of the group that a cell names; none where the answer has no such group. */
export function slotsOfGroup(groups: readonly ShownGroup[], group: Required<FunnelCell>['group']): Uint32Array {
  const named = groups.find(({ value, isOther }) => (typeof group === 'string' ? !isOther && value === group : isOther))
  return Uint32Array.from(named?.slots ?? [])
}

/** The people of those slots that a cell counts. */
export function peopleInCell(
  { state, people }: Pick<FunnelGroups, 'state' | 'people'>,
  slots: Uint32Array,
  { cell, steps }: { cell: FunnelCell; steps: FunnelQuery['steps'] },
): Int32Array {
  const bit = 1 << cell.step
  const before = cell.dropped ? 1 << stepBefore(steps, cell.step) : 0
  const persons = people()
  return Int32Array.from(
    slots.filter((slot) => (state.path(slot) & (bit | before)) === (before || bit)),
    (slot) => persons[slot]!,
  )
}
