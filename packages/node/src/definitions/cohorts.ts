import type { CohortDefinition } from '@analytics/protocol'
import { planCohort } from '../analysis/cohort/cohort-plan.js'
import { parseCohort } from '../analysis/cohort/cohort-schema.js'
import type { SuppressionList } from '../privacy/suppression.js'
import type { HotStore } from '../store.js'
import { assertName, changeVersions, type DefinitionStore, definitionsOf } from './definitions.js'

/** What cohorts are kept by. */
export interface CohortsOptions {
  store: Pick<HotStore, 'records' | 'audit'>
  /** People of whom nothing more is stored, nor their ids in a list. */
  suppression: Pick<SuppressionList, 'check'>
  now: () => number
}

/** The cohorts that have a name. */
export function cohortsOf({ store, suppression, now }: CohortsOptions): DefinitionStore<CohortDefinition> {
  const stored = definitionsOf({
    kind: 'cohort',
    records: store.records,
    audit: (entry) => store.audit(entry),
    parse: parseCohort,
    namesIn,
    now,
  })

  const suppressedIn = async (definition: CohortDefinition): Promise<ReadonlySet<string>> => {
    const userIds = [...usersIn(definition)]
    const isSuppressed = await suppression.check(userIds.map((userId) => ({ userId, anonymousId: null })))
    return new Set(userIds.filter((_, i) => isSuppressed[i]))
  }

  return {
    ...stored,
    async define({ name, ...rest }) {
      assertName(name)
      const definition = parseCohort(rest)
      const find = async (other: string) => (other === name ? definition : (await stored.find(other))?.definition)
      await planCohort(name, { find, isListed: false })
      return stored.define({ ...withoutUsers(definition, await suppressedIn(definition)), name })
    },
  }
}

/** Takes users out of every list that is stored, of earlier versions and of deleted cohorts, too. Done twice, it does nothing more. */
export async function forgetUsers(records: HotStore['records'], userIds: readonly string[]): Promise<void> {
  if (userIds.length === 0) return
  const gone = new Set(userIds)
  await changeVersions<CohortDefinition>(records, 'cohort', (definition) => withoutUsers(definition, gone))
}

/** The parts that make up a definition. */
function partsOf(definition: CohortDefinition): readonly CohortDefinition[] {
  if ('and' in definition) return definition.and
  if ('or' in definition) return definition.or
  return 'not' in definition ? [definition.not] : []
}

/** Names of other cohorts. */
function* namesIn(definition: CohortDefinition): Generator<string> {
  if ('cohort' in definition) yield definition.cohort
  for (const part of partsOf(definition)) yield* namesIn(part)
}

/** The users of its lists. */
function* usersIn(definition: CohortDefinition): Generator<string> {
  if ('people' in definition) yield* definition.people
  for (const part of partsOf(definition)) yield* usersIn(part)
}

/** The definition without some users; the very same where its lists have none of them. */
function withoutUsers(definition: CohortDefinition, gone: ReadonlySet<string>): CohortDefinition {
  if ('people' in definition) {
    const people = definition.people.filter((userId) => !gone.has(userId))
    return people.length === definition.people.length ? definition : { people }
  }
  const before = partsOf(definition)
  const parts = before.map((part) => withoutUsers(part, gone))
  if (parts.every((part, i) => part === before[i])) return definition
  if ('and' in definition) return { and: parts }
  return 'or' in definition ? { or: parts } : { not: parts[0]! }
}
