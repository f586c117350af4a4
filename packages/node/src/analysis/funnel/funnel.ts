import type { EventMatch, FunnelQuery } from '@analytics/protocol'
import { z } from 'zod'
import { type AnalysisContext, type AnalysisOfPeople, feed, stepMatch, whereOf } from '../analysis.js'
import { kindSchema } from '../kind-schema.js'
import { duration, filter, interval, property, stepEvent, stepFields } from '../query-schema.js'
import { checkCell, funnelCell } from './funnel-cell.js'
import { type FunnelMachine, funnelMachine } from './funnel-machine.js'

const funnelStep = z.strictObject({ ...stepFields, optional: z.boolean().optional() })
const stepIndex = z.number().int().min(0).max(19)
const exclusion = z.strictObject({
  event: stepEvent,
  where: filter.optional(),
  fromStep: stepIndex,
  toStep: stepIndex,
})

/** How many people did the steps. */
export const funnel: AnalysisOfPeople<'funnel'> = {
  schema: kindSchema<FunnelQuery>('funnel', {
    steps: z.array(funnelStep).min(2).max(20),
    order: z.enum(['ordered', 'strict', 'unordered']).optional(),
    window: duration.optional(),
    exclusions: z.array(exclusion).max(8).optional(),
    histogram: z.strictObject({ fromStep: stepIndex.optional(), toStep: stepIndex.optional() }).optional(),
    breakdown: z
      .strictObject({
        property,
        attribution: z.union([z.enum(['first', 'last', 'all']), z.strictObject({ step: stepIndex })]).optional(),
        limit: z.number().int().min(1).max(100).optional(),
      })
      .optional(),
    interval: interval.optional(),
  }),

  async run(query, context) {
    return (await machineOf(query, context)).result(context.now)
  },

  cell: funnelCell,

  async peopleIn(query, cell, context) {
    checkCell(cell, query)
    // What the number is not made of is not counted either.
    const { breakdown, interval: _interval, ...asked } = query
    const divided = cell.group !== undefined && breakdown ? { breakdown } : {}
    return (await machineOf({ ...asked, ...divided }, context)).peopleIn(cell)
  },
}

/** The machine, with all rows behind it. */
async function machineOf(query: FunnelQuery, context: AnalysisContext): Promise<FunnelMachine> {
  const people = await context.store.people()
  const machine = funnelMachine(query, { range: context.range, people })
  const columns = query.breakdown ? [query.breakdown.property] : []
  const request = { matches: matchesOf(query), columns, ...whereOf(query) }
  await feed(machine, context, request, hasMuchState(query) ? people : undefined)
  return machine
}

/** Steps whose state is little. */
const FEW_STEPS = 5

/** Whether it is worth it to arrange the rows by people; a series needs the order of time over all of them. */
function hasMuchState({ steps, breakdown, interval }: FunnelQuery): boolean {
  return interval === undefined && (breakdown !== undefined || steps.length > FEW_STEPS)
}

/** The steps, then the exclusions; a strict funnel is told of every event. */
function matchesOf({ steps, exclusions = [], order }: FunnelQuery): EventMatch[] {
  return [...steps, ...exclusions].map(stepMatch).concat(order === 'strict' ? [{}] : [])
}
