import type { Query, QueryBase, Range } from '@analytics/protocol'
import { z } from 'zod'
import { cohort } from './cohort/cohort-schema.js'
import { filter, text } from './query-schema.js'

const range = z.strictObject({
  from: text(40),
  to: text(40),
  timeZone: text(64).optional(),
  weekStart: z.enum(['monday', 'sunday']).optional(),
}) as unknown as z.ZodType<Range>

/** What every query has. */
const base = {
  range,
  where: filter.optional(),
  cohort: cohort.optional(),
  tiers: z.enum(['all', 'hot']).optional(),
  onArchived: z.enum(['error', 'partial', 'restore']).optional(),
  timeoutMs: z.number().int().min(1).max(600_000).optional(),
} satisfies Record<keyof QueryBase, z.ZodType>

/** The fields that a kind of query has of its own, each with its schema. */
export type KindFields<Q extends Query> = { [Field in Exclude<keyof Q, keyof QueryBase | 'kind'>]-?: z.ZodType }

/** The schema of one kind of query: what every query has, its own fields, and nothing else. */
export function kindSchema<Q extends Query>(kind: Q['kind'], fields: KindFields<Q>): z.ZodObject {
  return z.strictObject({ ...base, kind: z.literal(kind), ...(fields as Record<string, z.ZodType>) })
}
