import { type Analytics, createAnalytics } from '@analytics/browser'
import type { events } from '../server/events.js'

/** The shop's event types. Imported as types: no line of the server gets into the bundle. */
export type ShopEvents = typeof events

/** Starts the tracker: from here on page views, clicks on `data-analytics` and errors are recorded. */
export function startAnalytics(writeKey: string): Analytics<ShopEvents> {
  return createAnalytics<ShopEvents>({ endpoint: '/analytics', writeKey })
}
