import { AnalyticsError } from '@analytics/protocol'
import type { z } from 'zod'

/**
 * What a schema makes of a value that came from outside.
 * @param what Named where it is wrong as a whole, such as `The query`.
 * @throws AnalyticsError `invalid_query`, whose `field` names what is wrong, such as `steps[1].where`.
 */
export function parsed(schema: z.ZodType, value: unknown, what: string): unknown {
  const outcome = schema.safeParse(value)
  if (outcome.success) return outcome.data
  const issue = closestIssue(outcome.error.issues)
  const field = issue.path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
    .replace(/^\./, '')
  throw new AnalyticsError('invalid_query', `${field || what}: ${issue.message}.`, { field })
}

type Issue = { path: PropertyKey[]; message: string }

/** The first issue; of a union's alternatives, that of the one that came furthest, or has the fewest: it is the one the caller meant. */
function closestIssue(issues: readonly z.core.$ZodIssue[], prefix: PropertyKey[] = []): Issue {
  const [issue] = issues
  if (!issue) return { path: prefix, message: 'is not valid' }
  const path = [...prefix, ...issue.path]
  const alternatives = issue.code === 'invalid_union' ? issue.errors.filter((errors) => errors.length > 0) : []
  if (alternatives.length === 0) return { path, message: issue.message }
  const [closest] = [...alternatives].sort((a, b) => depth(b) - depth(a) || a.length - b.length)
  return closestIssue(closest!, path)
}

/** How far into the value the issues go, those of unions included. */
function depth(issues: readonly z.core.$ZodIssue[]): number {
  return Math.max(
    0,
    ...issues.map((issue) => {
      const alternatives = issue.code === 'invalid_union' ? issue.errors : []
      return issue.path.length + Math.max(0, ...alternatives.map(depth))
    }),
  )
}
