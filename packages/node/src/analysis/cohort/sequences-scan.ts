import { funnelAttempts } from '../funnel/funnel-attempts.js'
import { funnelPeople } from '../funnel/funnel-people.js'
import { type FunnelTaker, funnelRows } from '../funnel/funnel-rows.js'
import { collectPeople, type PeopleSet } from '../people-set.js'
import { personOf } from '../person-slots.js'
import type { SequenceCondition } from './cohort-plan.js'
import { type CohortScan, type CohortScanContext, spanStart } from './cohort-scan.js'

/** Who did things in order, by the rules of funnels. The matches are the steps of the first condition, then those of the next. */
export function sequencesScan(conditions: readonly SequenceCondition[], context: CohortScanContext): CohortScan {
  let bits = 0
  const takers = conditions.map((condition) => {
    const taker = sequenceTaker(condition, bits, context)
    bits += condition.matches.length
    return taker
  })
  const rows = funnelRows(takers, { people: context.people })
  return {
    from: Math.min(...conditions.map(({ withinMs }) => spanStart(context.at, withinMs))),
    request: { matches: conditions.flatMap(({ matches }) => matches) },
    push: rows.push,
    finish() {
      rows.finish()
      return conditions.map((condition, i) => [condition, takers[i]!.set()])
    },
  }
}

/** Takes the events of one sequence, of which the steps begin at a bit of the scan's matches. */
function sequenceTaker(
  { matches: { length: steps }, withinMs, windowMs }: SequenceCondition,
  firstBit: number,
  { at, people }: CohortScanContext,
): FunnelTaker & { set(): PeopleSet } {
  const from = spanStart(at, withinMs)
  const state = funnelAttempts({ steps, windowMs: windowMs ?? at - from, from, to: at })
  const sequences = funnelPeople(state, people)
  const found = collectPeople()
  const all = 2 ** steps - 1
  const last = 1 << (steps - 1)

  const note = (person: number): void => {
    const slot = sequences.find(person)
    if (slot !== undefined && (state.path(slot) & last) !== 0) found.add(personOf(people, person))
  }

  return {
    single(person, time, matches) {
      const own = (matches >>> firstBit) & all
      if (own === 0 || time < from) return
      sequences.single(person, time, own)
      if ((own & last) !== 0) note(person)
    },
    several(person, time, { matches, values }) {
      const own = matches.map((mask) => (mask >>> firstBit) & all).filter((mask) => mask !== 0)
      if (own.length === 0 || time < from) return
      sequences.several(person, time, { matches: own, values })
      note(person)
    },
    set: found.set,
  }
}
