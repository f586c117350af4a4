import { memoryStore } from '@analytics/node/memory'
import { sampleEvent, storeContract } from '@analytics/node/testing'
import { describe, expect, it } from 'vitest'
import { runContract } from '../support/contract.js'
import { memoryKind } from '../support/stores.js'

runContract('memoryStore', storeContract, memoryKind)

describe('memoryStore faults', () => {
  it('fails before a call takes effect', async () => {
    const store = memoryStore({
      faults: (operation, phase) => {
        if (operation === 'insertEvents' && phase === 'before') throw new Error('away')
      },
    })
    await expect(store.insertEvents([sampleEvent()])).rejects.toThrow('away')
    expect(await store.listDays()).toEqual([])
  })

  it('fails after a call took effect', async () => {
    const store = memoryStore({
      faults: (operation, phase) => {
        if (operation === 'insertEvents' && phase === 'after') throw new Error('answer lost')
      },
    })
    await expect(store.insertEvents([sampleEvent()])).rejects.toThrow('answer lost')
    expect(await store.listDays()).toHaveLength(1)
  })
})
