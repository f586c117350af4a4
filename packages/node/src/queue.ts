import type { StoredEvent } from '@analytics/protocol'
import type { InsertOutcome } from './store.js'

/** What became of a published event. `queued`: durable, its fate not known yet. */
export type PublishOutcome = InsertOutcome | 'queued'

/** Stores a group of events and tells what became of each. A rejection means that none may count as stored. */
export type EventConsumer = (events: readonly StoredEvent[]) => Promise<readonly InsertOutcome[]>

/** How full a queue is. */
export interface QueueDepth {
  /** Events published and not yet consumed. */
  events: number
  /** Age of the oldest of them in ms; 0 where there is none. */
  lagMs: number
}

/**
 * Between the handler and the store.
 *
 * Redis Streams will publish with one `XADD` a batch on an append-only file and consume with a group, `XAUTOCLAIM` for
 * redelivery and a dead-letter stream for batches that fail again and again. The in-process queue has no memory of its own:
 * its publish resolves when the consumer has stored the events.
 */
export interface EventQueue {
  /** Shown in messages, such as `memory`. */
  readonly name: string
  readonly capabilities: {
    /** A published batch survives the process before it is consumed, and is delivered again until acknowledged. */
    redelivers: boolean
  }

  /**
   * Resolves when every event is durable, one outcome each, in order.
   * Lost answer: publish again; the consumer's store drops the ids it has.
   * @throws AnalyticsError `overloaded` when the queue is full, with nothing taken; `store_unavailable` when the consumer
   * failed and the queue can't keep the events; `closed`.
   */
  publish(events: readonly StoredEvent[]): Promise<readonly PublishOutcome[]>

  /**
   * Starts delivery: groups of events in order of publication, one group at a time, acknowledged when the consumer resolves.
   * Redis: `XREADGROUP`, and `XACK` after the consumer; an acknowledgement that is lost means that the group comes again, which
   * the store's ids make harmless.
   */
  consume(consumer: EventConsumer): void

  /** How full it is. Redis: `XLEN` and the id of the oldest pending entry. Lost answer: ask again. */
  depth(): Promise<QueueDepth>

  /**
   * Takes nothing more, delivers what it holds, then resolves. Done twice, it does nothing more. Redis: what is not consumed stays
   * in the stream for the next consumer.
   */
  close(): Promise<void>
}
