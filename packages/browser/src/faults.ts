import type { ErrorCode } from '@analytics/protocol'

/** A code of the protocol's table, or what only a tracker meets: no answer came, or its queue was full. */
export type FaultCode = ErrorCode | 'network_failed' | 'queue_full'

/** What `onError` is told. Tell faults apart by `code`. */
export interface Fault extends Error {
  readonly code: FaultCode
}

/** Passes faults on; its own failures end here. */
export type Report = (code: FaultCode, message: string, cause?: unknown) => void

/** Makes the one way by which faults leave the tracker: each kind once a page, and nothing that it calls can throw out of it. */
export function reporter(onError: (fault: Fault) => void): Report {
  const seen = new Set<string>()
  return (code, message, cause) => {
    const kind = code + message
    // A page that makes endless new messages must not fill memory.
    if (seen.has(kind) || seen.size >= 100) return
    seen.add(kind)
    try {
      onError(Object.assign(new Error(`analytics: ${message}`, { cause }), { code }))
    } catch {
      // A fault in the host's fault handler has nowhere to go.
    }
  }
}
