import type { Analytics, ConsentStatus } from '@analytics/browser'
import type { RegisteredEvents } from '@analytics/protocol'
import { useCallback, useEffect, useMemo, useSyncExternalStore } from 'react'
import { useClient } from './provider.js'

/** What {@link useAnalytics} returns. Each function stays the same for the provider's client. */
export interface AnalyticsHook<Definitions = RegisteredEvents> {
  /** Records an event of the definitions. */
  trackEvent: Analytics<Definitions>['track']
  /** Records that a feature was used. */
  trackFeature: Analytics['trackFeatureUsage']
  /** Records an error that was caught. */
  trackError: Analytics['trackError']
  /** Says who the visitor is. */
  identify: Analytics['identify']
  /** Forgets the user. */
  reset: Analytics['reset']
}

/**
 * The tracker's functions, typed by the event definitions.
 * @example
 * const { trackEvent } = useAnalytics<typeof events>()
 */
export function useAnalytics<Definitions = RegisteredEvents>(): AnalyticsHook<Definitions> {
  const client = useClient()
  return useMemo(
    () => ({
      // The provider takes a client of any definitions; the caller names which.
      trackEvent: client.track as unknown as Analytics<Definitions>['track'],
      trackFeature: client.trackFeatureUsage,
      trackError: client.trackError,
      identify: client.identify,
      reset: client.reset,
    }),
    [client],
  )
}

/**
 * Records a page view when the component mounts. Without a name it counts the visit of the current URL, unless automatic
 * capture or another component did; with one it is a page of its own, such as a step of a wizard, and always counts.
 */
export function usePageView(name?: string): void {
  const client = useClient()
  useMountEffect(
    useCallback(() => client.trackPageView(name === undefined ? { once: true } : { title: name }), [client, name]),
  )
}

/**
 * Runs once a mount. StrictMode mounts, unmounts and mounts again within one task: by the time of the microtask only the
 * last mount is left.
 */
export function useMountEffect(effect: () => void): void {
  useEffect(() => {
    let isMounted = true
    queueMicrotask(() => {
      if (isMounted) effect()
    })
    return () => {
      isMounted = false
    }
  }, [effect])
}

/**
 * Returns a function that records a use of the feature.
 * @example
 * const trackExport = useFeature('export')
 * <button onClick={() => trackExport('csv')}>Export</button>
 */
export function useFeature(feature: string): (action?: string) => void {
  const client = useClient()
  return useCallback(
    // A click handler that is handed over as it is would pass its event.
    (action) => client.trackFeatureUsage(feature, typeof action === 'string' ? action : undefined),
    [client, feature],
  )
}

/**
 * Returns a function that starts a measurement and returns how to stop it. Stopping records the time, once.
 * @example
 * const startTiming = useTiming()
 * const stop = startTiming('checkout', 'payment')
 * await pay()
 * stop()
 */
export function useTiming(): (category: string, variable: string) => () => void {
  const client = useClient()
  return useCallback(
    (category, variable) => {
      const start = performance.now()
      let isRunning = true
      return () => {
        if (isRunning) client.trackTiming(category, variable, performance.now() - start)
        isRunning = false
      }
    },
    [client],
  )
}

/** What {@link useConsent} returns. */
export interface ConsentHook {
  status: ConsentStatus
  /** The visitor agrees: what waited is sent. */
  grant: () => void
  /** The visitor declines: what waited is dropped, and nothing more is recorded. */
  deny: () => void
}

/** The consent's status, followed, and how to change it. */
export function useConsent(): ConsentHook {
  const { consent } = useClient()
  const status = useSyncExternalStore<ConsentStatus>(
    consent.subscribe,
    () => consent.status,
    () => consent.initial,
  )
  return useMemo(() => ({ status, grant: consent.grant, deny: consent.deny }), [consent, status])
}
