import {
  type Aggregate,
  type AggregateMetric,
  AnalyticsError,
  BUILT_IN_EVENTS,
  type EventMatch,
  type MetricDefinition,
  type MetricName,
} from '@analytics/protocol'
import { type AnalysisContext, stepMatch } from '../analysis.js'
import { evaluate, type Formula, namesIn, parseFormula } from './formula.js'

/** A metric of events with its defaults. */
export interface PlannedAggregate {
  match: EventMatch
  aggregate: Aggregate
  /** The column that the aggregate reads; undefined where it counts rows or people. */
  column: string | undefined
}

/** A metric of the answer: what it is computed from, and how. */
export interface PlannedMetric {
  name: string
  /** Places of the plan's aggregates that it is made of. */
  aggregates: readonly number[]
  /** The metric's value where the aggregates have these. */
  value(read: (aggregate: number) => number | null): number | null
}

/** Finds out what metrics are made of. */
export interface MetricPlanner {
  /** In the order in which they were found; metrics that name the same one share it. */
  readonly aggregates: readonly PlannedAggregate[]
  /**
   * Adds a metric of the answer: one of the planner's own by its place, or what is defined under a name.
   * @param field Named in errors.
   * @throws AnalyticsError `invalid_query` where a formula can't be read, goes in a circle, or names what there is not.
   */
  add(metric: number | string, field: string): Promise<PlannedMetric>
}

/** Metrics that one query may be made of, formulas and what they name included. */
const MAX_METRICS = 100
/** A scan tells so many apart. */
const MAX_AGGREGATES = 32

/** The metrics that are built in. */
export const BUILT_IN_METRICS: ReadonlyMap<string, AggregateMetric> = new Map<MetricName, AggregateMetric>([
  ['events', {}],
  ['users', { aggregate: 'users' }],
  ['sessions', { aggregate: 'sessions' }],
  ['page_views', { event: BUILT_IN_EVENTS.pageView }],
  ['errors', { event: BUILT_IN_EVENTS.error }],
])

interface Node {
  /** Place of the aggregate; undefined for a formula. */
  aggregate?: number
  formula?: { tree: Formula; operands: ReadonlyMap<string, Node> }
}

/**
 * A planner of metrics, which are told apart by where they are defined: in formulas of `own` ones a name means another own one first, while
 * what is defined under a name means the same in every query.
 */
export function metricPlanner(own: readonly MetricDefinition[], find: AnalysisContext['findMetric']): MetricPlanner {
  const aggregates: PlannedAggregate[] = []
  /** By place or name; a node that is not made yet is undefined. */
  const nodes = new Map<number | string, Node | undefined>()

  /** What a name in a formula means. */
  function meaningOf(name: string, isOwn: boolean, field: string): number | string {
    if (!isOwn) return name
    const places = own.flatMap((one, place) => (one.name === name ? [place] : []))
    if (places.length > 1)
      throw invalid(field, `names ${JSON.stringify(name)}, which two metrics of the query are called`)
    return places[0] ?? name
  }

  async function nodeOf(metric: number | string, field: string): Promise<Node> {
    const name = typeof metric === 'number' ? own[metric]!.name : metric
    if (nodes.has(metric)) {
      const known = nodes.get(metric)
      if (!known) throw invalid(field, `goes in a circle: ${JSON.stringify(name)} is made of itself`)
      return known
    }
    if (nodes.size === MAX_METRICS) throw invalid(field, `is made of more than ${MAX_METRICS} metrics`)
    nodes.set(metric, undefined)
    const found = typeof metric === 'number' ? own[metric] : (BUILT_IN_METRICS.get(metric) ?? (await find(metric)))
    if (!found) throw invalid(field, `there is no metric ${JSON.stringify(name)}`)
    const node = 'formula' in found ? await formulaNode(found.formula, typeof metric === 'number', field) : leaf(found)
    nodes.set(metric, node)
    return node
  }

  async function formulaNode(text: string, isOwn: boolean, field: string): Promise<Node> {
    const tree = parseFormula(text, field)
    const operands = new Map<string, Node>()
    for (const name of namesIn(tree)) operands.set(name, await nodeOf(meaningOf(name, isOwn, field), field))
    return { formula: { tree, operands } }
  }

  function leaf(metric: AggregateMetric): Node {
    aggregates.push(plannedAggregate(metric))
    return { aggregate: aggregates.length - 1 }
  }

  return {
    aggregates,
    async add(metric, field) {
      const node = await nodeOf(metric, field)
      if (aggregates.length > MAX_AGGREGATES)
        throw invalid(field, `the metrics of the query are made of more than ${MAX_AGGREGATES} that count events`)
      return planned(typeof metric === 'number' ? own[metric]!.name : metric, node)
    },
  }
}

const invalid = (field: string, what: string): AnalyticsError =>
  new AnalyticsError('invalid_query', `${field}: ${what}.`, { field })

/** Fills in a metric's defaults. */
function plannedAggregate(metric: AggregateMetric): PlannedAggregate {
  const { event = '*', where, aggregate = 'count', property = 'eventValue' } = metric
  return {
    match: stepMatch({ event, ...(where ? { where } : {}) }),
    aggregate,
    column:
      aggregate === 'count' || aggregate === 'users' ? undefined : aggregate === 'sessions' ? 'sessionId' : property,
  }
}

function planned(name: string, root: Node): PlannedMetric {
  const steps = inOrder(root)
  return {
    name,
    aggregates: steps.flatMap(({ aggregate }) => aggregate ?? []),
    value(read) {
      const values = new Map<Node, number | null>()
      for (const node of steps) values.set(node, valueOfNode(node, values, read))
      return values.get(root)!
    },
  }
}

function valueOfNode(
  { aggregate, formula }: Node,
  values: ReadonlyMap<Node, number | null>,
  read: (aggregate: number) => number | null,
): number | null {
  if (!formula) return read(aggregate!)
  return evaluate(formula.tree, (name) => values.get(formula.operands.get(name)!)!)
}

/** A node and all that it is made of, each once and behind what it is made of itself. */
function inOrder(root: Node): Node[] {
  const order = new Set<Node>()
  const visit = (node: Node): void => {
    if (order.has(node)) return
    for (const operand of node.formula?.operands.values() ?? []) visit(operand)
    order.add(node)
  }
  visit(root)
  return [...order]
}
