import {
  AnalyticsError,
  type BatchResult,
  type EventResult,
  errorCode,
  LIMITS,
  type ParsedBatch,
  type ParsedEvent,
  type StoredEvent,
} from '@analytics/protocol'
import { errorFacts, type Logger } from '../logger.js'
import type { SuppressionList } from '../privacy/suppression.js'
import type { EventQueue, PublishOutcome } from '../queue.js'
import type { HotStore, InsertOutcome } from '../store.js'
import { type Receipt, toStoredEvent } from './clean.js'
import { type EventTimeLimits, eventTime } from './event-time.js'
import type { SchemaRegistry } from './schema-registry.js'

/** Told about events after they are stored. */
export type EventListener = (events: readonly StoredEvent[]) => void | Promise<void>

/** What a pipeline is made of. */
export interface PipelineOptions {
  store: HotStore
  queue: EventQueue
  registry: SchemaRegistry
  suppression: SuppressionList
  eventTimes: EventTimeLimits
  listeners: readonly EventListener[]
  logger: Logger
  now: () => number
}

/** From a checked batch to durable rows. */
export interface Pipeline {
  /**
   * Stores a batch and resolves when its good events are durable, with the fate of each.
   * @throws AnalyticsError `overloaded` or `store_unavailable` where nothing was stored.
   */
  accept(batch: ParsedBatch, receipt: Receipt): Promise<BatchResult>
  /** Stores events as they are, trusted; resolves when they are durable. Events of suppressed people are dropped. */
  store(events: readonly StoredEvent[]): Promise<readonly (PublishOutcome | 'dropped')[]>
}

/** Builds the pipeline and starts its consumer. */
export function ingestPipeline(options: PipelineOptions): Pipeline {
  const { queue, registry, suppression, eventTimes, now } = options
  queue.consume((events) => storeGroup(options, events))
  return {
    async store(events) {
      const suppressed = await suppression.check(events)
      const rows = events.filter((_, i) => !suppressed[i]).map(registry.marked)
      const outcomes = rows.length > 0 ? [...(await queue.publish(rows))] : []
      return suppressed.map((isSuppressed) => (isSuppressed ? 'dropped' : outcomes.shift()!))
    },

    async accept(batch, receipt) {
      const results = await Promise.all(batch.events.map((parsed, index) => judge(parsed, index, registry)))
      const checked = results.filter((one): one is Good => 'parsed' in one)
      const all = checked.map(({ parsed }) =>
        toStoredEvent(parsed, eventTime(parsed.event.timestamp, receipt, eventTimes), receipt, now()),
      )
      const suppressed = await suppression.check(all)
      checked.forEach(({ result }, i) => {
        if (suppressed[i]) Object.assign(result, SUPPRESSED)
      })
      const good = checked.filter((_, i) => !suppressed[i])
      const rows = all.filter((_, i) => !suppressed[i]).map(registry.marked)
      const outcomes = rows.length > 0 ? await queue.publish(rows) : []
      good.forEach((one, i) => {
        one.result.status = outcomes[i] === 'duplicate' ? 'duplicate' : 'accepted'
      })
      return summarize(results.map(({ result }) => result))
    },
  }
}

/** What the sender of an event is told whose person is not stored any more. */
const SUPPRESSED = {
  status: 'dropped',
  code: 'suppressed',
  field: '',
  message: 'Nothing more is stored of this person.',
} as const

type Good = { result: EventResult; parsed: ParsedEvent }

/** The fate of one event as far as it can be told without the store. */
async function judge(
  parsed: ParsedBatch['events'][number],
  index: number,
  registry: SchemaRegistry,
): Promise<Good | { result: EventResult }> {
  if (!parsed.ok) {
    const { eventId, code, field, message } = parsed
    return { result: { index, eventId, status: 'rejected', code, field, message } }
  }
  const { eventId } = parsed.event
  const refuse = (
    status: 'rejected' | 'dropped',
    code: EventResult['code'] & string,
    field: string,
    message: string,
  ) => ({
    result: { index, eventId, status, code, field, message },
  })
  if (parsed.event.consent === 'denied') {
    return refuse('dropped', 'consent_denied', 'consent', 'The person denied consent; the event was not stored.')
  }
  const bytes = Buffer.byteLength(JSON.stringify(parsed.event))
  if (bytes > LIMITS.eventBytes) {
    return refuse('rejected', 'event_too_large', '', `The event has ${bytes} bytes; the limit is ${LIMITS.eventBytes}.`)
  }
  const checked = await registry.check(parsed.event)
  if ('violation' in checked) {
    return refuse('rejected', 'schema_violation', checked.violation.field, checked.violation.message)
  }
  return { result: { index, eventId, status: 'accepted' }, parsed: { ...parsed, event: checked.event } }
}

/** Counts the fates; names each event's only where not all were stored. */
function summarize(results: EventResult[]): BatchResult {
  const count = (status: EventResult['status']) => results.filter((one) => one.status === status).length
  const summary = { accepted: count('accepted'), duplicates: count('duplicate') }
  if (summary.accepted + summary.duplicates === results.length) return summary
  return { ...summary, rejected: count('rejected'), dropped: count('dropped'), retry: count('retry'), results }
}

/** The consumer: the rows, and what follows from them, then the listeners. */
async function storeGroup(
  { store, listeners, logger }: PipelineOptions,
  events: readonly StoredEvent[],
): Promise<readonly InsertOutcome[]> {
  let outcomes: readonly InsertOutcome[]
  try {
    outcomes = await store.insertEvents(events)
  } catch (error) {
    logger.error(
      { ...errorFacts(error), events: events.length },
      'events could not be stored; their senders were told to retry',
    )
    if (errorCode(error)) throw error
    throw new AnalyticsError('store_unavailable', 'The store did not take the events; none of them counts as stored.', {
      cause: error,
    })
  }
  const inserted = events.filter((_, i) => outcomes[i] === 'inserted')
  if (inserted.length > 0) notify(listeners, inserted, logger)
  return outcomes
}

/** Listeners run after the commit, apart from it: their errors harm neither the answer nor each other. */
function notify(listeners: readonly EventListener[], events: readonly StoredEvent[], logger: Logger): void {
  for (const listener of listeners) {
    Promise.resolve()
      .then(() => listener(events))
      .catch((error: unknown) => logger.error(errorFacts(error), 'an onEvents listener failed; the events are stored'))
  }
}
