import type { Query, QueryAnswer } from '@analytics/node'
import type { StoredEvent } from '@analytics/protocol'

/** A small case with a known answer, restated from the tests of a public system; `profile` names the rules that its numbers follow. */
export interface VectorCase {
  id: string
  kind: string
  profile: string
  semantics: string
  /** User, type, instant, properties. */
  events: [string, string, string, Record<string, StoredEvent['properties']>][]
  query: Record<string, unknown>
  expected: Record<string, unknown>
}

/** Asks a query of the case's events. */
export type Ask = <const Q extends Query>(query: Q) => Promise<QueryAnswer<Q>['result']>

/** Answers a case by public queries, in the shape of what is expected. */
export type Translation = (vector: VectorCase, ask: Ask) => Promise<Record<string, unknown>>

/** A case of which no query of ours has the meaning. */
export class UnknownCase extends Error {}
