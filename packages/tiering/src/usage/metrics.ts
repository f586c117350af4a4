import type { UsageListener } from './usage.js'

/** Takes an instrument's values when they are collected. */
export interface MetricResult {
  /** Takes the value that it has now. */
  observe(value: number, attributes?: Record<string, string>): void
}

/**
 * The part of a meter of OpenTelemetry that is called: `metrics.getMeter('analytics')` of `@opentelemetry/api` is one.
 */
export interface Meter {
  /** Makes an instrument that only grows. */
  createCounter(name: string, options?: InstrumentOptions): Counter
  /** Makes an instrument that is asked. */
  createObservableGauge(name: string, options?: InstrumentOptions): ObservableGauge
}

/** How an instrument is described. */
export interface InstrumentOptions {
  description?: string
  unit?: string
}

/** An instrument that only grows. */
export interface Counter {
  /** Adds a value from zero on. */
  add(value: number, attributes?: Record<string, string>): void
}

/** An instrument that is asked for its value when it is collected. */
export interface ObservableGauge {
  /** Asks this callback, too. */
  addCallback(callback: (result: MetricResult) => void | Promise<void>): void
  /** Asks this callback no more. */
  removeCallback(callback: (result: MetricResult) => void | Promise<void>): void
}

/** Counters of requests, bytes and the cache. */
export function usageMetrics(meter: Meter): UsageListener {
  const requests = meter.createCounter('analytics.tiering.requests', {
    description: 'Calls of the object store, by what they do',
    unit: '{request}',
  })
  const bytes = meter.createCounter('analytics.tiering.io', {
    description: 'Bytes sent to the object store and read from it',
    unit: 'By',
  })
  const cache = meter.createCounter('analytics.tiering.cache', {
    description: 'Reads of a segment that the local cache had, or had not, all of',
    unit: '{read}',
  })
  return {
    request: (operation) => requests.add(1, { operation }),
    bytes: (direction, count) => bytes.add(count, { direction }),
    cache: (result) => cache.add(1, { result }),
  }
}

/** What the gauges show, as of one look at the database. */
export interface TieringHealth {
  /** Since when the oldest due day is due, UTC milliseconds; undefined where nothing is due. */
  dueSince: number | undefined
  dueDays: number
  parkedDays: number
  /** When the oldest erasure that is not complete was asked for, UTC milliseconds. */
  oldestErasureAt: number | undefined
  overdueErasures: number
  /** Objects that collections have seen and the catalog doesn't know. */
  orphans: number
}

const GAUGES: Readonly<
  Record<string, { description: string; unit: string; value(health: TieringHealth, now: number): number }>
> = {
  'analytics.tiering.lag': {
    description: 'How long the oldest day that is due has been due',
    unit: 's',
    value: ({ dueSince }, now) => secondsSince(dueSince, now),
  },
  'analytics.tiering.due': {
    description: 'Days that a run would move',
    unit: '{day}',
    value: ({ dueDays }) => dueDays,
  },
  'analytics.tiering.parked': {
    description: 'Days that are left alone until they are retried',
    unit: '{day}',
    value: ({ parkedDays }) => parkedDays,
  },
  'analytics.tiering.erasure.age': {
    description: 'Age of the oldest erasure that is not complete',
    unit: 's',
    value: ({ oldestErasureAt }, now) => secondsSince(oldestErasureAt, now),
  },
  'analytics.tiering.erasure.overdue': {
    description: 'Erasures that are not complete behind their deadline',
    unit: '{erasure}',
    value: ({ overdueErasures }) => overdueErasures,
  },
  'analytics.tiering.orphans': {
    description: 'Objects that the catalog does not know, as the last collection saw them',
    unit: '{object}',
    value: ({ orphans }) => orphans,
  },
}

const secondsSince = (instant: number | undefined, now: number): number =>
  instant === undefined ? 0 : Math.max(0, (now - instant) / 1000)

/** How old a look may be that several gauges share, in ms. */
const FRESH_MS = 1000

/**
 * Gauges that look at the database when they are collected. While it can't be reached they go on from the last look, so that what is due
 * is seen to grow older. Resolves to what ends them.
 */
export function healthMetrics(
  meter: Meter,
  { look, now }: { look: () => Promise<TieringHealth>; now: () => number },
): () => void {
  let last: TieringHealth | undefined
  let looking: { at: number; health: Promise<TieringHealth | undefined> } | undefined

  function health(): Promise<TieringHealth | undefined> {
    if (!looking || now() - looking.at >= FRESH_MS)
      looking = {
        at: now(),
        health: look().then(
          (found) => {
            last = found
            return found
          },
          () => last,
        ),
      }
    return looking.health
  }

  const ends = Object.entries(GAUGES).map(([name, { value, ...options }]) => {
    const gauge = meter.createObservableGauge(name, options)
    const callback = async (result: MetricResult): Promise<void> => {
      const found = await health()
      if (found) result.observe(value(found, now()))
    }
    gauge.addCallback(callback)
    return () => gauge.removeCallback(callback)
  })
  return () => {
    for (const end of ends) end()
  }
}
