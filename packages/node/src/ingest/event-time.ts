import { AnalyticsError, LIMITS } from '@analytics/protocol'

/** Which times of clients are believed. */
export interface EventTimeOptions {
  /**
   * How far a client's clock may be off, in ms, before its times are corrected by as much; `sentAt` of a batch tells. With 0 all are, as
   * other systems do: then the network's delay moves them, too. @default 300000
   */
  maxSkewMs?: number
  /** How much later than its receipt an event may be, in ms; one that is still later counts as of its receipt. @default 300000 */
  maxAheadMs?: number
  /** How much older than its receipt an event may be, in ms; one that is older counts as of its receipt. `false`: any. @default 2592000000 */
  maxAgeMs?: number | false
}

/** Limits with every default filled in. */
export interface EventTimeLimits {
  maxSkewMs: number
  maxAheadMs: number
  maxAgeMs: number
}

/** Checks limits and fills in defaults. @throws AnalyticsError `invalid_options` with the field at fault. */
export function resolveEventTimes(options: EventTimeOptions = {}): EventTimeLimits {
  const { maxSkewMs = LIMITS.clockSkewMs, maxAheadMs = LIMITS.clockSkewMs, maxAgeMs = LIMITS.eventAgeMs } = options
  const limits = { maxSkewMs, maxAheadMs, maxAgeMs: maxAgeMs === false ? Number.POSITIVE_INFINITY : maxAgeMs }
  for (const [name, value] of Object.entries(limits)) {
    if (typeof value === 'number' && value >= 0) continue
    const field = `eventTimes.${name}`
    throw new AnalyticsError('invalid_options', `${field} is no number of milliseconds from 0 on.`, { field })
  }
  return limits
}

/** The time of an event, and what was done to the client's. */
export interface EventTime {
  time: number
  /** `skew`: moved by the error of the client's clock. `receipt`: implausible, hence the time of receipt. */
  flag?: 'skew' | 'receipt'
}

/** When its batch was received, UTC milliseconds, and sent, by the client's clock, ISO. */
export interface BatchTimes {
  receivedAt: number
  sentAt: string | undefined
}

/** The event time: the client's `timestamp`, corrected where its clock is off, and replaced where that makes no sense. */
export function eventTime(
  timestamp: string,
  { receivedAt, sentAt }: BatchTimes,
  { maxSkewMs, maxAheadMs, maxAgeMs }: EventTimeLimits,
): EventTime {
  const claimed = Date.parse(timestamp)
  const skew = sentAt === undefined ? 0 : receivedAt - Date.parse(sentAt)
  const isSkewed = Math.abs(skew) > maxSkewMs
  const time = isSkewed ? claimed + skew : claimed
  if (time > receivedAt + maxAheadMs || time < receivedAt - maxAgeMs) return { time: receivedAt, flag: 'receipt' }
  return isSkewed ? { time, flag: 'skew' } : { time }
}
