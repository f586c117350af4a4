'use client'

/**
 * The React side of the tracker: a provider, hooks, an error boundary.
 * @packageDocumentation
 */
export { AnalyticsErrorBoundary, type AnalyticsErrorBoundaryProps, type ErrorFallback } from './error-boundary.js'
export {
  type AnalyticsHook,
  type ConsentHook,
  useAnalytics,
  useConsent,
  useFeature,
  usePageView,
  useTiming,
} from './hooks.js'
export { type AnalyticsClient, AnalyticsProvider, type AnalyticsProviderProps } from './provider.js'
export { TrackView, type TrackViewProps } from './track-view.js'
