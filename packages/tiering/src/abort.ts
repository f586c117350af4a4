import { AnalyticsError } from '@analytics/protocol'

/** @throws AnalyticsError `aborted` once the signal has aborted. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new AnalyticsError('aborted', undefined, { cause: signal.reason })
}
