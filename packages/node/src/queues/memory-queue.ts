import { AnalyticsError, type StoredEvent } from '@analytics/protocol'
import { type FaultHook, withFaults } from '@analytics/protocol/testing'
import type { EventConsumer, EventQueue, PublishOutcome } from '../queue.js'

/** Options of {@link memoryQueue}. */
export interface MemoryQueueOptions {
  /** Events waiting beyond which `publish` answers `overloaded`. @default 20000 */
  maxEvents?: number
  /** Events that one group hands to the store at most. @default 5000 */
  groupEvents?: number
  /** UTC milliseconds. @default Date.now */
  now?: () => number
  /** Called around `publish`, `depth` and `close`: throws to make the call fail before or after it takes effect. */
  faults?: FaultHook
}

interface Publication {
  events: readonly StoredEvent[]
  at: number
  resolve: (outcomes: readonly PublishOutcome[]) => void
  reject: (error: unknown) => void
}

/**
 * Group commit in the process: what is published while a group is being stored becomes the next group, so that many small
 * batches share one commit and a single one never waits. It keeps nothing itself: an event counts once it is in the store.
 */
export function memoryQueue(options: MemoryQueueOptions = {}): EventQueue {
  const { maxEvents = 20_000, groupEvents = 5_000, now = Date.now } = options
  const waiting: Publication[] = []
  let waitingEvents = 0
  let consumer: EventConsumer | undefined
  let isRunning = false
  let isClosed = false
  let onIdle: (() => void) | undefined

  const nextGroup = (): Publication[] => {
    const group: Publication[] = []
    let size = 0
    while (waiting.length > 0 && (group.length === 0 || size + waiting[0]!.events.length <= groupEvents)) {
      const publication = waiting.shift()!
      size += publication.events.length
      group.push(publication)
    }
    return group
  }

  const run = async () => {
    if (isRunning || !consumer) return
    isRunning = true
    while (waiting.length > 0) {
      const group = nextGroup()
      const events = group.flatMap((publication) => publication.events)
      const stored = await settled(consumer(events))
      // Room is made before anyone is told, so that whoever is told can publish again.
      waitingEvents -= events.length
      tell(group, stored)
    }
    isRunning = false
    onIdle?.()
  }

  const queue: EventQueue = {
    name: 'memory',
    capabilities: { redelivers: false },

    publish(events) {
      if (isClosed) return Promise.reject(new AnalyticsError('closed', 'The queue was closed; nothing was taken.'))
      if (waitingEvents + events.length > maxEvents && waitingEvents > 0) {
        return Promise.reject(
          new AnalyticsError('overloaded', `${waitingEvents} events wait to be stored; nothing was taken.`, {
            details: { waiting: waitingEvents, limit: maxEvents },
          }),
        )
      }
      if (events.length === 0) return Promise.resolve([])
      return new Promise((resolve, reject) => {
        waiting.push({ events, at: now(), resolve, reject })
        waitingEvents += events.length
        // Begins after the current task, so that batches which arrive in one turn of the event loop form one group.
        setImmediate(run)
      })
    },

    consume(next) {
      consumer = next
      setImmediate(run)
    },

    async depth() {
      const oldest = waiting[0]
      return { events: waitingEvents, lagMs: oldest ? Math.max(0, now() - oldest.at) : 0 }
    },

    async close() {
      isClosed = true
      if (waitingEvents > 0 && consumer) await new Promise<void>((resolve) => (onIdle = resolve))
    },
  }
  return { ...withFaults(queue, options.faults), consume: queue.consume }
}

type Settled = { outcomes: readonly PublishOutcome[] } | { error: unknown }

function settled(storing: Promise<readonly PublishOutcome[]>): Promise<Settled> {
  return storing.then(
    (outcomes) => ({ outcomes }),
    (error: unknown) => ({ error }),
  )
}

/** Tells each publication about its part of the group; a failure goes to all of them, for none may count as stored. */
function tell(group: readonly Publication[], stored: Settled): void {
  let at = 0
  for (const { events, resolve, reject } of group) {
    if ('error' in stored) reject(stored.error)
    else resolve(stored.outcomes.slice(at, at + events.length))
    at += events.length
  }
}
