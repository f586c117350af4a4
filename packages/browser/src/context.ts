import type { EventContext, JsonObject } from '@analytics/protocol'
import { WIRE_LIMITS } from './limits.js'

/** Where the visitor is. */
export type PageContext = NonNullable<EventContext['page']>

/** Query parameters that tell a campaign; every other one may hold what nobody meant to share. */
const CAMPAIGN =
  /^(utm_(source|medium|campaign|term|content|id)|gclid|gbraid|wbraid|dclid|fbclid|msclkid|ttclid|twclid|li_fat_id)$/

/** Cuts text to a length without leaving half of a surrogate pair. */
export function cut(text: string, length: number): string {
  return text.length <= length ? text : text.slice(0, length).replace(/[\ud800-\udbff]$/, '')
}

/** A URL without its fragment, credentials and query, but for campaign parameters; of other schemes than http the scheme alone. */
export function redactUrl(text: string, keepCampaign = false): string {
  let url: URL
  try {
    url = new URL(text, document.baseURI)
  } catch {
    return ''
  }
  if (!/^https?:$/.test(url.protocol)) return url.protocol
  const kept = new URLSearchParams()
  if (keepCampaign)
    for (const [name, value] of url.searchParams) if (CAMPAIGN.test(name)) kept.append(name, cut(value, 200))
  const query = kept.toString()
  return cut(url.origin + url.pathname + (query && `?${query}`), WIRE_LIMITS.url)
}

/** Removes queries and fragments from the URLs within a text, such as a stack. */
export function redactUrlsIn(text: string): string {
  return text.replace(/(https?:\/\/[^\s?#)]+)[?#][^\s:)]*/g, '$1')
}

/** The page as it is now. */
export function pageContext(): PageContext {
  const page: PageContext = { url: redactUrl(location.href, true), path: cut(location.pathname, WIRE_LIMITS.url) }
  if (document.title) page.title = cut(document.title, WIRE_LIMITS.eventLabel)
  if (document.referrer) page.referrer = redactUrl(document.referrer)
  return page
}

/** The properties of a session's first event. */
export function sessionProperties(): JsonObject {
  const campaign: Record<string, string> = {}
  for (const [name, value] of new URLSearchParams(location.search)) {
    if (CAMPAIGN.test(name)) campaign[name.replace(/^utm_/, '')] = cut(value, 200)
  }
  return {
    userAgent: cut(navigator.userAgent, WIRE_LIMITS.userAgent),
    screen: `${screen.width}x${screen.height}`,
    language: navigator.language,
    timezone: Intl.DateTimeFormat().resolvedOptions().timeZone ?? null,
    ...(Object.keys(campaign).length > 0 ? { campaign } : {}),
    ...(document.referrer ? { referrer: redactUrl(document.referrer) } : {}),
  }
}
