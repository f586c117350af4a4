import { BUILT_IN_EVENTS, type EventMatch, type Filter } from '@analytics/protocol'
import { compareText } from '@analytics/protocol/filter'
import type { People } from '../../store.js'
import { EARLIEST } from '../analysis.js'
import { type FunnelTaker, funnelRows } from '../funnel/funnel-rows.js'
import { funnelValues } from '../funnel/funnel-values.js'
import { collectPeople, type PeopleSet } from '../people-set.js'
import { personOf } from '../person-slots.js'
import type { CohortCondition, TraitCondition } from './cohort-plan.js'
import type { CohortScan, CohortScanContext } from './cohort-scan.js'

/** Conditions on one trait. */
export type TraitGroup = readonly TraitCondition[]

/**
 * What the latest values of traits are, as far as the conditions ask: the source of the rows compares them. Of several at one instant, that
 * of the last event id counts.
 */
export function traitsScan(groups: readonly TraitGroup[], { people }: CohortScanContext): CohortScan {
  const matches = groups.map(matchesOfGroup)
  const takers = groups.map((group, i) => traitTaker(group, matches.slice(0, i).flat().length, people))
  const rows = funnelRows(takers, { people, values: funnelValues('eventId') })
  return {
    from: EARLIEST,
    request: { matches: matches.flat(), columns: ['eventId'] },
    push: rows.push,
    finish() {
      rows.finish()
      return takers.flatMap((taker) => taker.sets())
    },
  }
}

/** Whether an event has the trait, then each condition on it. */
export function matchesOfGroup(group: TraitGroup): EventMatch[] {
  const exists: Filter = { property: group[0]!.filter.property, op: 'exists' }
  return [exists, ...group.map(({ filter }) => filter)].map((where) => ({
    eventTypes: [BUILT_IN_EVENTS.identify],
    where,
  }))
}

/** Takes the values of one trait, of which the matches begin at a bit of the scan's. */
function traitTaker(
  group: TraitGroup,
  firstBit: number,
  people: People,
): FunnelTaker & { sets(): [CohortCondition, PeopleSet][] } {
  const found = group.map(() => collectPeople())

  const single: FunnelTaker['single'] = (id, _time, matches) => {
    const own = matches >>> firstBit
    if ((own & 1) === 0) return
    const person = personOf(people, id)
    for (let i = 0; i < found.length; i++) {
      if ((own & (2 << i)) !== 0) found[i]!.add(person)
      else found[i]!.remove(person)
    }
  }

  return {
    single,
    several(person, time, { matches, values: eventIds }) {
      const inOrder = eventIds.map((_, i) => i).sort((a, b) => compareText(eventIds[a]!, eventIds[b]!))
      for (const i of inOrder) single(person, time, matches[i]!)
    },
    sets: () => group.map((condition, i) => [condition, found[i]!.set()]),
  }
}
