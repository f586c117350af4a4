import assert from 'node:assert/strict'
import { errorCode, type StoredEvent } from '@analytics/protocol'
import type { ContractCase } from '@analytics/protocol/testing'
import type { EventQueue } from '../queue.js'
import type { InsertOutcome } from '../store.js'
import { sampleEvent, sampleEvents } from './sample-events.js'

/** What a queue's test gives the contract. */
export interface QueueContext {
  /** Makes an empty queue that holds at most so many events. */
  createQueue(options: { maxEvents: number }): EventQueue
}

/** Remembers what it was given and calls each id new once. */
function recordingConsumer() {
  const ids: string[] = []
  const groups: number[] = []
  const consume = async (events: readonly StoredEvent[]): Promise<InsertOutcome[]> => {
    groups.push(events.length)
    await new Promise((resolve) => setTimeout(resolve, 2))
    return events.map(({ eventId }) => {
      const outcome = ids.includes(eventId) ? 'duplicate' : 'inserted'
      if (outcome === 'inserted') ids.push(eventId)
      return outcome
    })
  }
  return { ids, groups, consume }
}

/** What every queue does. */
export const queueContract: readonly ContractCase<QueueContext>[] = [
  {
    name: 'delivers every published event once, in order',
    async run({ createQueue }) {
      const queue = createQueue({ maxEvents: 10_000 })
      const consumer = recordingConsumer()
      queue.consume(consumer.consume)
      const events = sampleEvents({ count: 600 })
      const batches = Array.from({ length: 60 }, (_, i) => events.slice(i * 10, i * 10 + 10))
      const outcomes = await Promise.all(batches.map((batch) => queue.publish(batch)))
      await queue.close()
      assert.deepEqual(
        consumer.ids,
        events.map(({ eventId }) => eventId),
      )
      assert.equal(outcomes.flat().length, 600)
    },
  },
  {
    name: 'groups what is published while it is busy',
    async run({ createQueue }) {
      const queue = createQueue({ maxEvents: 10_000 })
      const consumer = recordingConsumer()
      queue.consume(consumer.consume)
      await Promise.all(sampleEvents({ count: 100 }).map((event) => queue.publish([event])))
      await queue.close()
      assert.ok(consumer.groups.length < 50, `${consumer.groups.length} groups`)
    },
  },
  {
    name: 'refuses what is beyond its limit, takes nothing of it, and recovers',
    async run({ createQueue }) {
      const queue = createQueue({ maxEvents: 100 })
      const first = queue.publish(sampleEvents({ count: 90 }))
      await assert.rejects(queue.publish(sampleEvents({ count: 20 })), (error) => errorCode(error) === 'overloaded')
      assert.equal((await queue.depth()).events, 90)
      const consumer = recordingConsumer()
      queue.consume(consumer.consume)
      await first
      await queue.publish(sampleEvents({ count: 20 }))
      await queue.close()
      assert.equal(consumer.ids.length, 110)
    },
  },
  {
    name: 'never counts as stored what its consumer failed to store',
    async run({ createQueue }) {
      const queue = createQueue({ maxEvents: 100 })
      const consumer = recordingConsumer()
      let failures = 1
      queue.consume(async (events) => {
        if (failures-- > 0) throw new Error('the store is away')
        return consumer.consume(events)
      })
      const event = sampleEvent()
      if (!queue.capabilities.redelivers) await assert.rejects(queue.publish([event]), /the store is away/)
      await queue.publish([event])
      await queue.close()
      assert.deepEqual(consumer.ids, [event.eventId])
    },
  },
  {
    name: 'delivers what it holds before it closes, and takes nothing after',
    async run({ createQueue }) {
      const queue = createQueue({ maxEvents: 1000 })
      const consumer = recordingConsumer()
      queue.consume(consumer.consume)
      const published = queue.publish(sampleEvents({ count: 50 }))
      await queue.close()
      await published
      assert.equal(consumer.ids.length, 50)
      await assert.rejects(queue.publish([sampleEvent()]), (error) => errorCode(error) === 'closed')
      await queue.close()
    },
  },
]
