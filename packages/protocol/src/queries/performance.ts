import type { QueryBase } from './query-base.js'

/** How fast pages are for those who use them: events of the types `web_vital` and `page_load`. */
export interface PerformanceQuery extends QueryBase {
  kind: 'performance'
  /** What tells pages apart: a column or `properties.path`. @default 'pageUrl' */
  by?: string
  /** Pages at most, 1 to 1,000: those with the most events. @default 25 */
  limit?: number
}

/** What is measured: the web vitals, and how long pages take to load. */
export type PerformanceMetric = 'LCP' | 'INP' | 'CLS' | 'FCP' | 'TTFB' | 'page_load'

/** One metric, in milliseconds; `CLS` is a number without a unit. Percentiles are continuous. */
export interface PerformanceSummary {
  metric: PerformanceMetric
  /** How often it was measured. */
  count: number
  p50: number
  p75: number
  p95: number
  /**
   * Shares, 0 to 1, by the thresholds of web.dev: LCP 2.5 and 4 s, INP 200 and 500 ms, CLS 0.1 and 0.25, FCP 1.8 and 3 s, TTFB 0.8 and
   * 1.8 s. A page load has none.
   */
  rating?: { good: number; needsImprovement: number; poor: number }
}

/** Answer of a `PerformanceQuery`. */
export interface PerformanceResult {
  /** Of all pages; metrics that nobody measured are left out. */
  metrics: PerformanceSummary[]
  /** The one with the most events first, then by text. Of more than 10,000 pages, those that came later are not told apart. */
  pages: { value: string; count: number; metrics: PerformanceSummary[] }[]
}
