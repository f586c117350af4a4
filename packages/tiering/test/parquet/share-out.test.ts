import { describe, expect, it } from 'vitest'
import { shareOut } from '../../src/parquet/share-out.js'

const later = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('shareOut', () => {
  it('does each item once, as many at once as there are connections, begun in order', async () => {
    const begun: number[] = []
    const busy = new Set<string>()
    let most = 0
    await shareOut([1, 2, 3, 4, 5], ['a', 'b'], async (item, connection) => {
      expect(busy).not.toContain(connection)
      busy.add(connection)
      most = Math.max(most, busy.size)
      begun.push(item)
      await later()
      busy.delete(connection)
    })
    expect(begun).toEqual([1, 2, 3, 4, 5])
    expect(most).toBe(2)
  })

  it('begins nothing after a failure, and waits for what runs', async () => {
    const begun: number[] = []
    let running = 0
    const work = shareOut([1, 2, 3, 4], ['a', 'b'], async (item) => {
      begun.push(item)
      if (item === 1) throw new Error('disk full')
      running++
      await later()
      running--
    })
    await expect(work).rejects.toThrow('disk full')
    expect(begun).toEqual([1, 2])
    expect(running).toBe(0)
  })
})
