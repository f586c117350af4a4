import { AnalyticsError } from '@analytics/protocol'
import { isSecureUrl } from '../secure-url.js'

/** Options of `remoteTiering`. */
export interface RemoteTieringOptions {
  /** Where the server's handler is mounted, such as `https://app.example/analytics`. Plain http only on loopback. */
  url: string | URL
  /** A key of the server with the scope `admin`. */
  key: string
  /** @default the global fetch */
  fetch?: typeof fetch
}

/** Where a server is, and what opens it. */
export interface RemoteServer {
  /** Of the mount point, without a slash at its end. */
  url: string
  key: string
  fetch: typeof fetch
}

/** Checks where a server is said to be. @throws AnalyticsError `invalid_options`, which repeats neither the key nor the address. */
export function resolveServer({ url, key, fetch }: RemoteTieringOptions): RemoteServer {
  const text = String(url)
  if (!URL.canParse(text)) throw invalid('url', 'is no address such as https://app.example/analytics.')
  const parsed = new URL(text)
  const { origin, pathname, username, password, search, hash } = parsed
  if (username !== '' || password !== '' || search !== '' || hash !== '')
    throw invalid('url', 'has more than a host and a path: the key is no part of it.')
  if (!isSecureUrl(parsed))
    throw invalid('url', 'is neither https nor http on loopback: the key would cross the network in the clear.')
  // What can't be a header would be repeated in the error of `fetch`.
  if (typeof key !== 'string' || !/^[\x21-\x7e]+$/.test(key)) throw invalid('key', 'is no key of a server.')
  return {
    url: origin + pathname.replace(/\/+$/, ''),
    key,
    fetch: fetch ?? ((...args) => globalThis.fetch(...args)),
  }
}

function invalid(field: string, fault: string): AnalyticsError {
  return new AnalyticsError('invalid_options', `${field} ${fault}`, { field })
}
