/** What the visitor has agreed to. */
export type ConsentStatus = 'granted' | 'denied' | 'pending'

/** Reads and changes what the visitor agreed to. The choice is not stored: tell it again on the next page. */
export interface ConsentControl {
  /** Sends what waited, and records from now on. Overrules Global Privacy Control: call it on the visitor's own choice alone. */
  grant(): void
  /** Discards what is queued, removes what was stored, and records nothing until `grant`. */
  deny(): void
  readonly status: ConsentStatus
  /** The status that the options asked for: the same on the server and in the browser, for hydration. */
  readonly initial: ConsentStatus
  /** Calls back after each change. Returns how to stop that. */
  subscribe(listener: () => void): () => void
}

/** Keeps the status and tells who asked. `onChange` runs first. */
export function createConsent(
  initial: ConsentStatus,
  isOptedOut: boolean,
  onChange: (status: ConsentStatus) => void,
): ConsentControl {
  let status: ConsentStatus = isOptedOut ? 'denied' : initial
  const listeners = new Set<() => void>()
  const change = (next: ConsentStatus) => {
    if (status === next) return
    status = next
    onChange(next)
    for (const listener of [...listeners]) listener()
  }
  return {
    grant: () => change('granted'),
    deny: () => change('denied'),
    get status() {
      return status
    },
    initial,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
