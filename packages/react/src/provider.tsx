import type { Analytics } from '@analytics/browser'
import { createContext, type ReactNode, useContext } from 'react'

/** A tracker of any event definitions. */
export type AnalyticsClient = Omit<Analytics, 'track'> & {
  /** Records an event; which, the definitions say. */
  track: (...call: never[]) => void
}

/** Where the tracker travels. Read it with a hook; the error boundary is a class and reads it here. */
export const AnalyticsContext: React.Context<AnalyticsClient | null> = createContext<AnalyticsClient | null>(null)

/** Props of {@link AnalyticsProvider}. */
export interface AnalyticsProviderProps {
  /** Create it once, outside of any component: a render may run twice. */
  client: AnalyticsClient
  children?: ReactNode
}

/**
 * Hands the tracker to the hooks below it.
 * @example
 * <AnalyticsProvider client={analytics}><App /></AnalyticsProvider>
 */
export function AnalyticsProvider({ client, children }: AnalyticsProviderProps): ReactNode {
  return <AnalyticsContext.Provider value={client}>{children}</AnalyticsContext.Provider>
}

/** The provider's tracker. */
export function useClient(): AnalyticsClient {
  const client = useContext(AnalyticsContext)
  if (!client)
    throw new Error('Wrap the component in <AnalyticsProvider client={createAnalytics(…)}> to use analytics hooks.')
  return client
}
