import { type QueueContext, queueContract } from '@analytics/node/testing'
import { memoryQueue } from '../../src/queues/memory-queue.js'
import { runContract } from '../support/contract.js'

runContract<QueueContext>('memoryQueue', queueContract, {
  open: async () => ({ context: { createQueue: (options) => memoryQueue(options) }, close: async () => {} }),
})
