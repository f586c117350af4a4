import { type Analytics, createAnalytics } from '@analytics/node'
import { duckdbStore } from '@analytics/node/duckdb'

/** Analytics over the file of a store for as long as the work goes on: it keeps no answers, and does nothing by itself. */
export async function withAnalytics<Result>(
  path: string,
  now: number,
  work: (analytics: Analytics) => Promise<Result>,
): Promise<Result> {
  const store = duckdbStore({ path })
  const analytics = await createAnalytics({ store, now: () => now, jobs: false, queries: { cacheCharacters: 0 } })
  try {
    return await work(analytics)
  } finally {
    await analytics.close()
  }
}
