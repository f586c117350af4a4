import { expect, it, vi } from 'vitest'
import { bullmqJobs } from '../../src/jobs/bullmq.js'
import { testJobs } from './fixtures.js'

vi.mock('bullmq', () => {
  throw new Error("Cannot find package 'bullmq'")
})

it('says what to install where BullMQ is missing', async () => {
  await expect(bullmqJobs({ jobs: testJobs({}), connection: {} })).rejects.toMatchObject({
    code: 'missing_dependency',
    message: expect.stringContaining('bullmq and ioredis'),
  })
})
