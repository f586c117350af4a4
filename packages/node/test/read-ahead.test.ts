import { describe, expect, it } from 'vitest'
import { readAhead } from '../src/read-ahead.js'

/** Sources that write down what happens to them. */
function sourcesOf(lists: readonly (readonly number[])[], log: string[]) {
  return lists.map(
    (items, i) =>
      async function* () {
        log.push(`begin ${i}`)
        try {
          for (const item of items) {
            if (Number.isNaN(item)) throw new Error(`source ${i}`)
            yield item
          }
        } finally {
          log.push(`end ${i}`)
        }
      },
  )
}

async function collect(items: AsyncIterable<number>, most = Number.POSITIVE_INFINITY): Promise<number[]> {
  const found: number[] = []
  for await (const item of items) {
    found.push(item)
    if (found.length >= most) break
  }
  return found
}

describe('readAhead', () => {
  it('gives every item, one source after the other', async () => {
    const log: string[] = []
    expect(await collect(readAhead(sourcesOf([[1, 2], [], [3], [4, 5]], log)))).toEqual([1, 2, 3, 4, 5])
    expect(log.filter((one) => one.startsWith('end'))).toHaveLength(4)
    expect(await collect(readAhead<number>([]))).toEqual([])
  })

  it('begins one source, and no more, before the one before it was read', async () => {
    const log: string[] = []
    const items = readAhead(sourcesOf([[1, 2], [3], [4]], log))
    await items.next()
    expect(log).toEqual(['begin 0', 'begin 1'])
    await items.return(undefined)
  })

  it('ends both open sources when its reader leaves', async () => {
    const log: string[] = []
    expect(await collect(readAhead(sourcesOf([[1, 2], [3], [4]], log)), 1)).toEqual([1])
    expect(log.sort()).toEqual(['begin 0', 'begin 1', 'end 0', 'end 1'])
  })

  it('fails where a source does, behind the items before it', async () => {
    const log: string[] = []
    const found: number[] = []
    const read = async () => {
      for await (const item of readAhead(sourcesOf([[1, 2], [Number.NaN], [4]], log))) found.push(item)
    }
    await expect(read()).rejects.toThrow('source 1')
    expect(found).toEqual([1, 2])
    expect(log.filter((one) => one.startsWith('begin')).length).toBe(log.filter((one) => one.startsWith('end')).length)
  })
})
