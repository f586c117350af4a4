import type { CountedPerson, PeopleByKind, PeopleQuery } from '@analytics/protocol'
import { z } from 'zod'
import type { PersonIds } from '../store.js'
import type { Analysis, AnalysisOfPeople } from './analysis.js'

const DEFAULT_LIMIT = 100

/** The analyses whose numbers have people behind them. */
export type PeopleSources = { readonly [Kind in keyof PeopleByKind]: AnalysisOfPeople<Kind> }

/** The people behind a number of another analysis' answer. */
export function peopleOf(sources: PeopleSources): Analysis<PeopleQuery> {
  // A query and its cell belong to one kind, which the types can't follow from here on.
  const sourceOf = ({ of }: PeopleQuery) => sources[of.kind] as unknown as AnalysisOfPeople<'funnel'>
  return {
    schema: peopleSchema(sources),
    namesPeople: true,
    reads: (query, range) => sourceOf(query).reads?.(query.of as never, range) ?? range,
    async scans(query, range, store) {
      const source = sourceOf(query)
      return (
        (await source.scans?.(query.of as never, range, store)) ?? source.reads?.(query.of as never, range) ?? range
      )
    },

    async run(query, context) {
      const { of, cell, limit = DEFAULT_LIMIT, cursor } = query
      const found = distinct(await sourceOf(query).peopleIn(of as never, cell as never, context))
      const first = cursor === undefined ? 0 : found.findIndex((person) => person > Number(cursor))
      const page = first < 0 ? [] : [...found.subarray(first, first + limit)]
      const ids = await context.store.identitiesOf(page)
      const details = { total: found.length, listed: page.length }
      await context.store.audit({ action: 'people', target: of.kind, details })
      const isMore = first >= 0 && first + limit < found.length
      return {
        users: ids.map(toPerson),
        total: found.length,
        ...(isMore ? { nextCursor: String(page.at(-1)) } : {}),
      }
    },
  }
}

function peopleSchema(sources: PeopleSources): z.ZodObject {
  const [first, ...others] = Object.values(sources).map(({ schema }) => schema)
  const kinds = Object.keys(sources).join(', ')
  const of = z.discriminatedUnion('kind', [first!, ...others], {
    error: `is no query of which people can be listed, which are: ${kinds}`,
  })
  const cursor = z.string().regex(/^\d{1,10}$/, 'is not one that an answer gave')
  const fields = {
    kind: z.literal('people'),
    of,
    cell: z.unknown(),
    limit: z.number().int().min(1).max(1000).optional(),
    cursor: cursor.optional(),
  } satisfies Record<keyof PeopleQuery, z.ZodType>
  return z.strictObject(fields).superRefine((query, check) => {
    const { cell } = sources[query.of.kind as keyof PeopleSources]
    const { error } = cell.safeParse(query.cell)
    for (const issue of error?.issues ?? []) check.addIssue({ ...issue, path: ['cell', ...issue.path] } as never)
  })
}

/** Ascending, each once: an order that stays, whatever the tiers and the order of rows. */
function distinct(people: Int32Array): Int32Array {
  return people.sort().filter((person, at) => at === 0 || person !== people[at - 1])
}

function toPerson({ userId, anonymousIds }: PersonIds): CountedPerson {
  return { userId, ...(anonymousIds.length > 0 ? { anonymousIds: [...anonymousIds] } : {}) }
}
