import type { Query } from '@analytics/protocol'
import { z } from 'zod'
import { ANALYSES } from './kinds.js'
import { parsed } from './parsed.js'

const [first, ...others] = Object.values(ANALYSES).map(({ schema }) => schema)
const query = z.discriminatedUnion('kind', [first!, ...others])

/**
 * Checks a query that came from outside.
 * @throws AnalyticsError `invalid_query`, whose `field` names what is wrong, such as `steps[1].where`.
 */
export function parseQuery(value: unknown): Query {
  return parsed(query, value, 'The query') as Query
}
