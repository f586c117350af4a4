/** The calls of an object store that are counted. */
export const VERBS = ['put', 'get', 'head', 'list', 'delete', 'archive', 'restore'] as const

/** A call of an object store. */
export type Verb = (typeof VERBS)[number]

/** What was asked of the object store. */
export interface UsageCounts {
  /** Calls by what they do; a large object that is put in parts is one. */
  requests: Readonly<Partial<Record<Verb, number>>>
  /** Bytes put. */
  bytesSent: number
  /** Bytes fetched. */
  bytesRead: number
}

/** Is told of what is asked of the object store and of the cache. */
export interface UsageListener {
  request(verb: Verb): void
  bytes(direction: 'sent' | 'read', count: number): void
  cache(result: 'hit' | 'miss'): void
}

/** Counts what this process asks of the object store. */
export interface Usage extends UsageListener {
  /** What was counted since it was last taken. */
  take(): UsageCounts
  /** Gives back what could not be noted. */
  giveBack(counts: UsageCounts): void
}

interface MutableCounts extends UsageCounts {
  requests: Partial<Record<Verb, number>>
}

/** Nothing is counted yet; the listeners are told, too. */
export function createUsage(listeners: readonly UsageListener[]): Usage {
  let counts: MutableCounts = noUsage()
  return {
    request(verb) {
      counts.requests[verb] = (counts.requests[verb] ?? 0) + 1
      for (const one of listeners) one.request(verb)
    },
    bytes(direction, count) {
      if (direction === 'sent') counts.bytesSent += count
      else counts.bytesRead += count
      for (const one of listeners) one.bytes(direction, count)
    },
    cache(result) {
      for (const one of listeners) one.cache(result)
    },
    take() {
      const taken = counts
      counts = noUsage()
      return taken
    },
    giveBack(taken) {
      counts = addUsage(counts, taken)
    },
  }
}

export const noUsage = (): MutableCounts => ({ requests: {}, bytesSent: 0, bytesRead: 0 })

export function addUsage(a: UsageCounts, b: UsageCounts): MutableCounts {
  const requests = VERBS.flatMap((verb) => {
    const count = (a.requests[verb] ?? 0) + (b.requests[verb] ?? 0)
    return count > 0 ? [[verb, count] as const] : []
  })
  return {
    requests: Object.fromEntries(requests),
    bytesSent: a.bytesSent + b.bytesSent,
    bytesRead: a.bytesRead + b.bytesRead,
  }
}

/** How many requests, of all kinds. */
export function requestsOf({ requests }: UsageCounts): number {
  return Object.values(requests).reduce((sum, count) => sum + count, 0)
}
