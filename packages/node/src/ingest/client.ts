import { LIMITS, type StoredEvent } from '@analytics/protocol'
import Bowser from 'bowser'

/** What the server knows of a client by itself. */
export type ClientFacts = Pick<StoredEvent, 'userAgent' | 'ipAddress' | 'deviceType' | 'browser' | 'os' | 'country'>

/** How much of a client's address is kept. `truncated`: /24 of IPv4, /48 of IPv6. */
export type IpPrivacy = 'none' | 'truncated' | 'full'

/** A client of which nothing is known: the server's own events. */
export const NO_CLIENT: ClientFacts = {
  userAgent: null,
  ipAddress: null,
  deviceType: null,
  browser: null,
  os: null,
  country: null,
}

/** User agents parsed lately: most requests come from few of them. */
const CACHED_AGENTS = 1000

/** Reads a client's facts from its user agent and address, remembering agents that it has parsed. */
export function clientReader(
  ipPrivacy: IpPrivacy,
): (userAgent: string | null, address: string | undefined) => ClientFacts {
  const parsed = new Map<string, Pick<ClientFacts, 'deviceType' | 'browser' | 'os'>>()
  return (agent, address) => {
    const userAgent = agent?.slice(0, LIMITS.userAgent) || null
    let facts = userAgent === null ? undefined : parsed.get(userAgent)
    if (userAgent !== null && !facts) {
      facts = parseUserAgent(userAgent)
      if (parsed.size >= CACHED_AGENTS) parsed.delete(parsed.keys().next().value as string)
      parsed.set(userAgent, facts)
    }
    return { ...NO_CLIENT, ...facts, userAgent, ipAddress: keepAddress(address, ipPrivacy) }
  }
}

function parseUserAgent(userAgent: string): Pick<ClientFacts, 'deviceType' | 'browser' | 'os'> {
  const { browser, os, platform } = Bowser.parse(userAgent)
  return { deviceType: platform.type ?? null, browser: browser.name ?? null, os: os.name ?? null }
}

/** What is kept of an address. */
export function keepAddress(address: string | undefined, privacy: IpPrivacy): string | null {
  if (privacy === 'none' || !address) return null
  // An IPv4 client of a dual-stack socket arrives as ::ffff:192.0.2.7.
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').slice(0, 45)
  if (privacy === 'full') return plain
  if (/^\d+\.\d+\.\d+\.\d+$/.test(plain)) return plain.replace(/\.\d+$/, '.0')
  return plain.includes(':') ? `${expandIpv6(plain).slice(0, 3).join(':')}::` : null
}

function expandIpv6(address: string): string[] {
  const [head = '', tail] = (address.split('%')[0] ?? '').split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length)
  return [...left, ...Array<string>(zeros).fill('0'), ...right]
}
