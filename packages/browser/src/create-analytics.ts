import type { RegisteredEvents } from '@analytics/protocol'
import type { BuiltInType } from './built-in.js'
import type { Analytics, EventFields } from './client.js'
import { type ConsentControl, type ConsentStatus, createConsent } from './consent.js'
import { Delivery } from './delivery.js'
import { Identity } from './identity.js'
import { watchLifecycle } from './lifecycle.js'
import { type AnalyticsOptions, type ResolvedOptions, resolveOptions } from './options.js'
import { guardWith, listen, type PluginHost, stopAll } from './plugin.js'
import { clicks } from './plugins/clicks.js'
import { Errors } from './plugins/errors.js'
import { PageViews } from './plugins/page-views.js'
import { Recorder } from './recorder.js'
import { Session } from './session.js'
import { type Counters, createCounters, type Stats } from './stats.js'
import { webStorage } from './storage.js'

/**
 * Creates a tracker and starts recording. Create one for each data set, outside of any component. On a server, and where
 * the options cannot work, it returns one that does nothing. Never throws.
 * @example
 * const analytics = createAnalytics<typeof events>({ endpoint: '/analytics', writeKey: 'wk_…' })
 * analytics.track('signup', { plan: 'pro' })
 */
export function createAnalytics<Definitions = RegisteredEvents>(options: AnalyticsOptions): Analytics<Definitions> {
  const resolved = resolveOptions(options)
  const isPage = typeof window === 'object' && typeof document === 'object'
  const analytics = isPage && resolved.isUsable ? startTracker(resolved) : idleTracker(resolved.consent)
  // Inside, any type is taken with any properties; the definitions exist for the compiler alone.
  return analytics as unknown as Analytics<Definitions>
}

/** The tracker as inner code sees it. */
type LooseAnalytics = Omit<Analytics, 'track'> & {
  track(type: string, properties?: unknown, fields?: EventFields): void
}

interface Parts {
  readonly options: ResolvedOptions
  readonly counters: Counters
  readonly delivery: Delivery
  readonly recorder: Recorder
  readonly host: PluginHost
  readonly pageViews: PageViews
  readonly errors: Errors
}

function createParts(options: ResolvedOptions): Parts {
  const { storageKey, random, sessionTimeoutMs } = options
  const counters = createCounters()
  const delivery = new Delivery(options, counters)
  const identity = new Identity(webStorage('localStorage', storageKey), random)
  const session = new Session(webStorage('sessionStorage', storageKey), sessionTimeoutMs, random)
  const recorder = new Recorder(options, identity, session, delivery, counters)
  const host: PluginHost = { record: (input) => recorder.record(input), guard: guardWith(options.report) }
  return {
    options,
    counters,
    delivery,
    recorder,
    host,
    pageViews: new PageViews(host),
    errors: new Errors(host, counters),
  }
}

function startTracker(options: ResolvedOptions): LooseAnalytics {
  const parts = createParts(options)
  const { recorder, delivery, host } = parts
  const capture = createCapture(parts)
  let isClosed = false
  const follow = host.guard((status: ConsentStatus) => {
    if (isClosed) return
    recorder.setState(status === 'granted' ? 'open' : status === 'pending' ? 'waiting' : 'denied')
    if (status === 'denied') capture.stop()
    else capture.start()
  })
  const consent = createConsent(options.consent, isOptedOut(), follow)
  follow(consent.status)
  const unwatch = watchLifecycle(delivery, host.guard)
  return createFacade(parts, consent, async () => {
    isClosed = true
    capture.stop()
    unwatch()
    await delivery.flush()
    delivery.exit()
    recorder.setState('closed')
  })
}

/** What the tracker records by itself, started and stopped with the consent. A page that is only prerendered waits. */
function createCapture({ options, host, pageViews, errors }: Parts): { start(): void; stop(): void } {
  const stops: (() => void)[] = []
  const start = () => {
    if (stops.length > 0) return
    if ((document as { prerendering?: boolean }).prerendering) {
      const stop = listen(
        document,
        'prerenderingchange',
        host.guard(() => {
          stopAll(stops.splice(0))()
          start()
        }),
      )
      stops.push(stop)
      return
    }
    const { capture } = options
    if (capture.pageViews) stops.push(pageViews.watch())
    if (capture.clicks) stops.push(clicks(host))
    if (capture.errors) stops.push(errors.watch())
  }
  return {
    start,
    stop: () => stopAll(stops.splice(0))(),
  }
}

function createFacade(parts: Parts, consent: ConsentControl, shutdown: () => Promise<void>): LooseAnalytics {
  const { recorder, delivery, counters, pageViews, errors } = parts
  const { guard, record } = parts.host
  let closing: Promise<void> | undefined
  return {
    track: guard((type: string, properties?: unknown, fields: EventFields = {}) =>
      record({ ...fields, eventType: type, properties }),
    ),
    trackPageView: guard((options) => pageViews.track(options)),
    trackFeatureUsage: guard((feature: string, action?: string) => {
      const eventType = 'feature_usage' satisfies BuiltInType
      record({
        eventType,
        eventCategory: eventType,
        eventLabel: feature,
        ...(action === undefined ? {} : { eventAction: action }),
      })
    }),
    trackError: guard((error, context) => errors.track(error, context)),
    trackTiming: guard((category: string, variable: string, ms: number) =>
      record({
        eventType: 'timing' satisfies BuiltInType,
        eventCategory: category,
        eventLabel: variable,
        eventValue: ms,
      }),
    ),
    identify: guard((userId, traits) => recorder.identify(userId, traits)),
    reset: guard(() => recorder.reset()),
    flush: () => delivery.flush(),
    stats: () => readStats(counters, delivery, recorder),
    shutdown: () => {
      closing ??= shutdown()
      return closing
    },
    consent,
  }
}

function readStats(counters: Counters, delivery: Delivery, recorder: Recorder): Stats {
  const { queue, inFlight } = delivery
  const { waiting } = recorder
  return {
    ...counters,
    dropped: { ...counters.dropped },
    queued: queue.size + waiting.size,
    queuedBytes: queue.bytes + waiting.bytes,
    inFlight,
  }
}

/** Whether the browser signals Global Privacy Control. */
function isOptedOut(): boolean {
  return (navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl === true
}

function idleTracker(status: ConsentStatus): LooseAnalytics {
  const nothing = () => {}
  const resolved = async () => {}
  return {
    track: nothing,
    trackPageView: nothing,
    trackFeatureUsage: nothing,
    trackError: nothing,
    trackTiming: nothing,
    identify: nothing,
    reset: nothing,
    flush: resolved,
    stats: () => ({ ...createCounters(), queued: 0, queuedBytes: 0, inFlight: 0 }),
    shutdown: resolved,
    consent: { grant: nothing, deny: nothing, status, initial: status, subscribe: () => nothing },
  }
}
