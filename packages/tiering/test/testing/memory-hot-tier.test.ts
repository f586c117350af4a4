import { describe, expect, it } from 'vitest'
import { hotTierContract, memoryHotTier, sampleEvents } from '../../src/testing/index.js'
import { runContract } from '../run-contract.js'

describe('memoryHotTier', () => {
  const create = async () => {
    let time = Date.UTC(2026, 7, 1)
    const hot = memoryHotTier({ now: () => time })
    const advance = async (ms: number) => {
      time += ms
    }
    return { context: { hot, insert: hot.insert, advance } }
  }
  runContract(hotTierContract, create, (capability) => capability !== 'lendSealed')

  it('fails where it is told to', async () => {
    const hot = memoryHotTier({
      faults: (operation) => {
        if (operation === 'records.put') throw new Error('down')
      },
    })
    await expect(hot.records.put('tier', 'a', {}, 0)).rejects.toThrow('down')
  })
})

describe('sampleEvents', () => {
  it('makes the same events from the same seed', () => {
    expect(sampleEvents({ count: 20, seed: 7 })).toEqual(sampleEvents({ count: 20, seed: 7 }))
    expect(sampleEvents({ count: 20, seed: 7 })).not.toEqual(sampleEvents({ count: 20, seed: 8 }))
  })
})
