import { type QueueContext, queueContract, sampleEvent } from '@analytics/node/testing'
import { describe, expect, it } from 'vitest'
import { memoryQueue } from '../../src/queues/memory-queue.js'
import { runContract } from '../support/contract.js'

runContract<QueueContext>('memoryQueue', queueContract, {
  open: async () => ({ context: { createQueue: (options) => memoryQueue(options) }, close: async () => {} }),
})

describe('memoryQueue faults', () => {
  it('fails before the events are taken, or after they are stored', async () => {
    let phaseOfFault: 'before' | 'after' = 'before'
    const queue = memoryQueue({
      faults: (operation, phase) => {
        if (operation === 'publish' && phase === phaseOfFault) throw new Error(`lost ${phase}`)
      },
    })
    let stored = 0
    queue.consume(async (events) => {
      stored += events.length
      return events.map(() => 'inserted')
    })
    await expect(queue.publish([sampleEvent()])).rejects.toThrow('lost before')
    expect(stored).toBe(0)
    phaseOfFault = 'after'
    await expect(queue.publish([sampleEvent()])).rejects.toThrow('lost after')
    expect(stored).toBe(1)
    await queue.close()
  })
})
