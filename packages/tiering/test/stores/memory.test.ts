import { describe, expect, it } from 'vitest'
import { textBody } from '../../src/operations/transfer.js'
import { memoryObjectStore } from '../../src/stores/memory.js'
import { objectStoreContract } from '../../src/testing/index.js'
import { runContract } from '../run-contract.js'

describe.each([0, 60_000])('memoryObjectStore that archives within %i ms', (archiveDelayMs) => {
  runContract(
    objectStoreContract,
    async () => {
      let time = Date.UTC(2026, 7, 1)
      const advance = async (ms: number) => {
        time += ms
      }
      const store = memoryObjectStore({ now: () => time, restoreDelayMs: 60_000, archiveDelayMs })
      return { context: { store, advance } }
    },
    (capability) => capability !== 'durable',
  )
})

describe('memoryObjectStore', () => {
  it('can lose the answer of a put that took place', async () => {
    const store = memoryObjectStore({
      faults: (operation, phase) => {
        if (operation === 'put' && phase === 'after') throw new Error('lost')
      },
    })
    await expect(store.put('a', textBody('bytes'))).rejects.toThrow('lost')
    expect((await store.head('a'))?.size).toBe(5)
  })
})
