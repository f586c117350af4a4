import type { CohortDefinition } from '@analytics/protocol'
import type { HotStore, People } from '../../store.js'
import { collectPeople, inBoth, inEither, othersThan, type PeopleSet } from '../people-set.js'
import { personOf } from '../person-slots.js'
import type { TierReader } from '../tiers.js'
import { type CohortCondition, type CohortNode, type CohortPlanOptions, planCohort } from './cohort-plan.js'
import { cohortScans } from './cohort-scans.js'
import { firstTimers, isByType } from './first-times.js'

/** What a cohort is evaluated with. */
export interface CohortOptions extends CohortPlanOptions {
  store: HotStore
  people: People
  /** The instant of the cohort, UTC milliseconds. */
  at: number
  /** Opens what is to be read; whoever gives it closes it. */
  open(span: { from: number; to: number }): Promise<TierReader>
  signal: AbortSignal
}

/**
 * Opens everything that must be read to know who is in a cohort, so that it is known how much that is, and resolves to what reads it.
 * @throws AnalyticsError `invalid_query` where there is no such cohort; what opening throws.
 */
export async function openCohort(
  cohort: string | CohortDefinition,
  options: CohortOptions,
): Promise<() => Promise<PeopleSet>> {
  const { at, open, signal } = options
  const { root, conditions } = await planCohort(cohort, options)
  const opened: { scan: ReturnType<typeof cohortScans>[number]; reader: TierReader }[] = []
  const told = conditions.filter(isByType)
  const isTold = told.length > 0 && (await options.store.firstSeen.isWhole())
  const scanned = isTold ? conditions.filter((condition) => !isByType(condition)) : conditions
  for (const scan of cohortScans(scanned, options))
    opened.push({ scan, reader: await open({ from: scan.from, to: at }) })
  return async () => {
    const found = new Map<CohortCondition, PeopleSet>()
    for (const condition of conditions)
      if (condition.kind === 'users') found.set(condition, await usersOf(condition.userIds, options))
    if (isTold) for (const condition of told) found.set(condition, await firstTimers(condition, options))
    for (const { scan, reader } of opened) {
      for await (const batch of reader.scan({ ...scan.request, signal })) scan.push(batch)
      for (const [condition, people] of scan.finish()) found.set(condition, people)
    }
    return peopleOf(root, found)
  }
}

/** The users of a list that the store knows. */
async function usersOf(
  userIds: readonly string[],
  { store, people }: Pick<CohortOptions, 'store' | 'people'>,
): Promise<PeopleSet> {
  const found = collectPeople()
  const numbers = await store.knownNumbers(userIds.map((userId) => ({ userId, anonymousId: null })))
  for (const number of numbers) if (number >= 0) found.add(personOf(people, number))
  return found.set()
}

/** What conditions add up to. */
function peopleOf(root: CohortNode, found: ReadonlyMap<CohortCondition, PeopleSet>): PeopleSet {
  const known = new Map<CohortNode, PeopleSet>()
  const nobody = collectPeople().set()
  const evaluate = (node: CohortNode): PeopleSet => {
    if ('condition' in node) return found.get(node.condition)!
    if ('not' in node) return othersThan(visit(node.not))
    if ('and' in node) return node.and.map(visit).reduce(inBoth, othersThan(nobody))
    return node.or.map(visit).reduce(inEither, nobody)
  }
  const visit = (node: CohortNode): PeopleSet => {
    const set = known.get(node) ?? evaluate(node)
    known.set(node, set)
    return set
  }
  return visit(root)
}
