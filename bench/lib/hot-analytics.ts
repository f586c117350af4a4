import { type Analytics, type AnalyticsOptions, createAnalytics, type HotStore } from '@analytics/node'
import { duckdbStore } from '@analytics/node/duckdb'

/** The way of analytics that keep no rows. */
export const ANEW = 'analytics.query, every row read anew'

/** What analytics keep of what they have read. */
export interface Keeping {
  /** Whether rows stay in memory, as they do by default. @default false */
  keepsRows?: boolean
}

/** Analytics that keep no answers, and do nothing by themselves; to close them closes the store. */
export function analyticsOver(
  store: HotStore,
  now: number,
  { keepsRows = false, ...more }: Keeping & Pick<AnalyticsOptions, 'tiering'> = {},
): Promise<Analytics> {
  const queries = { cacheCharacters: 0, ...(keepsRows ? {} : { rowCacheBytes: 0 }) }
  return createAnalytics({ store, now: () => now, jobs: false, queries, ...more })
}

/** Lends such analytics over a file for as long as the work goes on. */
export async function withAnalytics<Result>(
  { path, now, ...keeping }: { path: string; now: number } & Keeping,
  work: (analytics: Analytics) => Promise<Result>,
): Promise<Result> {
  const analytics = await analyticsOver(duckdbStore({ path }), now, keeping)
  try {
    return await work(analytics)
  } finally {
    await analytics.close()
  }
}
