import type { HotStore, People } from '../../store.js'
import type { PeopleSet } from '../people-set.js'
import { personOf } from '../person-slots.js'
import type { CohortCondition, FirstCondition } from './cohort-plan.js'
import { spanStart } from './cohort-scan.js'
import { firstTally } from './times-scan.js'

/** Whether the store may tell by itself when people did it first: that of types of events, without conditions. */
export const isByType = (condition: CohortCondition): condition is FirstCondition =>
  condition.kind === 'first' && condition.match.where === undefined

/** Those of whom the store tells that they did it for the first time within the condition's time. */
export async function firstTimers(
  { match, withinMs }: FirstCondition,
  { store, people, at, signal }: { store: HotStore; people: People; at: number; signal: AbortSignal },
): Promise<PeopleSet> {
  const from = spanStart(at, withinMs)
  const tally = firstTally()
  for await (const { length, person, time } of store.firstSeen.read({ ...match, signal })) {
    for (let row = 0; row < length; row++) {
      if (time[row]! >= at) continue
      const who = personOf(people, person[row]!)
      if (time[row]! < from) tally.addEarlier(who)
      else tally.add(who, 1)
    }
  }
  return tally.set()
}
