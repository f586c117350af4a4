import { AnalyticsError, type Query } from '@analytics/protocol'
import { z } from 'zod'
import { ANALYSES } from './kinds.js'

const [first, ...others] = Object.values(ANALYSES).map(({ schema }) => schema)
const query = z.discriminatedUnion('kind', [first!, ...others])

/**
 * Checks a query that came from outside.
 * @throws AnalyticsError `invalid_query`, whose `field` names what is wrong, such as `steps[1].where`.
 */
export function parseQuery(value: unknown): Query {
  const parsed = query.safeParse(value)
  if (parsed.success) return parsed.data as unknown as Query
  const issue = closestIssue(parsed.error.issues)
  const field = issue.path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
    .replace(/^\./, '')
  throw new AnalyticsError('invalid_query', `${field || 'The query'}: ${issue.message}.`, { field })
}

type Issue = { path: PropertyKey[]; message: string }

/** The first issue; of a union's alternatives, that of the one with the fewest: it is the one the caller meant. */
function closestIssue(issues: readonly z.core.$ZodIssue[], prefix: PropertyKey[] = []): Issue {
  const [issue] = issues
  if (!issue) return { path: prefix, message: 'is not valid' }
  const path = [...prefix, ...issue.path]
  const alternatives = issue.code === 'invalid_union' ? issue.errors.filter((errors) => errors.length > 0) : []
  if (alternatives.length === 0) return { path, message: issue.message }
  const [closest] = [...alternatives].sort((a, b) => a.length - b.length || depth(b) - depth(a))
  return closestIssue(closest!, path)
}

const depth = (issues: readonly z.core.$ZodIssue[]): number => Math.max(...issues.map(({ path }) => path.length))
