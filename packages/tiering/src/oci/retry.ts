import { pause } from '../abort.js'
import { errorOf, RequestFailure } from './failure.js'

/** How often and after what pauses a request is sent again. */
export interface RetryPolicy {
  /** Requests at most, the first among them. */
  attempts: number
  random: () => number
  /** Whether it changes nothing: then no outcome is unknown. */
  isRead?: boolean
}

const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 60_000

/**
 * Sends until it succeeds, fails for good, or has failed too often: with pauses of exponential growth and full jitter, and no
 * shorter than the service asks for. `isUnknown` says whether an attempt before may have taken effect.
 * @param what Names it in the message of the error.
 * @throws AnalyticsError, see {@link errorOf}.
 */
export async function retried<Result>(
  what: string,
  attempt: (facts: { isUnknown: boolean }) => Promise<Result>,
  { attempts, random, isRead = false }: RetryPolicy,
  signal: AbortSignal | undefined,
): Promise<Result> {
  let isUnknown = false
  for (let number = 1; ; number++) {
    try {
      return await attempt({ isUnknown })
    } catch (error) {
      if (!(error instanceof RequestFailure)) throw error
      isUnknown ||= error.isUnknown
      if (!error.isPassing || number >= attempts) throw errorOf(error, what, isUnknown && !isRead)
      const grown = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** number)
      await pause(Math.max(random() * grown, error.retryAfterMs ?? 0), signal)
    }
  }
}
