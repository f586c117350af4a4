import { memoryQueue } from '../../src/queues/memory-queue.js'
import { type QueueContext, queueContract } from '@analytics/node/testing'
import { runContract } from '../support/contract.js'

runContract<QueueContext>('memoryQueue', queueContract, {
  open: async () => ({ context: { createQueue: (options) => memoryQueue(options) }, close: async () => {} }),
})
