import type { CohortCondition, TraitCondition } from './cohort-plan.js'
import { type CohortScan, type CohortScanContext, MOST_MATCHES } from './cohort-scan.js'
import { sequencesScan } from './sequences-scan.js'
import { timesScan } from './times-scan.js'
import { matchesOfGroup, type TraitGroup, traitsScan } from './traits-scan.js'

/**
 * The scans that answer conditions about events: as few as can be. Counts share one, for which events may be joined; sequences share one,
 * and traits do, which are about few events and have their ids read.
 */
export function cohortScans(conditions: readonly CohortCondition[], context: CohortScanContext): CohortScan[] {
  const counted = conditions.filter((one) => one.kind === 'times' || one.kind === 'first')
  const sequences = conditions.filter((one) => one.kind === 'sequence')
  const traits = traitGroups(conditions.filter((one) => one.kind === 'trait'))
  return [
    ...packed(counted, () => 1).map((some) => timesScan(some, context)),
    ...packed(sequences, ({ matches }) => matches.length).map((some) => sequencesScan(some, context)),
    ...packed(traits, (group) => matchesOfGroup(group).length).map((some) => traitsScan(some, context)),
  ]
}

/** Conditions by their trait, no more of one together than a scan takes. */
function traitGroups(conditions: readonly TraitCondition[]): TraitGroup[] {
  const byTrait = new Map<string, TraitCondition[]>()
  for (const condition of conditions) {
    const { property } = condition.filter
    byTrait.set(property, [...(byTrait.get(property) ?? []), condition])
  }
  return [...byTrait.values()].flatMap((group) => packed(group, () => 1, MOST_MATCHES - 1))
}

/** Divides items so that those of one part have no more matches than a scan takes. */
function packed<Item>(
  items: readonly Item[],
  matchesOf: (item: Item) => number,
  most: number = MOST_MATCHES,
): Item[][] {
  const parts: Item[][] = []
  let left = 0
  for (const item of items) {
    const matches = matchesOf(item)
    if (matches > left) {
      parts.push([])
      left = most
    }
    parts.at(-1)!.push(item)
    left -= matches
  }
  return parts
}
