import type { ConsentStatus } from './consent.js'
import { type Fault, type Report, reporter } from './faults.js'
import { cryptoRandom } from './random.js'

/** What the tracker records by itself. */
export interface CaptureOptions {
  /** The first page view, those of the History API, and returns from the back/forward cache. @default true */
  pageViews?: boolean
  /** Clicks on elements with a `data-analytics` attribute, and submissions of forms that have one. @default true */
  clicks?: boolean
  /** Uncaught errors and unhandled rejections. @default true */
  errors?: boolean
}

/** Options of `createAnalytics`. */
export interface AnalyticsOptions {
  /** The key that events are sent with. It is public: its scope is write. */
  writeKey: string
  /** Where the handler is mounted: a path, or a URL on another origin. Events go to `${endpoint}/events`. @default '/analytics' */
  endpoint?: string
  /** How long an event may wait for others, in ms. The first batch of a page waits 1,000 at most. @default 5000 */
  flushInterval?: number
  /** Events in one batch, 1 to 500. As many waiting are sent at once. @default 50 */
  maxBatchEvents?: number
  /** What is recorded without a call. */
  capture?: CaptureOptions
  /**
   * What the visitor has agreed to. While `pending`, events wait in memory and nothing is stored or sent.
   * A browser that signals Global Privacy Control counts as denied until `consent.grant()`. @default 'granted'
   */
  consent?: ConsentStatus
  /** Idle time after which the next event begins a new session, in ms. @default 1800000 */
  sessionTimeoutMs?: number
  /** Sends the requests. @default the page's own fetch, looked up at each call */
  fetch?: typeof fetch
  /** The clock, in ms since 1970. @default Date.now */
  now?: () => number
  /** Numbers from 0 to below 1, for ids and for spreading retries. @default from crypto, or Math.random where there is none */
  random?: () => number
  /** Told about faults, each kind once a page: methods never throw into the page. @default a console warning */
  onError?: (fault: Fault) => void
}

/** Options after defaults, the only form that inner code takes. */
export interface ResolvedOptions {
  /** Where batches are posted, with the key. */
  readonly url: string
  readonly flushInterval: number
  readonly maxBatchEvents: number
  readonly capture: Readonly<Required<CaptureOptions>>
  readonly consent: ConsentStatus
  readonly sessionTimeoutMs: number
  readonly fetch: typeof fetch
  readonly now: () => number
  readonly random: () => number
  readonly report: Report
  /** Names what this tracker stores, apart from trackers with other keys. */
  readonly storageKey: string
  /** False where nothing can be sent; the reason was reported. */
  readonly isUsable: boolean
}

/** Fills in the defaults. A value that cannot work is reported and replaced: the page must not break over it. */
export function resolveOptions(options: AnalyticsOptions): ResolvedOptions {
  const { writeKey, endpoint = '/analytics', capture = {}, consent = 'granted' } = options
  const report = reporter(options.onError ?? ((fault) => console.warn(fault.message, fault.code)))
  const isUsable = typeof writeKey === 'string' && writeKey !== '' && typeof endpoint === 'string'
  if (!isUsable) report('invalid_options', 'writeKey or endpoint is not text: nothing is recorded.')
  const number = (
    name: 'flushInterval' | 'maxBatchEvents' | 'sessionTimeoutMs',
    least: number,
    most: number,
    usual: number,
  ) => {
    const value = options[name] ?? usual
    if (value >= least && value <= most) return value
    report('invalid_options', `${name} is not from ${least} to ${most}: ${usual} is used.`)
    return usual
  }
  return {
    url: `${String(endpoint).replace(/\/+$/, '')}/events?k=${encodeURIComponent(writeKey)}`,
    flushInterval: number('flushInterval', 0, 3_600_000, 5000),
    maxBatchEvents: Math.floor(number('maxBatchEvents', 1, 500, 50)),
    sessionTimeoutMs: number('sessionTimeoutMs', 1000, 86_400_000, 1_800_000),
    capture: { pageViews: true, clicks: true, errors: true, ...capture },
    consent,
    // Looked up at each call: a page may wrap fetch after this.
    fetch: options.fetch ?? ((input, init) => fetch(input, init)),
    now: options.now ?? Date.now,
    random: options.random ?? cryptoRandom(),
    report,
    storageKey: `analytics:${writeKey}`,
    isUsable,
  }
}
