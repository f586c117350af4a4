import {
  AnalyticsError,
  type CohortDefinition,
  durationMs,
  type EventMatch,
  type Filter,
  type PropertyFilter,
} from '@analytics/protocol'
import { ANY_EVENT, stepMatch } from '../analysis.js'

/** How often people did something. */
export interface TimesCondition {
  kind: 'times'
  match: EventMatch
  /** How far back, in ms; all time where there is none. */
  withinMs: number | undefined
  min: number
  max: number
}

/** When people did something for the first time. */
export interface FirstCondition {
  kind: 'first'
  match: EventMatch
  withinMs: number | undefined
}

/** In which order people did things. */
export interface SequenceCondition {
  kind: 'sequence'
  matches: readonly EventMatch[]
  withinMs: number | undefined
  windowMs: number | undefined
}

/** What the latest value of one trait of people is; false of who has none. */
export interface TraitCondition {
  kind: 'trait'
  filter: PropertyFilter
}

/** Which users they are. */
export interface UsersCondition {
  kind: 'users'
  userIds: readonly string[]
}

/** One thing that is to be found out about people. */
export type CohortCondition = TimesCondition | FirstCondition | SequenceCondition | TraitCondition | UsersCondition

/** How conditions make a cohort; one that several cohorts name is one object. */
export type CohortNode =
  | { condition: CohortCondition }
  | { and: readonly CohortNode[] }
  | { or: readonly CohortNode[] }
  | { not: CohortNode }

/** What is to be found out, and what of it makes the cohort. */
export interface CohortPlan {
  root: CohortNode
  conditions: readonly CohortCondition[]
}

/** How a cohort is to be looked at. */
export interface CohortPlanOptions {
  /** What a name means; undefined where it means nothing. */
  find(name: string): Promise<CohortDefinition | undefined>
  /** Whether all of its people must be known, not only who is none of them. */
  isListed: boolean
}

/** Parts of a cohort, those of the cohorts that it names included. */
const MOST_PARTS = 100
/** Cohorts that name each other in a row. */
const MOST_NAMES = 8

/**
 * Takes a cohort, which is named or defined, apart.
 * @throws AnalyticsError `invalid_query` where it names a cohort that there is not, or goes in a circle, or has too many parts.
 */
export async function planCohort(
  cohort: string | CohortDefinition,
  { find, isListed }: CohortPlanOptions,
): Promise<CohortPlan> {
  const conditions: CohortCondition[] = []
  const named = new Map<string, CohortNode>()
  let parts = 0

  const countPart = (): void => {
    if (++parts > MOST_PARTS) throw invalid(`has more than ${MOST_PARTS} parts`)
  }
  const conditionOf = (condition: CohortCondition): CohortNode => {
    conditions.push(condition)
    return { condition }
  }

  const byName = async (name: string, path: readonly string[]): Promise<CohortNode> => {
    if (path.includes(name)) throw invalid(`${JSON.stringify(name)} is made of itself`)
    if (path.length === MOST_NAMES) throw invalid(`more than ${MOST_NAMES} cohorts name each other in a row`)
    const known = named.get(name)
    if (known) return known
    const definition = await find(name)
    if (!definition) throw invalid(`there is no cohort ${JSON.stringify(name)}`)
    const node = await nodeOf(definition, [...path, name])
    named.set(name, node)
    return node
  }

  const nodesOf = async (definitions: readonly CohortDefinition[], path: readonly string[]): Promise<CohortNode[]> => {
    const nodes: CohortNode[] = []
    for (const definition of definitions) nodes.push(await nodeOf(definition, path))
    return nodes
  }

  const nodeOf = async (definition: CohortDefinition, path: readonly string[]): Promise<CohortNode> => {
    countPart()
    if ('cohort' in definition) return byName(definition.cohort, path)
    if ('and' in definition) return { and: await nodesOf(definition.and, path) }
    if ('or' in definition) return { or: await nodesOf(definition.or, path) }
    if ('not' in definition) return { not: await nodeOf(definition.not, path) }
    if ('notPerformed' in definition) return { not: conditionOf(conditionIn({ performed: definition.notPerformed })) }
    if ('traits' in definition) return traitNode(definition.traits)
    return conditionOf(conditionIn(definition))
  }

  /** What holds of a missing trait, too, is what its opposite does not hold of. */
  const traitNode = (filter: Filter): CohortNode => {
    countPart()
    if ('and' in filter) return { and: filter.and.map(traitNode) }
    if ('or' in filter) return { or: filter.or.map(traitNode) }
    if ('not' in filter) return { not: traitNode(filter.not) }
    const { op } = filter
    if (op === 'neq' || op === 'notIn' || op === 'notExists')
      return { not: conditionOf({ kind: 'trait', filter: { ...filter, op: OPPOSITES[op] } }) }
    return conditionOf({ kind: 'trait', filter })
  }

  const root = typeof cohort === 'string' ? await byName(cohort, []) : await nodeOf(cohort, [])
  if (!isListed || !isRest(root)) return { root, conditions }
  const everybody = conditionOf(conditionIn({ performed: ANY_EVENT }))
  return { root: { and: [root, everybody] }, conditions }
}

const OPPOSITES = { neq: 'eq', notIn: 'in', notExists: 'exists' } as const

type Condition = Extract<
  CohortDefinition,
  { performed: unknown } | { firstTime: unknown } | { sequence: unknown } | { people: unknown }
>

function conditionIn(definition: Condition): CohortCondition {
  if ('people' in definition) return { kind: 'users', userIds: definition.people }
  if ('firstTime' in definition) {
    const { within, ...step } = definition.firstTime
    return { kind: 'first', match: stepMatch(step), withinMs: durationMs(within) }
  }
  if ('sequence' in definition) {
    const { steps, within = '', window = '' } = definition.sequence
    const matches = steps.map(stepMatch)
    return { kind: 'sequence', matches, withinMs: durationMs(within), windowMs: durationMs(window) }
  }
  const { times: { min = 1, max = Number.POSITIVE_INFINITY } = {}, within = '', ...step } = definition.performed
  return { kind: 'times', match: stepMatch(step), withinMs: durationMs(within), min, max }
}

/** Whether what the conditions say makes everybody but some. */
function isRest(node: CohortNode): boolean {
  if ('and' in node) return node.and.every(isRest)
  if ('or' in node) return node.or.some(isRest)
  return 'not' in node && !isRest(node.not)
}

function invalid(what: string): AnalyticsError {
  return new AnalyticsError('invalid_query', `cohort: ${what}.`, { field: 'cohort' })
}
