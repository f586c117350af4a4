/**
 * The tracker: records what happens on a page and gets it to the server, also when the page is left.
 * @packageDocumentation
 */
export type { Analytics, EventFields, PageViewOptions, TrackArguments } from './client.js'
export type { ConsentControl, ConsentStatus } from './consent.js'
export { createAnalytics } from './create-analytics.js'
export type { Fault, FaultCode } from './faults.js'
export type { AnalyticsOptions, CaptureOptions } from './options.js'
export type { DropReason, Stats } from './stats.js'
