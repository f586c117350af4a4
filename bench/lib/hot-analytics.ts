import { type Analytics, createAnalytics } from '@analytics/node'
import { duckdbStore } from '@analytics/node/duckdb'

/** Analytics over the file of a store. */
export interface HotAnalytics {
  path: string
  now: number
  /** Whether rows that were read stay in memory, as they do by default. @default false */
  keepsRows?: boolean
}

/** Lends analytics for as long as the work goes on: they keep no answers, and do nothing by themselves. */
export async function withAnalytics<Result>(
  { path, now, keepsRows = false }: HotAnalytics,
  work: (analytics: Analytics) => Promise<Result>,
): Promise<Result> {
  const store = duckdbStore({ path })
  const queries = { cacheCharacters: 0, ...(keepsRows ? {} : { cacheBytes: 0 }) }
  const analytics = await createAnalytics({ store, now: () => now, jobs: false, queries })
  try {
    return await work(analytics)
  } finally {
    await analytics.close()
  }
}
