import { durationMs } from '@analytics/protocol'

/** UTC milliseconds. */
export type Clock = () => number

/**
 * The system's clock, moved forward by an offset such as `91d`: what would happen to the data by then can be watched now.
 * @throws RangeError where the offset is no duration.
 */
export function createClock(offset = ''): Clock {
  if (offset === '') return Date.now
  const ahead = durationMs(offset)
  if (ahead === undefined)
    throw new RangeError(`ANALYTICS_CLOCK_OFFSET is "${offset}": it takes a duration such as 91d.`)
  return () => Date.now() + ahead
}
