/** Why an event was not sent. */
export type DropReason =
  /** The visitor has not agreed. */
  | 'consent'
  /** The properties could not be written as JSON. */
  | 'invalid'
  /** The event was above 32 KiB, or the server found it too large alone. */
  | 'too_large'
  /** Too many errors of a kind, or on the page. */
  | 'rate_limited'
  /** The queue was full: the oldest made room. */
  | 'overflow'
  /** The server refused the event. */
  | 'rejected'
  /** The server refused the request: wrong key, wrong origin, no such route. */
  | 'refused'
  /** Ten tries failed. */
  | 'retries'
  /** Recorded after `shutdown`, or left over by it. */
  | 'closed'

/**
 * What became of the events of this page. Each one is in exactly one place:
 * `recorded` = `queued` + `inFlight` + `delivered` + `handedOff` + the sum of `dropped`.
 */
export interface Stats {
  /** Events recorded, those that the tracker added itself included. */
  recorded: number
  queued: number
  /** Size of the queued events, in bytes. */
  queuedBytes: number
  /** Sent and not answered yet. */
  inFlight: number
  /** The server answered that it has them. */
  delivered: number
  /** Left to the browser to deliver when the page was hidden or left; there is no answer to know more by. */
  handedOff: number
  dropped: Record<DropReason, number>
}

/** The counters that only grow. */
export interface Counters {
  recorded: number
  delivered: number
  handedOff: number
  dropped: Record<DropReason, number>
}

/** Counters at zero. */
export function createCounters(): Counters {
  const dropped = {
    consent: 0,
    invalid: 0,
    too_large: 0,
    rate_limited: 0,
    overflow: 0,
    rejected: 0,
    refused: 0,
    retries: 0,
    closed: 0,
  }
  return { recorded: 0, delivered: 0, handedOff: 0, dropped }
}
