/**
 * The tracker for a script tag, without a bundler:
 * `<script src="…/script.global.js" data-write-key="wk_…" data-endpoint="/analytics"></script>` creates
 * `window.analytics`. `data-consent="pending"` holds everything back until `analytics.consent.grant()`.
 */
import type { Analytics } from './client.js'
import { createAnalytics } from './create-analytics.js'
import type { AnalyticsOptions } from './options.js'

declare global {
  interface Window {
    /** The tracker that the script tag created. */
    analytics?: Analytics
  }
}

const tag = document.currentScript
if (tag instanceof HTMLScriptElement && !window.analytics) {
  const { writeKey = '', endpoint, consent } = tag.dataset
  const options: AnalyticsOptions = { writeKey }
  if (endpoint !== undefined) options.endpoint = endpoint
  // A word that is none of ours must not count as an agreement.
  if (consent !== undefined) options.consent = consent === 'granted' || consent === 'denied' ? consent : 'pending'
  window.analytics = createAnalytics(options)
}
