import type { StoredEvent } from '@analytics/protocol'
import type { IdentityLink } from '../store.js'

/** Whose anonymous ids the events tell: an event that names both has been identified. The first of them counts. */
export function identityLinks(events: readonly StoredEvent[]): IdentityLink[] {
  const links = new Map<string, string>()
  for (const { anonymousId, userId } of events) {
    if (anonymousId !== null && userId !== null && !links.has(anonymousId)) links.set(anonymousId, userId)
  }
  return [...links].map(([anonymousId, userId]) => ({ anonymousId, userId }))
}
