import type { EventIdentity } from '@analytics/protocol'

/** Users and anonymous visitors have separate names for their ids: 'u' and 'a' in front tell them apart. */
export function identityKey({ userId, anonymousId }: EventIdentity): string {
  return userId === null ? `a${anonymousId}` : `u${userId}`
}
