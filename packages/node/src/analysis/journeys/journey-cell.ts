import { AnalyticsError, type JourneysCell } from '@analytics/protocol'
import { z } from 'zod'
import type { JourneyTaker } from './journey-sessions.js'

const node = z
  .string()
  .regex(/^[1-9]\d?_./s, 'is no id of a node')
  .max(40_000)

/** Checks what names a node or a link. */
export const journeysCell: z.ZodType<JourneysCell> = z.union([
  z.strictObject({ node }),
  z.strictObject({ source: node, target: node }),
])

/** Collects who goes through a node, or takes a link. */
export interface JourneyPeople extends JourneyTaker {
  /** Those who were told of, some perhaps several times. */
  found(): readonly number[]
}

/** @throws AnalyticsError `invalid_query` where no link goes from `source` to `target`. */
export function journeyPeople(cell: JourneysCell, textOf: (label: number) => string): JourneyPeople {
  const nodes = ('node' in cell ? [cell.node] : [cell.source, cell.target]).map(parse)
  const [first, last] = [nodes[0]!, nodes.at(-1)!]
  if (last.at - first.at !== nodes.length - 1) {
    const field = 'cell.target'
    throw new AnalyticsError('invalid_query', `${field}: is not one step behind cell.source.`, { field })
  }
  const found: number[] = []
  return {
    add(person, { length, labels }) {
      if (last.at < length && nodes.every(({ at, label }) => textOf(labels[at]!) === label)) found.push(person)
    },
    found: () => found,
  }
}

/** Where in a journey the node is, from 0, and its label. */
function parse(id: string): { at: number; label: string } {
  const underscore = id.indexOf('_')
  return { at: Number(id.slice(0, underscore)) - 1, label: id.slice(underscore + 1) }
}
