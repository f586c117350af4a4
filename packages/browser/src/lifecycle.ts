import type { Delivery } from './delivery.js'
import { listen, type PluginHost, stopAll } from './plugin.js'

/**
 * Sends what is queued before the page can be gone, and goes on when it is back. Never `unload` or `beforeunload`: phones
 * do not fire them, and a page that listens to them is kept out of the back/forward cache.
 */
export function watchLifecycle(delivery: Delivery, guard: PluginHost['guard']): () => void {
  const exit = guard(() => delivery.exit())
  const wake = guard(() => delivery.wake())
  const stops = [
    listen(document, 'visibilitychange', () => document.visibilityState === 'hidden' && exit()),
    listen(window, 'pagehide', exit),
    listen(window, 'pageshow', wake),
    listen(window, 'online', wake),
  ]
  return stopAll(stops)
}
