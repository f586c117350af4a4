import type { JourneysQuery } from '@analytics/protocol'
import { type Translation, UnknownCase, type VectorCase } from './case.js'

interface PathsVector {
  include?: string[]
  groupings?: string[]
  exclude?: string[]
  start?: string
  end?: string
  step_limit?: number
  edge_limit?: number
  min_edge_weight?: number
}

const KNOWN = ['type', 'include', 'groupings', 'exclude', 'start', 'end', 'step_limit', 'edge_limit', 'min_edge_weight']

/** Types by their names, or `custom` for those of which the name doesn't begin with a dollar sign. */
function typesOf({ events }: VectorCase, include: readonly string[]): string[] {
  const types = [...new Set(events.map(([, type]) => type))]
  return types.filter((type) => include.includes(type) || (include.includes('custom') && !type.startsWith('$')))
}

function queryOf(vector: VectorCase): JourneysQuery {
  const unknown = Object.keys(vector.query).find((name) => !KNOWN.includes(name))
  if (unknown) throw new UnknownCase(unknown)
  const { include, groupings, exclude, start, end, step_limit, edge_limit, min_edge_weight } =
    vector.query as PathsVector
  return {
    kind: 'journeys',
    range: { from: '1900-01-01', to: '2100-01-01' },
    // Pages have a path, other events are known by their type.
    by: ['properties.path', 'eventType'],
    ...(include ? { event: { event: typesOf(vector, include) } } : {}),
    // There a grouping is looked for anywhere in a path.
    ...(groupings ? { groups: groupings.map((label) => ({ label, match: [`*${label}*`] })) } : {}),
    ...(exclude ? { exclude } : {}),
    ...(start === undefined ? {} : { start }),
    ...(end === undefined ? {} : { end }),
    ...(step_limit === undefined ? {} : { maxSteps: step_limit }),
    ...(edge_limit === undefined ? {} : { limit: edge_limit }),
    ...(min_edge_weight === undefined ? {} : { minWeight: min_edge_weight }),
  }
}

const paths: Translation = async (vector, ask) => {
  const { links } = await ask(queryOf(vector))
  return {
    edges: links.map(({ source, target, value, averageSeconds }) => ({
      source,
      target,
      value,
      // A mean of whole milliseconds: thousandths of seconds times 1,000 may be off by the last bit.
      avg_ms: Math.round(averageSeconds * 1000 * value) / value,
    })),
  }
}

const dropOff: Translation = async (vector, ask) => {
  const query = { ...queryOf(vector), limit: 1000 }
  const users = [...new Set(vector.events.map(([user]) => user))]
  const own = await Promise.all(
    users.map(async (value) => (await ask({ ...query, where: { property: 'userId', op: 'eq', value } })).nodes),
  )
  const { nodes } = await ask(query)
  const usersWith = (id: string, holds: (node: { sessions: number; dropOff: number }) => boolean): number =>
    own.filter((all) => all.some((node) => node.id === id && holds(node))).length
  const answers = Object.keys(vector.expected.nodes as object).map((id) => [
    id,
    {
      reach: nodes.find((node) => node.id === id)?.users ?? 0,
      continue: usersWith(id, ({ sessions, dropOff }) => sessions > dropOff),
      dropoff: usersWith(id, ({ dropOff }) => dropOff > 0),
    },
  ])
  return { nodes: Object.fromEntries(answers) }
}

/** The ways people take. */
export const JOURNEYS: Readonly<Record<string, Translation>> = {
  'paths posthog': paths,
  'paths_dropoff posthog': dropOff,
}
