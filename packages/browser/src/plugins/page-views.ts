import type { BuiltInType } from '../built-in.js'
import type { PageViewOptions } from '../client.js'
import { cut } from '../context.js'
import { listen, type PluginHost, stopAll } from '../plugin.js'

/** Records page views, and knows whether the visit of the current URL has one. */
export class PageViews {
  readonly #host: PluginHost
  #visited: string | undefined
  /** The title that the last page view was recorded with. */
  #title = ''

  constructor(host: PluginHost) {
    this.#host = host
  }

  track({ title = document.title, once = false }: PageViewOptions = {}): void {
    const place = placeNow()
    if (once && this.#visited === place) return
    this.#visited = place
    this.#title = document.title
    this.#host.record({
      eventType: 'page_view' satisfies BuiltInType,
      ...(title ? { properties: { title: cut(title, 200) } } : {}),
    })
  }

  /** Records the first page view and those of each navigation within the page. Returns how to stop. */
  watch(): () => void {
    const { guard } = this.#host
    this.track({ once: true })
    let path = location.pathname
    const moved = (isReplace: boolean) => {
      // Apps keep filters in the query by replaceState; a new path is a new page either way, a fragment never.
      const isSame = isReplace && location.pathname === path
      path = location.pathname
      // Frameworks set the title after the URL: one that is still the page's before would be the wrong one, so it is left out.
      if (!isSame) this.track({ once: true, ...(document.title === this.#title ? { title: '' } : {}) })
      else if (this.#visited !== undefined) this.#visited = placeNow()
    }
    const stops = [
      patch(
        'pushState',
        guard(() => moved(false)),
      ),
      patch(
        'replaceState',
        guard(() => moved(true)),
      ),
      listen(
        window,
        'popstate',
        guard(() => moved(false)),
      ),
      // Back from the back/forward cache: the page is looked at again.
      listen(
        window,
        'pageshow',
        guard((event) => (event as PageTransitionEvent).persisted && this.track()),
      ),
    ]
    return stopAll(stops)
  }
}

/** What makes a URL a page of its own. */
function placeNow(): string {
  return location.pathname + location.search
}

/** Calls back after a method of the history. Stopping leaves the patch in place where others have patched over it. */
function patch(method: 'pushState' | 'replaceState', after: () => void): () => void {
  const original = history[method]
  let isActive = true
  const patched: History['pushState'] = function (this: History, ...values) {
    original.apply(this, values)
    if (isActive) after()
  }
  history[method] = patched
  return () => {
    isActive = false
    if (history[method] === patched) history[method] = original
  }
}
