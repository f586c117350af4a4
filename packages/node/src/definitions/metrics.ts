import { AnalyticsError, type Metric, type MetricDefinition } from '@analytics/protocol'
import { compareText } from '@analytics/protocol/filter'
import { namesIn, parseFormula } from '../analysis/trend/formula.js'
import { BUILT_IN_METRICS, metricPlanner } from '../analysis/trend/metric-planner.js'
import { parseMetric } from '../analysis/trend/metric-schema.js'
import type { HotStore } from '../store.js'
import { assertName, type DefinitionStore, definitionsOf, type StoredDefinition } from './definitions.js'

/** What metrics are kept by. */
export interface MetricsOptions {
  store: Pick<HotStore, 'records' | 'audit'>
  /** Defined by the server's code: known under their names without being stored. */
  defined: readonly MetricDefinition[]
  now: () => number
}

/**
 * The metrics that have a name: stored ones, and those of the server's code, which come first.
 * @throws AnalyticsError `invalid_options` where the code's own are wrong.
 */
export async function metricsOf({ store, defined, now }: MetricsOptions): Promise<DefinitionStore<Metric>> {
  const stored = definitionsOf({
    kind: 'metric',
    records: store.records,
    audit: (entry) => store.audit(entry),
    parse: parseMetric,
    namesIn: namesOf,
    now,
  })
  const ofCode = await checked(defined, now())

  /** Finds what a metric's name would mean if `candidate` were defined. */
  const findWith = (candidate: MetricDefinition) => async (name: string) =>
    name === candidate.name ? candidate : (ofCode.get(name) ?? (await stored.find(name)))?.definition

  const assertFree = (name: string) => {
    assertName(name)
    if (BUILT_IN_METRICS.has(name)) throw refused('name', `${JSON.stringify(name)} is built in`)
    if (ofCode.has(name)) throw refused('name', `${JSON.stringify(name)} is defined by the server's code`)
  }

  return {
    async define(definition) {
      const { name, ...rest } = definition
      assertFree(name)
      const metric = parseMetric(rest)
      await metricPlanner([], findWith({ name, ...metric })).add(name, 'formula')
      return stored.define(definition)
    },
    get: async (name, version) =>
      (version === undefined || version === 0 ? ofCode.get(name) : undefined) ?? stored.get(name, version),
    find: async (name) => ofCode.get(name) ?? stored.find(name),
    async list() {
      const others = (await stored.list()).filter(({ name }) => !ofCode.has(name))
      return [...ofCode.values(), ...others].sort((a, b) => compareText(a.name, b.name))
    },
    async delete(name) {
      assertFree(name)
      await stored.delete(name)
    },
  }
}

/** Names of other metrics. */
function namesOf(metric: Metric): readonly string[] {
  return 'formula' in metric ? namesIn(parseFormula(metric.formula, 'formula')) : []
}

function refused(field: string, what: string): AnalyticsError {
  return new AnalyticsError('invalid_query', `${field}: ${what}.`, { field })
}

/** The metrics of the server's code, by name. They are made of each other and of built-in ones: code does not go by what is stored. */
async function checked(
  defined: readonly MetricDefinition[],
  at: number,
): Promise<ReadonlyMap<string, StoredDefinition<Metric>>> {
  const known = new Map<string, StoredDefinition<Metric>>()
  const find = async (name: string) => known.get(name)?.definition
  for (const [i, { name, ...rest }] of defined.entries()) {
    await asOption(`metrics[${i}]`, async () => {
      assertName(name)
      if (BUILT_IN_METRICS.has(name)) throw refused('name', `${JSON.stringify(name)} is built in`)
      if (known.has(name)) throw refused('name', `${JSON.stringify(name)} is defined twice`)
      known.set(name, { name, version: 0, at, definition: parseMetric(rest) })
    })
  }
  for (const [i, { name }] of defined.entries())
    await asOption(`metrics[${i}]`, async () => void (await metricPlanner([], find).add(name, 'formula')))
  return known
}

/** What is wrong with a definition is wrong with an option here. */
async function asOption(option: string, check: () => Promise<void>): Promise<void> {
  try {
    await check()
  } catch (error) {
    if (!(error instanceof AnalyticsError)) throw error
    const field = error.field ? `${option}.${error.field}` : option
    throw new AnalyticsError('invalid_options', `${option}: ${error.message}`, { field })
  }
}
