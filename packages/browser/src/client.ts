import type { EventsOf, JsonObject, RegisteredEvents, WireEvent } from '@analytics/protocol'
import type { ConsentControl } from './consent.js'
import type { Stats } from './stats.js'

/** Fields of an event besides its type and properties. */
export type EventFields = Partial<
  Pick<WireEvent, 'eventCategory' | 'eventAction' | 'eventLabel' | 'eventValue' | 'schemaVersion'>
>

/** What follows the type in a call of `track`: properties may be left out where none is required. */
export type TrackArguments<Properties> = undefined extends Properties
  ? [properties?: Properties, fields?: EventFields]
  : Record<never, never> extends Properties
    ? [properties?: Properties, fields?: EventFields]
    : [properties: Properties, fields?: EventFields]

/** Options of {@link Analytics.trackPageView}. */
export interface PageViewOptions {
  /** Name of the page. @default document.title */
  title?: string
  /** Sends nothing where this visit of the URL has its page view already, whoever sent it. @default false */
  once?: boolean
}

/**
 * The tracker. Methods are synchronous unless they return a promise, need no `this`, and never throw: faults go to `onError`.
 * On a server each of them does nothing.
 */
export interface Analytics<Definitions = RegisteredEvents> {
  /** Records an event. It is read at once: changing the properties later changes nothing. */
  track<Type extends keyof EventsOf<Definitions> & string>(
    type: Type,
    ...rest: TrackArguments<EventsOf<Definitions>[Type]>
  ): void
  /** Records a view of the current URL. */
  trackPageView(options?: PageViewOptions): void
  /** Records that a feature was used. */
  trackFeatureUsage(feature: string, action?: string): void
  /** Records an error that was caught. The same error object counts once; ten of a kind and a hundred a page are sent. */
  trackError(error: unknown, context?: JsonObject): void
  /** Records how long something took, in ms. */
  trackTiming(category: string, variable: string, ms: number): void
  /**
   * Says who the visitor is: this and later events carry the user's id, and what the visitor did before belongs to the user.
   * Another user than the one before starts as by {@link Analytics.reset}, so that two people never become one.
   */
  identify(userId: string, traits?: JsonObject): void
  /** Forgets the user: a new anonymous id and a new session. Call it at logout. */
  reset(): void
  /**
   * Sends what is queued. Resolves when it was answered; where sending failed or has to wait, what is left stays queued
   * and is sent later. Never rejects.
   */
  flush(): Promise<void>
  /** What became of the events so far. */
  stats(): Stats
  /** Stops recording, removes every listener and sends what is queued. For good. */
  shutdown(): Promise<void>
  /** What the visitor agreed to. */
  readonly consent: ConsentControl
}
