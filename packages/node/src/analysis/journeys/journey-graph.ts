import type { JourneyNode, JourneysResult } from '@analytics/protocol'
import { compareText } from '@analytics/protocol/filter'
import { pairSet } from '../pair-set.js'
import type { JourneyTaker } from './journey-sessions.js'

/** Counts journeys by the steps they have in common. */
export interface JourneyGraph extends JourneyTaker {
  /** @param options.minWeight Sessions that a link must have. @param options.limit Links at most. */
  result(options: { minWeight: number; limit: number }): JourneysResult
}

interface Node extends JourneyNode {
  /** From 0 on, of all nodes. */
  number: number
  /** By the target's label. */
  links: Map<number, Link>
}

interface Link {
  source: Node
  target: Node
  sessions: number
  totalMs: number
}

/** No journeys yet. Memory: a node for each label and step, a link for each two that follow each other, a pair for each person of a node. */
export function journeyGraph(textOf: (label: number) => string): JourneyGraph {
  const steps: Map<number, Node>[] = []
  const users = pairSet()
  let nodeCount = 0

  function nodeOf(step: number, label: number): Node {
    steps[step - 1] ??= new Map()
    const known = steps[step - 1]!.get(label)
    if (known) return known
    const text = textOf(label)
    const counts = { sessions: 0, users: 0, dropOff: 0 }
    const node = { number: nodeCount++, id: `${step}_${text}`, step, label: text, ...counts, links: new Map() }
    steps[step - 1]!.set(label, node)
    return node
  }

  function linkOf(source: Node, label: number): Link {
    const known = source.links.get(label)
    if (known) return known
    const link = { source, target: nodeOf(source.step + 1, label), sessions: 0, totalMs: 0 }
    source.links.set(label, link)
    return link
  }

  const reach = (node: Node, person: number): void => {
    node.sessions++
    if (users.add(node.number, person)) node.users++
  }

  return {
    add(person, { length, labels, times }) {
      let node = nodeOf(1, labels[0]!)
      reach(node, person)
      for (let step = 1; step < length; step++) {
        const link = linkOf(node, labels[step]!)
        link.sessions++
        link.totalMs += times[step]! - times[step - 1]!
        node = link.target
        reach(node, person)
      }
      node.dropOff++
    },

    result({ minWeight, limit }) {
      const all = steps.flatMap((nodes) => [...nodes.values()].flatMap(({ links }) => [...links.values()]))
      const most = all.filter(({ sessions }) => sessions >= minWeight).sort(compareLinks)
      const links = reachable(most.slice(0, limit))
      const nodes = [...new Set(links.flatMap(({ source, target }) => [source, target]))].sort(compareNodes)
      return {
        nodes: nodes.map(({ number: _number, links: _links, ...node }) => node),
        links: links.map(({ source, target, sessions, totalMs }) => ({
          source: source.id,
          target: target.id,
          value: sessions,
          averageSeconds: totalMs / sessions / 1000,
        })),
      }
    },
  }
}

function compareLinks(a: Link, b: Link): number {
  return b.sessions - a.sessions || compareText(a.source.id, b.source.id) || compareText(a.target.id, b.target.id)
}

function compareNodes(a: Node, b: Node): number {
  return a.step - b.step || b.sessions - a.sessions || compareText(a.label, b.label)
}

/** Those that a way of links leads to from a first step. */
function reachable(links: readonly Link[]): Link[] {
  const reached = new Set<Node>()
  const isReached = ({ source }: Link): boolean => source.step === 1 || reached.has(source)
  for (const link of [...links].sort((a, b) => a.source.step - b.source.step)) {
    if (isReached(link)) reached.add(link.target)
  }
  return links.filter(isReached)
}
